/** Never more than the profile's jobs, batches or requests at once, by the server's count and, for requests, by ours. */
import type { AttemptRecord, RunRecord } from '../world/record.ts'
import { notJudged, type Invariant, type Verdict, type Violation } from './types.ts'

export const concurrencyCapsHold: Invariant = {
  name: 'concurrency-caps-hold',
  judge: (record) => {
    if (!record.traits.shippedLimiter || !record.traits.shippedRetry) return notJudged
    const parts = [
      judgeJobs(record, 'fine-tunes'),
      judgeJobs(record, 'batches'),
      judgeRequests(record),
    ]
    return {
      checks: parts.reduce((sum, { checks }) => sum + checks, 0),
      violations: parts
        .flatMap(({ violations }) => violations)
        .toSorted((left, right) => left.atMs - right.atMs),
    }
  },
}

/**
 * A job whose creation got no whole answer may run unknown to its client; after one the server's count of that class is not
 * judged.
 */
function judgeJobs(record: RunRecord, endpoint: 'fine-tunes' | 'batches'): Verdict {
  const verdict: Verdict = { checks: 0, violations: [] }
  // Nor does a process know of those of the one before it.
  if (record.scenario.restarts !== undefined) return notJudged
  // Of the jobs that others start, nobody knows in time.
  if (record.works.some(({ plan: { othersAtMs = [] } }) => othersAtMs.length > 0)) return notJudged
  const inOrderOfArrival = record.attempts
    .filter(({ call }) => call.endpoint === endpoint)
    .toSorted((left, right) => arrivalMs(left) - arrivalMs(right))
  for (const attempt of inOrderOfArrival) {
    if (attempt.status === undefined || (attempt.status < 300 && !attempt.whole)) break
    if (attempt.call.abortedAtMs !== undefined) break
    verdict.checks += 1
    if (attempt.refusedBy !== undefined) {
      verdict.violations.push({
        atMs: attempt.arrivedAtMs ?? 0,
        message: `c${attempt.call.id}/${attempt.number} is one too many at once for ${attempt.refusedBy}`,
      })
    }
  }
  return verdict
}

function arrivalMs({ arrivedAtMs, sentAtMs }: AttemptRecord): number {
  return arrivedAtMs ?? sentAtMs
}

function judgeRequests(record: RunRecord): Verdict {
  const { concurrencyMax } = record.scenario.settings
  if (record.scenario.interface !== 'full' || concurrencyMax === undefined) return notJudged
  const verdict: Verdict = { checks: 0, violations: [] }
  for (let process = 0; process <= record.processes; process += 1) {
    const attempts = record.attempts.filter(
      ({ call }) => call.endpoint !== 'other' && call.process === process,
    )
    verdict.checks += attempts.length
    verdict.violations.push(...findTooMany(attempts, concurrencyMax))
  }
  return verdict
}

/** Of the requests of one process. */
function findTooMany(limited: readonly AttemptRecord[], concurrencyMax: number): Violation[] {
  const changes = limited.flatMap((attempt) => [
    { atMs: attempt.sentAtMs, by: 1 },
    { atMs: underWayUntilMs(attempt), by: -1 },
  ])
  // What ends and what begins in the same instant: the end is first.
  changes.sort((left, right) => left.atMs - right.atMs || left.by - right.by)
  let underWay = 0
  const violations: Violation[] = []
  for (const change of changes) {
    underWay += change.by
    if (underWay > concurrencyMax) {
      violations.push({
        atMs: change.atMs,
        message: `${underWay} requests at once, allowed are ${concurrencyMax}`,
      })
    }
  }
  return violations
}

function underWayUntilMs(attempt: AttemptRecord): number {
  return attempt.headersAtMs ?? attempt.endedAtMs ?? Number.POSITIVE_INFINITY
}
