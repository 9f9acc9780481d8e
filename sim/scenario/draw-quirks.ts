/**
 * Draws what is odd about the server, on two levels: a site is switched on for a whole run or not, and then shows by chance.
 * A run so meets a few of them often, which is where they meet each other.
 */
import { quirkSites, type FaultRule, type Quirk, type QuirkSite } from '../../src/server/handler.ts'
import type { Draw } from '../world/draw.ts'
import type { FaultsFrame } from './draw-faults.ts'

/** Of a site that is on: what costs nothing shows often, what costs an attempt seldom. */
const ownPerMille: Readonly<Partial<Record<QuirkSite, number>>> = {
  conflict: 500,
  'headers-slow': 60,
  'body-cut': 25,
  'overload-burst': 4,
}

export function drawQuirks(
  draw: Draw,
  frame: FaultsFrame,
  { faults, faultsEndMs }: { faults: readonly FaultRule[]; faultsEndMs: number },
): Quirk[] {
  // How far requests are apart is judged to a hundredth under a dynamic limit.
  if (frame.isSteady || frame.theme === 'dynamic' || !draw.chance(400)) return []
  // Few seeds have a fine-tune that a conflict could meet.
  const on = quirkSites.filter(
    (site) => draw.chance(site === 'conflict' ? 700 : 250) && isFair(site, frame, faults),
  )
  const sites = on.includes('retry-after-date') ? on.filter((site) => site !== 'date-skewed') : on
  return sites.map((site) => ({
    site,
    perMille: ownPerMille[site] ?? draw.pick([250, 250, 50, 1_000]),
    toMs: faultsEndMs,
  }))
}

/** A date is judged by a wall clock that is right, and may be read against the answer's own. */
function isFair(
  site: QuirkSite,
  { driftPpm, wallJumps }: FaultsFrame,
  faults: readonly FaultRule[],
): boolean {
  if (site === 'retry-after-date') return driftPpm === 0 && wallJumps.length === 0
  return site !== 'date-skewed' || !faults.some(namesDate)
}

function namesDate({ do: action }: FaultRule): boolean {
  const hints = action.kind === 'status' ? (action.hints ?? []) : []
  return hints.some(({ header }) => header === 'retry-after-date')
}
