/** When the server is short of capacity: by itself, or because other tenants use it. Both show as 503s. */
import type { FaultRule } from '../../src/server/handler.ts'
import { Draw } from '../world/draw.ts'

export interface Dip {
  fromMs: number
  toMs: number
  /** So many in a thousand requests are answered 503. */
  perMille: number
  /** Others who send a request a second each meanwhile. */
  tenants: number
}

const minuteMs = 60_000
/** What the mock's model can do in a second, for all. */
const capacityPerSecond = 200

/** One dip each hour: a lack of capacity and a crowd of tenants in turn. */
export function drawDips(seed: number, hours: number): Dip[] {
  const draw = new Draw(seed, 'dynamic/dips')
  return Array.from({ length: hours }, (_, hour) => {
    const fromMs = hour * 60 * minuteMs + draw.int(5, 50) * minuteMs
    const isCrowd = hour % 2 === 1
    return {
      fromMs,
      toMs: fromMs + (isCrowd ? draw.int(15, 45) * 1_000 : draw.int(1, 5) * minuteMs),
      perMille: isCrowd ? 0 : draw.int(200, 900),
      tenants: isCrowd ? draw.int(120, 260) : 0,
    }
  })
}

export function capacityFaults(dips: readonly Dip[], model: string): FaultRule[] {
  return dips
    .filter(({ perMille }) => perMille > 0)
    .map(({ fromMs, toMs, perMille }) => ({
      match: { model, fromMs, toMs, perMille },
      do: { kind: 'status', status: 503 },
    }))
}

export function isInDip(dips: readonly Dip[], atMs: number): boolean {
  return dips.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)
}

/** The share of a client's requests, sent at so many a second, that the server has capacity for. */
export function acceptedShare(dips: readonly Dip[], atMs: number, perSecond: number): number {
  const dip = dips.find(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)
  if (dip === undefined) return 1
  return (1 - dip.perMille / 1_000) * Math.min(1, capacityPerSecond / (perSecond + dip.tenants))
}
