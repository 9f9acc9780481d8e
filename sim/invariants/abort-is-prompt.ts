/** A call that is aborted ends in that instant, with the caller's own reason, and sends nothing afterwards. */
import { judgeEach, notJudged, type Invariant } from './types.ts'

export const abortIsPrompt: Invariant = {
  name: 'abort-is-prompt',
  judge: (record) => {
    if (record.scenario.interface !== 'full') return notJudged
    const aborted = record.calls.filter((call) => call.abortedAtMs !== undefined)
    return judgeEach(aborted, (call) => {
      const atMs = call.abortedAtMs ?? 0
      if (call.settledAtMs !== atMs) {
        return {
          atMs,
          message: `c${call.id} is aborted at ${atMs} and settles at ${call.settledAtMs}`,
        }
      }
      if (call.outcome !== 'rejected' || call.error !== 'SimulatedAbort') {
        return { atMs, message: `c${call.id} is aborted and ${call.outcome} with ${call.error}` }
      }
      const late = call.attempts.find((attempt) => attempt.sentAtMs > atMs)
      return late === undefined
        ? undefined
        : {
            atMs: late.sentAtMs,
            message: `c${call.id}/${late.number} is sent after the abort at ${atMs}`,
          }
    })
  },
}
