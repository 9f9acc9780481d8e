/** A call that is aborted ends in that instant, with the caller's own reason, and spends nothing afterwards. */
import type { AcquireRecord, CallRecord, RunRecord } from '../world/record.ts'
import { judgeEach, notJudged, type Invariant, type Violation } from './types.ts'

export const abortIsPrompt: Invariant = {
  name: 'abort-is-prompt',
  judge: (record) => {
    if (record.scenario.interface !== 'full') return notJudged
    const aborted = record.calls.filter((call) => call.abortedAtMs !== undefined)
    const grants = grantsAfterAbort(record)
    return judgeEach(aborted, (call) => findUnprompt(call) ?? findSpent(call, grants.get(call)))
  },
}

function findUnprompt(call: CallRecord): Violation | undefined {
  const atMs = call.abortedAtMs ?? 0
  if (call.settledAtMs !== atMs) {
    return { atMs, message: `c${call.id} is aborted at ${atMs} and settles at ${call.settledAtMs}` }
  }
  if (call.outcome !== 'rejected' || call.error !== 'SimulatedAbort') {
    return { atMs, message: `c${call.id} is aborted and ${call.outcome} with ${call.error}` }
  }
  return undefined
}

function findSpent(call: CallRecord, grant: AcquireRecord | undefined): Violation | undefined {
  const atMs = call.abortedAtMs ?? 0
  const late = call.attempts.find((attempt) => attempt.sentAtMs > atMs)
  if (late !== undefined) {
    return {
      atMs: late.sentAtMs,
      message: `c${call.id}/${late.number} is sent after the abort at ${atMs}`,
    }
  }
  if (grant === undefined) return undefined
  return {
    atMs: grant.grantedAtMs ?? atMs,
    message: `c${call.id} is granted quota at ${grant.grantedAtMs}, after the abort at ${atMs}`,
  }
}

/** A grant takes a slot, whether or not anything is sent with it. */
function grantsAfterAbort({ acquires }: RunRecord): Map<CallRecord | undefined, AcquireRecord> {
  const late = acquires.filter(
    ({ call, grantedAtMs }) => (grantedAtMs ?? 0) > (call?.abortedAtMs ?? Number.POSITIVE_INFINITY),
  )
  return new Map(late.map((acquire) => [acquire.call, acquire]))
}
