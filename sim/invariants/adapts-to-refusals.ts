/**
 * Under a limit that moves, requests come further apart after a 429 than before it, in the median of a run's refusals.
 *
 * Of a single refusal it need not be so: the rate may have risen, while the answer was on its way, by more than it falls.
 */
import { answersAtMs, hasInstantIn, Pace } from '../pace.ts'
import type { RunRecord } from '../world/record.ts'
import { notJudged, type Invariant } from './types.ts'

/** Few, since the rate soon comes back. */
const distances = 3
/** A refusal costs 3 %, some of which is back by then; whole milliseconds hide a thousandth. */
const growthMin = 1.005
/** Fewer say little about a median. */
const refusalsMin = 8

export const adaptsToRefusals: Invariant = {
  name: 'adapts-to-refusals',
  judge: (record) => {
    if (record.scenario.dynamic === undefined) return notJudged
    const growths = growthsOf(record, record.scenario.dynamic.basePerMinute)
    if (growths.length < refusalsMin) return notJudged
    const { growth, atMs } = growths[Math.floor(growths.length / 2)] ?? { growth: 0, atMs: 0 }
    if (growth >= growthMin) return { checks: growths.length, violations: [] }
    const message = `in the median of ${growths.length} refusals, requests are ${growth.toFixed(3)} times as far apart after it as before; expected at least ${growthMin}`
    return { checks: growths.length, violations: [{ atMs, message }] }
  },
}

/** How much further apart requests are after each refusal that stands alone, in the order of size. */
function growthsOf(record: RunRecord, basePerMinute: number): { growth: number; atMs: number }[] {
  const pace = new Pace(record)
  const refusals = record.attempts.filter(({ status }) => status === 429)
  const instants = answersAtMs(refusals, 429)
  const slowestMs = (0.98 * 60_000) / basePerMinute
  return refusals
    .flatMap(({ sentAtMs, headersAtMs: atMs = 0 }) => {
      const change = pace.around({ fromMs: atMs, toMs: atMs }, distances)
      if (change === undefined || change.beforeMs >= slowestMs) return []
      const { fromMs, toMs } = change.span
      const others = instants.filter((otherMs) => otherMs !== atMs)
      // What was sent before the rate fell says nothing of the rate since.
      if (hasInstantIn(others, { fromMs: Math.min(fromMs, sentAtMs), toMs })) return []
      return [{ growth: change.afterMs / change.beforeMs, atMs }]
    })
    .toSorted((left, right) => left.growth - right.growth)
}
