/** Each call resolves or rejects, once: it ends, it sends nothing afterwards, and it resolves only with an answer. */
import type { CallRecord } from '../world/record.ts'
import { judgeEach, type Invariant, type Violation } from './types.ts'

export const everyCallSettlesOnce: Invariant = {
  name: 'every-call-settles-once',
  judge: (record) => judgeEach(record.calls, findWrong),
}

function findWrong(call: CallRecord): Violation | undefined {
  if (call.outcome === 'pending' || call.settledAtMs === undefined) {
    return { atMs: call.startedAtMs, message: `c${call.id} never settles` }
  }
  const late = call.attempts.find((attempt) => attempt.sentAtMs > (call.settledAtMs ?? 0))
  if (late !== undefined) {
    return {
      atMs: late.sentAtMs,
      message: `c${call.id} ${call.outcome} at ${call.settledAtMs} and sends attempt ${late.number} afterwards`,
    }
  }
  if (call.outcome === 'resolved' && !hasAnswer(call)) {
    return { atMs: call.settledAtMs, message: `c${call.id} resolves without a good answer` }
  }
  if (call.outcome === 'resolved' && call.valueMatches === false) {
    return {
      atMs: call.settledAtMs,
      message: `c${call.id} resolves with something else than the JSON body`,
    }
  }
  return undefined
}

function hasAnswer(call: CallRecord): boolean {
  return call.attempts.some(
    ({ status, whole, endedAtMs }) =>
      status !== undefined &&
      status >= 200 &&
      status < 300 &&
      whole &&
      (endedAtMs ?? 0) <= (call.settledAtMs ?? 0),
  )
}
