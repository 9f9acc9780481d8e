/**
 * A 503 says that the server is short of capacity, and nothing about the client's rate: requests come no further apart
 * after a burst of them than before, as long as no 429 comes in between.
 */
import { answersAtMs, hasInstantIn, Pace } from '../pace.ts'
import { judgeEach, notJudged, type Invariant } from './types.ts'
import type { Stretch } from './waiting.ts'

const distances = 4
/** Answers so close belong to one burst. */
const burstGapMs = 3_000
/** Whole milliseconds, and what of a millisecond a timer may be late. */
const growthMax = 1.01

export const overloadKeepsTheRate: Invariant = {
  name: 'overload-keeps-the-rate',
  judge: (record) => {
    if (record.scenario.dynamic === undefined) return notJudged
    const pace = new Pace(record)
    const refusals = answersAtMs(record.attempts, 429)
    const changes = burstsOf(answersAtMs(record.attempts, 503)).flatMap((burst) => {
      const change = pace.around(burst, distances)
      if (change === undefined || hasInstantIn(refusals, change.span)) return []
      return [{ ...change, burst }]
    })
    return judgeEach(changes, ({ beforeMs, afterMs, burst }) => {
      if (afterMs <= growthMax * beforeMs) return undefined
      return {
        atMs: burst.toMs,
        message: `requests are ${afterMs.toFixed(1)} ms apart after the 503s from ${burst.fromMs} to ${burst.toMs}, and ${beforeMs.toFixed(1)} ms before them`,
      }
    })
  },
}

function burstsOf(instants: readonly number[]): Stretch[] {
  const bursts: Stretch[] = []
  for (const atMs of instants) {
    const last = bursts.at(-1)
    if (last !== undefined && atMs - last.toMs <= burstGapMs) last.toMs = atMs
    else bursts.push({ fromMs: atMs, toMs: atMs })
  }
  return bursts
}
