/** No second attempt after an answer that a retry cannot cure, a good answer among them. */
import type { AttemptRecord } from '../world/record.ts'
import type { Invariant, Verdict } from './types.ts'

const incurable: ReadonlySet<number> = new Set([400, 401, 402, 403, 404, 405, 413, 422])

export const onlyRetryableIsRetried: Invariant = {
  name: 'only-retryable-is-retried',
  judge: (record) => {
    const verdict: Verdict = { checks: 0, violations: [] }
    for (const { attempts } of record.calls) {
      for (const [index, attempt] of attempts.entries()) {
        if (!isFinal(attempt)) continue
        verdict.checks += 1
        const next = attempts[index + 1]
        if (next === undefined) continue
        verdict.violations.push({
          atMs: next.sentAtMs,
          message: `c${next.call.id}/${next.number} is sent after the answer ${attempt.status} at ${attempt.headersAtMs}`,
        })
      }
    }
    return verdict
  },
}

function isFinal({ status, whole }: AttemptRecord): boolean {
  if (status === undefined) return false
  return incurable.has(status) || (status >= 200 && status < 300 && whole)
}
