/**
 * Sends any number of requests, at the speed of the quota, with the results in order and bounded memory.
 */
import { InvalidOptionError, isRunStoppedError } from '../../core/errors.ts'
import { handOut } from '../hand-out.ts'
import { LongRun } from '../long-run.ts'
import { assertIterable, countOf } from '../run-options.ts'
import { Fallback } from './fallback.ts'
import {
  resolveRequestOptions,
  type RequestRunOptions,
  type RequestSource,
  type RunRequest,
} from './options.ts'
import { toPartialResult } from './partial-result.ts'
import { sendRequest, type RunOutcome } from './send-request.ts'

/**
 * Sends requests and resolves with their outcomes, in the order of the requests: an answer for each, or why it has none.
 *
 * Each takes its turn with the limiter and is retried; while the service is down, the run waits.
 *
 * @param requests - Any iterable, asynchronous ones too.
 * @throws {PartialResultError} Where the run stopped: with all outcomes that there are, and why.
 * @throws {InvalidOptionError} Naming the option.
 * @throws The signal's reason, untouched, when the caller aborts; what the source throws.
 * @example
 * const outcomes = await runRequests([{ customId: 'a', body: { model, messages } }])
 * @public
 */
export async function runRequests<Answer = unknown>(
  requests: RequestSource,
  options?: RequestRunOptions,
): Promise<RunOutcome<Answer>[]> {
  const outcomes: RunOutcome<Answer>[] = []
  try {
    for await (const outcome of iterateRequests<Answer>(requests, options)) outcomes.push(outcome)
  } catch (error) {
    if (!isRunStoppedError(error)) throw error
    throw toPartialResult(outcomes, error)
  }
  return outcomes
}

/**
 * Sends requests as the consumer takes their outcomes, in the order of the requests: for more than fits into memory.
 *
 * Where the run stops, what was under way is handed out first; indexes then have gaps.
 *
 * @throws {RunStoppedError} Where nothing more can succeed: a wrong key, a spending limit, an outage of more than
 * `outageMsMax`. Start again with the requests that are left.
 * @throws As `runRequests` does otherwise.
 * @example
 * for await (const { customId, response, failure } of iterateRequests(lines)) await write(customId, response ?? failure)
 * @public
 */
export function iterateRequests<Answer = unknown>(
  requests: RequestSource,
  options: RequestRunOptions = {},
): AsyncGenerator<RunOutcome<Answer>, void, undefined> {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError('options', options, 'an object')
  }
  const settings = resolveRequestOptions(options)
  assertIterable('requests', requests, 'requests')
  const run = new LongRun(options, settings, { total: settings.total ?? countOf(requests) })
  const fallback = new Fallback(settings.clock, settings.fallbackModels)
  const outcomes = handOut(run, number(requests), async ({ request, index }) => [
    await sendRequest({ run, settings, fallback }, request, index),
  ])
  // The caller names the type of their API's answers; nothing here could check it.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return outcomes as AsyncGenerator<RunOutcome<Answer>, void, undefined>
}

async function* number(
  requests: RequestSource,
): AsyncGenerator<{ request: RunRequest; index: number }> {
  let index = 0
  for await (const request of requests) {
    yield { request, index }
    index += 1
  }
}
