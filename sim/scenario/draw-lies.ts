/** Draws what answers say of the limits that is not true: that more is left than there is, or nothing where much is. */
import type { Draw } from '../world/draw.ts'
import type { HeaderLie } from './types.ts'

export interface LiesFrame {
  /**
   * A lie that slows a client down ends with the faults, or is told throughout where there are none (0); others may be
   * told for as long as there is work.
   */
  faultsEndMs: number
  busyMs: number
}

/** Each a header set that some server is known to send. */
const loosening: readonly [HeaderLie['headers'], ...HeaderLie['headers'][]] = [
  { 'x-ratelimit-remaining': '100000' },
  { 'x-ratelimit-limit': '6000', 'x-ratelimit-remaining': '5990', 'x-ratelimit-reset': '0' },
  {
    'x-ratelimit-limit-requests': '6000',
    'x-ratelimit-remaining-requests': '5999',
    'x-ratelimit-reset-requests': '10ms',
    'x-ratelimit-remaining-tokens': '900000000',
  },
  { ratelimit: '"minute";r=5999;t=1', 'ratelimit-policy': '"minute";q=6000;w=60' },
  { 'x-tokenlimit-limit': '900000000', 'x-tokenlimit-remaining': '900000000' },
]

const nothingLeft: HeaderLie['headers'] = {
  'x-ratelimit-limit': '600',
  'x-ratelimit-remaining': '0',
  'x-ratelimit-reset': '60',
}

export function drawLies(draw: Draw, { faultsEndMs, busyMs }: LiesFrame): HeaderLie[] {
  const perMille = draw.pick([20, 300, 1_000])
  const lies: HeaderLie[] = [
    { toMs: 2 * busyMs, perMille, headers: { ...draw.pick(loosening) }, tightens: false },
  ]
  const isSteady = faultsEndMs === 0
  if (draw.chance(isSteady ? 600 : 300)) {
    const headers = { ...nothingLeft }
    const toMs = isSteady ? 2 * busyMs : faultsEndMs
    lies.push({ toMs, perMille: draw.int(5, 100), headers, tightens: true })
  }
  return lies
}
