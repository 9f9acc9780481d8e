/**
 * Within one class, model and priority, what was asked for at a later instant is not granted earlier.
 *
 * A subject from outside is judged by its limiter's queue alone. With the shipped pair only first attempts are, since a
 * retry queues by the age of its call; so may a pair from outside whose retry tells its limiter something. The shipped
 * retry's attempts are judged by that age: once one of them waits, no younger call of its lane is granted before it.
 */
import type { AcquireRecord, RunRecord } from '../world/record.ts'
import type { Invariant, Verdict } from './types.ts'

export const fifoWithinKey: Invariant = {
  name: 'fifo-within-key',
  judge: (record) => {
    const verdict: Verdict = { checks: 0, violations: [] }
    for (const lane of lanes(record)) judgeLane(lane, verdict)
    if (record.traits.shippedLimiter && record.traits.shippedRetry) judgeRetries(record, verdict)
    verdict.violations.sort((left, right) => left.atMs - right.atMs)
    return verdict
  },
}

function lanes(record: RunRecord): Iterable<AcquireRecord[]> {
  const { shippedLimiter, shippedRetry } = record.traits
  const isShippedPair = shippedLimiter && shippedRetry
  const isOutsidePair = !shippedLimiter && !shippedRetry
  const byLane = new Map<string, AcquireRecord[]>()
  for (const acquire of record.acquires) {
    if (acquire.grantedAtMs === undefined) continue
    const mayQueueByAge = isShippedPair || (isOutsidePair && acquire.hasArguments)
    if (mayQueueByAge && acquire.call === undefined) continue
    const lane = byLane.get(acquire.lane)
    if (lane === undefined) byLane.set(acquire.lane, [acquire])
    else lane.push(acquire)
  }
  return byLane.values()
}

/** The acquires come in the order of their calls: the latest grant so far must not be after any later call's. */
function judgeLane(lane: readonly AcquireRecord[], verdict: Verdict): void {
  let latestMs = Number.NEGATIVE_INFINITY
  let latest: AcquireRecord | undefined
  // The latest grant among calls of strictly earlier instants.
  let earlier: AcquireRecord | undefined
  let earlierMs = Number.NEGATIVE_INFINITY
  let instantMs = Number.NEGATIVE_INFINITY
  for (const acquire of lane) {
    const grantedAtMs = acquire.grantedAtMs ?? 0
    if (acquire.calledAtMs > instantMs) {
      instantMs = acquire.calledAtMs
      earlier = latest
      earlierMs = latestMs
    }
    verdict.checks += 1
    if (earlier !== undefined && grantedAtMs < earlierMs) {
      verdict.violations.push({
        atMs: grantedAtMs,
        message: `a${acquire.id} asked at ${acquire.calledAtMs} and was granted at ${grantedAtMs}, before a${earlier.id}, which had asked at ${earlier.calledAtMs} and was granted at ${earlierMs}`,
      })
    }
    if (grantedAtMs >= latestMs) {
      latestMs = grantedAtMs
      latest = acquire
    }
  }
}

function judgeRetries({ acquires }: RunRecord, verdict: Verdict): void {
  const byLane = new Map<string, AcquireRecord[]>()
  for (const acquire of acquires) {
    if (acquire.grantedAtMs === undefined) continue
    const lane = byLane.get(acquire.lane) ?? []
    byLane.set(acquire.lane, lane)
    lane.push(acquire)
  }
  for (const lane of byLane.values()) {
    for (const retry of lane) {
      if (retry.queuedAtMs >= retry.calledAtMs) continue
      verdict.checks += 1
      const { calledAtMs, queuedAtMs, grantedAtMs = 0 } = retry
      const overtaking = lane.find(
        ({ queuedAtMs: sinceMs, grantedAtMs: atMs = 0 }) =>
          sinceMs > queuedAtMs && atMs > calledAtMs && atMs < grantedAtMs,
      )
      if (overtaking === undefined) continue
      verdict.violations.push({
        atMs: overtaking.grantedAtMs ?? 0,
        message: `a${overtaking.id}, of a call since ${overtaking.queuedAtMs}, was granted at ${overtaking.grantedAtMs}, before a${retry.id}, a retry of one since ${queuedAtMs} that had asked at ${calledAtMs} and was granted at ${grantedAtMs}`,
      })
    }
  }
}
