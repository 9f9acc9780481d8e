/**
 * No second attempt after an answer that a retry cannot cure, a good answer among them. The same goes for a request of a
 * batch, whose answer is a line in a file.
 */
import type { AttemptRecord, RunRecord } from '../world/record.ts'
import type { WorkRecord } from '../world/work-record.ts'
import { mayBeGivenUp } from './patience.ts'
import type { Invariant, Verdict } from './types.ts'

const incurable: ReadonlySet<number> = new Set([400, 401, 402, 403, 404, 405, 413, 422])

export const onlyRetryableIsRetried: Invariant = {
  name: 'only-retryable-is-retried',
  judge: (record) => {
    const verdict: Verdict = { checks: 0, violations: [] }
    for (const { attempts } of record.calls) {
      for (const [index, attempt] of attempts.entries()) {
        if (!isFinal(attempt) || mayBeGivenUp(record, attempt)) continue
        verdict.checks += 1
        const next = nextAfterAnswer(attempts, index)
        if (next === undefined) continue
        verdict.violations.push({
          atMs: next.sentAtMs,
          message: `c${next.call.id}/${next.number} is sent after the answer ${attempt.status} at ${attempt.headersAtMs}`,
        })
      }
    }
    for (const work of record.works) judgeBatches(record, work, verdict)
    return verdict
  },
}

/** Where every batch comes to its own end, a poisoned request is refused in the first that it is part of. */
function judgeBatches(
  { scenario, batchTries }: RunRecord,
  work: WorkRecord,
  verdict: Verdict,
): void {
  const isDisturbed = scenario.faults.some((rule) => rule.do.kind === 'batch')
  if (work.plan.kind !== 'batch' || isDisturbed) return
  for (const { id, poison } of work.inputs) {
    const tries = batchTries.get(id) ?? 0
    if (poison === undefined || tries === 0) continue
    verdict.checks += 1
    if (tries === 1) continue
    const message = `w${work.id} puts ${id} into ${tries} batches, the first of which has refused it`
    verdict.violations.push({ atMs: work.endedAtMs ?? 0, message })
  }
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

function isFinal({ status, whole }: AttemptRecord): boolean {
  if (status === undefined) return false
  return incurable.has(status) || (status >= 200 && status < 300 && whole)
}
