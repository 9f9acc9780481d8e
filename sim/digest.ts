/** A run in a few numbers, for the report: small enough to be sent between processes. */
import { namedDelayMs } from './hints.ts'
import { isAlone } from './invariants/never-exceeds-quota.ts'
import { peakLevel, type Held } from './levels.ts'
import { quotasOf, windowMs, type Quota } from './quota.ts'
import type { Scenario } from './scenario/types.ts'
import type { AttemptRecord, RunRecord } from './world/record.ts'

export interface RunDigest {
  theme: Scenario['theme']
  /** By how many attempts they took: at place 2 the number of calls that took two. */
  callsByAttempts: number[]
  /** Refusals for rate that named a wait. */
  pauses: number
  /** Requests by how they ended. */
  endings: Partial<Record<Ending, number>>
  /**
   * What the fullest window of the server held, 1 being the quota. Undefined where others spend it, it moves, or refusals
   * are made up.
   */
  fullestWindow?: number
  /** The longest that a call waited in the limiter until it was granted. */
  longestWaitMs: number
  /** Virtual time until the last call had ended. */
  endMs: number
}

/** How a request ended for its caller; `network`: lost, cut off, timed out, or given up by the caller. */
export type Ending = 'good' | 'refused' | 'server error' | 'client error' | 'network'

export function digestRun(record: RunRecord): RunDigest {
  const { calls, attempts, scenario } = record
  const callsByAttempts: number[] = []
  for (const call of calls) add(callsByAttempts, call.attempts.length)
  const endings: RunDigest['endings'] = {}
  for (const attempt of attempts) {
    const ending = endingOf(attempt)
    endings[ending] = (endings[ending] ?? 0) + 1
  }
  return {
    theme: scenario.theme,
    callsByAttempts,
    pauses: attempts.filter((attempt) => isPause(attempt, record)).length,
    endings,
    ...(isAlone(record) ? { fullestWindow: fullestWindow(record) } : {}),
    longestWaitMs: record.acquires.reduce(
      (longest, { calledAtMs, grantedAtMs = 0 }) => Math.max(longest, grantedAtMs - calledAtMs),
      0,
    ),
    endMs: lastEndMs(record),
  }
}

/** When the last call or long run had ended, or, where one never did, the last that was heard of anything. */
export function lastEndMs({ calls, attempts, works }: RunRecord): number {
  const ends = [
    ...calls.map(({ startedAtMs, settledAtMs }) => settledAtMs ?? startedAtMs),
    ...attempts.map(({ sentAtMs, endedAtMs }) => endedAtMs ?? sentAtMs),
    ...works.map(({ endedAtMs }) => endedAtMs ?? 0),
  ]
  return ends.reduce((latest, endMs) => Math.max(latest, endMs), 0)
}

export function endingOf({ status, headersAtMs, whole }: AttemptRecord): Ending {
  if (headersAtMs === undefined || status === undefined) return 'network'
  if (status < 400) return whole ? 'good' : 'network'
  if (status === 429) return 'refused'
  return status >= 500 || status === 408 || status === 409 ? 'server error' : 'client error'
}

/** What the server had to take into account for a quota, each request for as long as a window of its clock. */
export function windowHolds({ attempts, scenario }: RunRecord, quota: Quota): Held[] {
  const lengthMs = windowMs / (1 + scenario.driftPpm / 1_000_000)
  return attempts.flatMap(({ arrivedAtMs, counted, refusedBy, call }) => {
    const isWeighed = counted || refusedBy !== undefined
    if (!isWeighed || arrivedAtMs === undefined) return []
    if (!quota.endpoints.includes(call.endpoint)) return []
    return [{ fromMs: arrivedAtMs, toMs: arrivedAtMs + lengthMs, amount: 1 }]
  })
}

/** The quotas that a run's calls draw on. */
export function quotasUsed({ calls }: RunRecord): Quota[] {
  const classes = new Set(calls.map(({ endpoint }) => endpoint))
  return [...new Set([...classes].flatMap((endpoint) => quotasOf(endpoint)))]
}

function isPause(attempt: AttemptRecord, record: RunRecord): boolean {
  return attempt.status === 429 && namedDelayMs(attempt, record) !== undefined
}

function fullestWindow(record: RunRecord): number {
  const shares = quotasUsed(record).map(
    (quota) => peakLevel(windowHolds(record, quota)) / quota.requestsMax,
  )
  return Math.max(0, ...shares)
}

function add(counts: number[], place: number): void {
  while (counts.length <= place) counts.push(0)
  counts[place] = (counts[place] ?? 0) + 1
}
