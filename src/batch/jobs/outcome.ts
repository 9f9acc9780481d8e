/**
 * What a batch run hands out for each request.
 */
import type { RequestFailure, RunOutcome } from '../requests/send-request.ts'
import type { Fate } from './deliver.ts'
import type { BatchEntry } from './entry.ts'

/** A request's answer, or why it has none, and which batch said so. @public */
export type BatchOutcome<Answer = unknown> = RunOutcome<Answer> & {
  /** Undefined where the request was in none, or in none that was created. */
  readonly batchId: string | undefined
}

/** @internal */
export function failureOf(
  { index, customId }: { readonly index: number; readonly customId: string },
  failure: RequestFailure,
  batchId?: string,
): BatchOutcome {
  return { index, customId, failure, batchId }
}

/**
 * What a request's fate in a batch makes of it.
 *
 * @returns Undefined where it goes into another batch.
 * @internal
 */
export function settle(
  entry: BatchEntry,
  { result, isAttempt }: Pick<Fate, 'result' | 'isAttempt'>,
  { attemptsMax, batchId }: { readonly attemptsMax: number; readonly batchId: string | undefined },
): BatchOutcome | undefined {
  if (result.kind === 'answered') {
    const { index, customId, model } = entry
    return { index, customId, response: result.response, model, batchId }
  }
  if (result.kind === 'failed') return failureOf(entry, result.failure, batchId)
  if (!isAttempt) return undefined
  entry.attempts += 1
  if (entry.attempts < attemptsMax) return undefined
  const { status, message } = result.failure
  const count = entry.attempts === 1 ? '1 batch' : `${entry.attempts} batches`
  return failureOf(entry, { status, message: `${message} (in the last of ${count})` }, batchId)
}
