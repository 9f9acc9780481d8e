/**
 * Under a limit that grows with its use, a client that always has work leaves the base behind: in its best minute half as
 * much again is answered well.
 *
 * Judged where the ways to the server vary little. Where they vary by seconds, requests bunch up beyond what a server that
 * counts by the second lets through, at any rate.
 */
import { windowMs } from '../quota.ts'
import type { Latency } from '../scenario/types.ts'
import type { RunRecord } from '../world/record.ts'
import { notJudged, type Invariant } from './types.ts'

const growthMin = 1.5
/** Of uniform ways, from the shortest to the longest. */
const widthMsMax = 1_500
/** Of lognormal ways, which have a long tail: median times sigma. */
const deviationMsMax = 150
/** It takes a few of the spans that the server looks back. */
const memoriesMin = 2

export const findsTheRate: Invariant = {
  name: 'finds-the-rate',
  judge: (record) => {
    const { dynamic, network } = record.scenario
    if (dynamic === undefined || !network.every(({ out }) => isNarrow(out))) return notJudged
    const lastMs = record.attempts.at(-1)?.sentAtMs ?? 0
    if (lastMs < memoriesMin * dynamic.memoryMs + windowMs) return notJudged
    const best = bestMinute(record)
    const needed = growthMin * dynamic.basePerMinute
    if (best >= needed) return { checks: 1, violations: [] }
    const message = `in its best minute ${best} requests are answered well; expected at least ${needed}, the base being ${dynamic.basePerMinute} and the cap ${dynamic.capPerMinute}`
    return { checks: 1, violations: [{ atMs: lastMs, message }] }
  },
}

function isNarrow(way: Latency): boolean {
  switch (way.kind) {
    case 'fixed':
      return true
    case 'uniform':
      return way.maxMs - way.minMs <= widthMsMax
    default:
      return way.medianMs * way.sigma <= deviationMsMax
  }
}

/** By when they were sent. */
function bestMinute({ attempts }: RunRecord): number {
  const sentAtMs = attempts.filter(({ status }) => status === 200).map((each) => each.sentAtMs)
  let best = 0
  let first = 0
  for (const [last, atMs] of sentAtMs.entries()) {
    while (atMs - (sentAtMs[first] ?? atMs) >= windowMs) first += 1
    best = Math.max(best, last - first + 1)
  }
  return best
}
