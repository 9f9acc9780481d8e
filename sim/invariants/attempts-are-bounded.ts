/**
 * Never more attempts than configured, nor one that is sent after the call's deadline. With the shipped retry, no attempt
 * goes on for longer than its timeout, its body included, and no call for longer than its deadline.
 */
import type { CallRecord, RunRecord } from '../world/record.ts'
import { judgeEach, type Invariant, type Violation } from './types.ts'

export const attemptsAreBounded: Invariant = {
  name: 'attempts-are-bounded',
  judge: (record) => {
    const attemptsMax = record.scenario.maxRetries + 1
    return judgeEach(record.calls, (call) => {
      const { id, attempts, deadlineAtMs } = call
      const extra = attempts[attemptsMax]
      if (extra !== undefined) {
        return {
          atMs: extra.sentAtMs,
          message: `c${id} makes attempt ${extra.number}, allowed are ${attemptsMax}`,
        }
      }
      const late = attempts.find(({ sentAtMs }) => sentAtMs > (deadlineAtMs ?? sentAtMs))
      if (late === undefined) return findLong(call, record)
      return {
        atMs: late.sentAtMs,
        message: `c${id}/${late.number} is sent after its deadline at ${deadlineAtMs}`,
      }
    })
  },
}

function findLong(call: CallRecord, { traits, scenario }: RunRecord): Violation | undefined {
  if (!traits.shippedRetry || scenario.interface !== 'full') return undefined
  const { id, attempts, deadlineAtMs = Infinity, settledAtMs = 0, outcome } = call
  const { attemptTimeoutMs } = scenario.settings
  // While the process is busy nothing of it ends.
  const busyMs = (fromMs: number, toMs: number): number =>
    (scenario.stalls ?? [])
      .filter(({ atMs, lastsMs }) => atMs <= toMs && atMs + lastsMs > fromMs)
      .reduce((sum, { lastsMs }) => sum + lastsMs, 0)
  const long = attempts.find(
    ({ sentAtMs, endedAtMs = sentAtMs }) =>
      endedAtMs - sentAtMs > attemptTimeoutMs + busyMs(sentAtMs, endedAtMs),
  )
  if (long !== undefined) {
    const message = `c${id}/${long.number} goes on until ${long.endedAtMs}, longer than ${attemptTimeoutMs} ms`
    return { atMs: long.sentAtMs + attemptTimeoutMs, message }
  }
  if (outcome === 'killed') return undefined
  if (settledAtMs <= deadlineAtMs + busyMs(deadlineAtMs, settledAtMs)) return undefined
  const message = `c${id} ends at ${settledAtMs}, after its deadline at ${deadlineAtMs}`
  return { atMs: deadlineAtMs, message }
}
