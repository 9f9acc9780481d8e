/** Never more attempts than configured, nor one that is sent after the call's deadline. */
import { judgeEach, type Invariant } from './types.ts'

export const attemptsAreBounded: Invariant = {
  name: 'attempts-are-bounded',
  judge: (record) => {
    const attemptsMax = record.scenario.maxRetries + 1
    return judgeEach(record.calls, ({ id, attempts, deadlineAtMs }) => {
      const extra = attempts[attemptsMax]
      if (extra !== undefined) {
        return {
          atMs: extra.sentAtMs,
          message: `c${id} makes attempt ${extra.number}, allowed are ${attemptsMax}`,
        }
      }
      const late = attempts.find(({ sentAtMs }) => sentAtMs > (deadlineAtMs ?? sentAtMs))
      return late === undefined
        ? undefined
        : {
            atMs: late.sentAtMs,
            message: `c${id}/${late.number} is sent after its deadline at ${deadlineAtMs}`,
          }
    })
  },
}
