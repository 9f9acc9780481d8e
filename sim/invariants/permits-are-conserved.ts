/**
 * When all is quiet, nothing is held: a window's calls are granted within 1.01 windows, and no window later than by a fresh
 * limiter of the same make.
 *
 * The comparison finds the single lost slot, whose call is granted one window after the others, and it excuses a limiter
 * that cannot be told when a request arrived and so has to space its grants wider than the window.
 */
import { windowMs } from '../quota.ts'
import type { Aftermath, RunRecord } from '../world/record.ts'
import { notJudged, type Invariant } from './types.ts'

const probeMsMax = 1.01 * windowMs
const toleranceMs = 0.01 * windowMs

export const permitsAreConserved: Invariant = {
  name: 'permits-are-conserved',
  judge: (record) => {
    const { aftermath, scenario } = record
    if (aftermath?.probeMs === undefined) return notJudged
    if (isConserved(aftermath, record)) return { checks: 1, violations: [] }
    const { probeMs, freshProbeMs, probeLagMs } = aftermath
    const took = Number.isFinite(probeMs) ? `take ${probeMs} ms` : 'are not all granted'
    const message = `idle, ${scenario.maxPerMinute} calls ${took}; a fresh limiter takes ${freshProbeMs} ms and grants up to ${probeLagMs} ms earlier`
    return { checks: 1, violations: [{ atMs: record.attempts.at(-1)?.sentAtMs ?? 0, message }] }
  },
}

function isConserved(aftermath: Aftermath, { scenario }: RunRecord): boolean {
  const probeMs = aftermath.probeMs ?? 0
  // Grant by grant: a limiter that loses a slot now and then loses some while the fresh one is probed, too.
  const isLikeFresh = (aftermath.probeLagMs ?? 0) <= toleranceMs
  if (probeMs < windowMs) return true
  if (probeMs <= probeMsMax) return isLikeFresh
  return (
    isLikeFresh &&
    !aftermath.probeHasRelease &&
    probeMs <= 1.01 * (windowMs + scenario.arrivalBoundMs)
  )
}
