/**
 * Sends any number of requests in batches, for results that may take a day, at the price of batches.
 */
import { InvalidOptionError, isRunStoppedError } from '../../core/errors.ts'
import { LongRun } from '../long-run.ts'
import type { RequestSource } from '../requests/options.ts'
import { toPartialResult } from '../requests/partial-result.ts'
import { assertIterable, countOf } from '../run-options.ts'
import { BatchRun, type BatchSummary } from './batch-run.ts'
import { HeldJournal, type BatchJournal } from './journal.ts'
import { resolveBatchOptions, type BatchRunOptions } from './options.ts'
import type { BatchOutcome } from './outcome.ts'

/** What a batch run comes to. @public */
export interface BatchResult<Answer = unknown> extends BatchSummary {
  /** One for each request, in the order of the requests. */
  readonly outcomes: readonly BatchOutcome<Answer>[]
  /** The same by custom id; of requests with the same one, the first. */
  readonly byId: ReadonlyMap<string, BatchOutcome<Answer>>
}

/**
 * Sends requests in batches and resolves with their outcomes: an answer for each, or why it has none.
 *
 * Batches are as large as the profile allows, and as many at once. What one leaves without an answer goes into a later
 * one: after an error that may pass, an expiry, a cancellation. The request that fails a batch as a whole is found and named.
 *
 * With a journal, batches are struck off when all outcomes are there: a run that is aborted or killed before leaves them
 * to the next one.
 *
 * @param requests - Any iterable, asynchronous ones too.
 * @throws {PartialResultError} Where the run stopped, or the source or the journal threw: with all outcomes that there
 * are, and why.
 * @throws {InvalidOptionError} Naming the option.
 * @throws The signal's reason, untouched, when the caller aborts; what the source or the journal throws before there is
 * an outcome.
 * @example
 * const { byId, cost } = await runBatch([{ customId: 'a', body: { model, messages } }])
 * @public
 */
export async function runBatch<Answer = unknown>(
  requests: RequestSource,
  options?: BatchRunOptions,
): Promise<BatchResult<Answer>> {
  const outcomes: BatchOutcome<Answer>[] = []
  let journal: HeldJournal | undefined
  const iterator = begin<Answer>(requests, options, (own) => (journal = new HeldJournal(own)))
  try {
    const summary = await collect(iterator, outcomes)
    await journal?.strikeOff()
    return { outcomes: sort(outcomes), byId: groupById(outcomes), ...summary }
  } catch (error) {
    const isAborted = options?.signal?.aborted === true
    // Whatever else it was, what there is was paid for.
    if (!isRunStoppedError(error) && (isAborted || outcomes.length === 0)) throw error
    // What cannot be struck off is read once more by the next run.
    await journal?.strikeOff().catch(() => undefined)
    throw toPartialResult(sort(outcomes), error)
  }
}

async function collect<Answer>(
  iterator: AsyncGenerator<BatchOutcome<Answer>, BatchSummary, undefined>,
  outcomes: BatchOutcome<Answer>[],
): Promise<BatchSummary> {
  for (;;) {
    const { done, value } = await iterator.next()
    if (done === true) return value
    outcomes.push(value)
  }
}

/**
 * Sends requests in batches as the consumer takes their outcomes, in the order in which batches end: for more than fits
 * into memory. What it returns at its end says what became of the batches, and what they cost.
 *
 * A source that throws counts as over: what it gave is handed out first. Where the run stops, batches in flight are followed to their end and handed out first, but for an outage.
 *
 * @throws {RunStoppedError} Where nothing more can succeed: a wrong key, a spending limit, an outage of more than
 * `outageMsMax`. Start again with the requests that are left.
 * @throws As `runBatch` does otherwise.
 * @example
 * for await (const { customId, response, failure } of iterateBatch(lines)) await write(customId, response ?? failure)
 * @public
 */
export function iterateBatch<Answer = unknown>(
  requests: RequestSource,
  options: BatchRunOptions = {},
): AsyncGenerator<BatchOutcome<Answer>, BatchSummary, undefined> {
  return begin(requests, options, (journal) => journal)
}

/** @param wrap - What stands before the journal, where there is one. */
function begin<Answer>(
  requests: RequestSource,
  options: BatchRunOptions = {},
  wrap: (journal: BatchJournal) => BatchJournal,
): AsyncGenerator<BatchOutcome<Answer>, BatchSummary, undefined> {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError('options', options, 'an object')
  }
  const resolved = resolveBatchOptions(options, () => batchRun.batchesInFlight)
  const settings = { ...resolved, journal: resolved.journal && wrap(resolved.journal) }
  assertIterable('requests', requests, 'requests')
  const total = settings.total ?? countOf(requests)
  const run = new LongRun(options, settings, { total, speedWindowMs: Infinity })
  const batchRun: BatchRun = new BatchRun(run, settings, requests)
  // The caller names the type of their API's answers; nothing here could check it.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return batchRun.outcomes() as AsyncGenerator<BatchOutcome<Answer>, BatchSummary, undefined>
}

function sort<Answer>(outcomes: readonly BatchOutcome<Answer>[]): readonly BatchOutcome<Answer>[] {
  return outcomes.toSorted((one, two) => one.index - two.index)
}

function groupById<Answer>(
  outcomes: readonly BatchOutcome<Answer>[],
): ReadonlyMap<string, BatchOutcome<Answer>> {
  const byId = new Map<string, BatchOutcome<Answer>>()
  for (const outcome of sort(outcomes)) {
    if (!byId.has(outcome.customId)) byId.set(outcome.customId, outcome)
  }
  return byId
}
