/**
 * No second attempt after an answer that a retry cannot cure, a good answer among them.
 *
 * A retry from outside may have a timeout of its own, of which its interface tells nothing: it may have given up an
 * attempt whose answer was slow, and is not judged by that one.
 */
import type { AttemptRecord } from '../world/record.ts'
import type { Invariant, Verdict } from './types.ts'

/** The shortest timeout for an attempt that anybody would choose. */
const patienceMsMin = 5_000

const incurable: ReadonlySet<number> = new Set([400, 401, 402, 403, 404, 405, 413, 422])

export const onlyRetryableIsRetried: Invariant = {
  name: 'only-retryable-is-retried',
  judge: (record) => {
    const verdict: Verdict = { checks: 0, violations: [] }
    for (const { attempts } of record.calls) {
      for (const [index, attempt] of attempts.entries()) {
        if (!isFinal(attempt)) continue
        if (!record.traits.shippedRetry && isSlow(attempt)) continue
        verdict.checks += 1
        const next = nextAfterAnswer(attempts, index)
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

/** An attempt that was on its way before the answer was complete, since its call had tired of waiting, is no retry of it. */
function nextAfterAnswer(
  attempts: readonly AttemptRecord[],
  index: number,
): AttemptRecord | undefined {
  const { status, headersAtMs, endedAtMs } = attempts[index] as AttemptRecord
  const knownAtMs = (status ?? 0) < 300 ? endedAtMs : headersAtMs
  return attempts.find(({ sentAtMs }, other) => other > index && sentAtMs >= (knownAtMs ?? 0))
}

function isSlow({ sentAtMs, endedAtMs }: AttemptRecord): boolean {
  return (endedAtMs ?? Number.POSITIVE_INFINITY) - sentAtMs >= patienceMsMin
}

function isFinal({ status, whole }: AttemptRecord): boolean {
  if (status === undefined) return false
  return incurable.has(status) || (status >= 200 && status < 300 && whole)
}
