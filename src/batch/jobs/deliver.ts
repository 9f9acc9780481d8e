/**
 * From the files of a batch that has ended to what becomes of each of its requests.
 */
import type { RequestFailure } from '../requests/send-request.ts'
import type { BatchCalls } from './batch-calls.ts'
import type { BatchEntry } from './entry.ts'
import type { Flight, Landing } from './flight.ts'
import type { BatchSettings } from './options.ts'
import { readLines, type LineResult } from './read-lines.ts'

/** What becomes of a request. @internal */
export interface Fate {
  readonly customId: string
  readonly result: LineResult
  /** Whether this costs the request one of its attempts: not where the whole batch failed. */
  readonly isAttempt: boolean
}

/** @internal */
export interface Support {
  readonly calls: BatchCalls
  readonly settings: Pick<BatchSettings, 'resubmitsCancelled'>
}

/**
 * Reads what a batch has left; each of its requests comes once, whatever the files say: of two lines the first counts,
 * and what is in no line comes at the end.
 *
 * @throws What ends the run.
 * @internal
 */
export async function* readFates(
  flight: Flight,
  { calls, settings }: Support,
): AsyncGenerator<Fate, void> {
  const { landing } = flight
  if (landing === undefined) return
  const left = new Set([...flight.entries.keys(), ...flight.unmet])
  for (const fileId of [landing.outputFileId, landing.errorFileId]) {
    for (const { customId, result } of readLines(await calls.content(fileId))) {
      if (left.delete(customId)) yield { customId, result, isAttempt: true }
    }
  }
  const result = resultOfMissing(landing, settings.resubmitsCancelled)
  for (const customId of left) {
    yield { customId, result, isAttempt: landing.ending !== 'FAILED' }
  }
}

function resultOfMissing(landing: Landing, resubmitsCancelled: boolean): LineResult {
  const { ending, error, errorStatus: status } = landing
  const reason = error === undefined ? '' : `: ${error}`
  const failure: RequestFailure = { status, message: `${endingTexts[ending]}${reason}` }
  const isFinal = ending === 'CANCELLED' && !resubmitsCancelled
  return { kind: isFinal ? 'failed' : 'again', failure }
}

const endingTexts: Readonly<Record<Landing['ending'], string>> = {
  COMPLETED: 'the batch has no answer to it',
  FAILED: 'the batch failed',
  EXPIRED: 'the batch expired before it was done',
  CANCELLED: 'the batch was cancelled before it was done',
  MISSING: 'the batch was lost',
}

/** What a request is part of next. @internal */
export interface Parts {
  readonly entries: readonly BatchEntry[]
  readonly failures: number
}

/**
 * What to do with requests whose batch failed as a whole: once more together, then in halves, until those are found that
 * fail a batch.
 *
 * @param failures - Failures of these requests together, this one included.
 * @returns Undefined where a request is alone, and to blame.
 * @internal
 */
export function splitFailed(
  entries: readonly BatchEntry[],
  failures: number,
): readonly Parts[] | undefined {
  if (failures < 2) return [{ entries, failures }]
  if (entries.length < 2) return undefined
  const middle = Math.ceil(entries.length / 2)
  return [entries.slice(0, middle), entries.slice(middle)].map((half) => {
    return { entries: half, failures: 1 }
  })
}
