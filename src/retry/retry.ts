/**
 * The loop around attempts: acquire, attempt, decide, wait.
 *
 * Every attempt is granted by the limiter, and nothing is sent after the call has settled. Whatever decides is pure and
 * elsewhere (`decide.ts`, `classify.ts`, `core/headers`); this file only waits, in one scope that is closed in any case.
 */
import { InvalidOptionError, InvariantError } from '../core/errors.ts'
import { acquirePermit } from './acquire.ts'
import { runAttempt } from './attempt.ts'
import { CallScope } from './call-scope.ts'
import { decide, type AttemptFailure } from './decide.ts'
import { giveUp, stopError, type History } from './give-up.ts'
import { asJson } from './json-answer.ts'
import { reportGaveUp, reportRetry } from './report.ts'
import type { AnswerWay, RetryCall } from './running-attempt.ts'
import { limiterClock, resolveSettings, type RetrySettings } from './settings.ts'
import type { AttemptContext, RetryLimiter, RetryOptions } from './types.ts'

/**
 * Sends a request through a limiter until it succeeds, and resolves with its parsed JSON body.
 *
 * Each attempt acquires a permit first. A 429 pauses everybody who shares the limiter's key until the time the server
 * named; 408, 500, 502-504, 520-524, 529, network errors and broken bodies back off with full jitter and are paid from a
 * budget that all callers share; a 409 for a fine-tune waits for a place; nothing else is retried. Fine-tunes and
 * batches start jobs: where the first request may have started one (a timeout, a broken connection, a 500), there is no
 * second. The place of a job that was started stays taken until the caller releases the attempt's permit; a call that
 * fails keeps none.
 *
 * @param limiter - Anything with `acquire()`; see {@link RetryLimiter}.
 * @param fn - Sends the request once and resolves with the response when its headers came. It must leave the body
 * unread. Rejecting with a `TypeError` or an error with a string `code` (its own or its cause's) means that the network
 * failed; any other error is taken for a bug, ends the call and comes out untouched.
 * @param maxRetriesOrOptions - Retries after the first attempt, or the options. @defaultValue 4 retries
 * @returns The parsed body of a 2xx; undefined for an empty one.
 * @throws {RetriesExhaustedError} When an attempt was made and there will be no further one: the last status, the body's
 * beginning, the reason, and how long the server asked to wait.
 * @throws {InvalidOptionError} When an argument cannot be used, or `fn` gives no unread response.
 * @throws {DeadlineError} When the first attempt is not granted before the deadline. Other errors of the limiter
 * (`QueueFullError`, `ClosedError`, `LimitExceededError` for the first attempt) come through as they are.
 * @throws The signal's reason, untouched, when the caller aborts.
 * @example
 * const result = await togetherRetry(limiter, () => fetch(url, init), 4)
 * @public
 */
export async function togetherRetry<T = unknown>(
  limiter: RetryLimiter,
  fn: (attempt: AttemptContext) => Promise<Response>,
  maxRetriesOrOptions?: number | RetryOptions,
): Promise<T> {
  const settings = resolveSettings(limiter, maxRetriesOrOptions)
  if (typeof fn !== 'function') throw new InvalidOptionError('fn', fn, 'a function')
  const value = await retryCall(limiter, fn, settings, asJson)
  // The caller names the type of their API's answer; nothing here could check it.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return value as T
}

/**
 * One call with checked settings, whose answers are taken in the given way.
 *
 * @throws As `togetherRetry` does, but where the way hands back the last refusal.
 * @internal
 */
export async function retryCall<T>(
  limiter: RetryLimiter,
  fn: (attempt: AttemptContext) => Promise<Response>,
  settings: RetrySettings,
  way: AnswerWay<T>,
): Promise<T> {
  settings.signal?.throwIfAborted()
  const scope = new CallScope(settings.clock, settings)
  const history: History<T> = { attempts: 0, last: undefined, held: undefined, gaveUp: undefined }
  try {
    return await runCall({ limiter, settings, scope, fn }, way, history)
  } catch (error) {
    const { gaveUp, held } = history
    const hasGivenUp = gaveUp !== undefined && error === gaveUp
    // It came when there was no wait to cut; an answer that is handed back would not hear of it either.
    const isAborted = hasGivenUp && scope.stopped?.kind === 'aborted'
    const answer = hasGivenUp && !isAborted ? held?.handBack() : undefined
    if (answer === undefined) held?.drop()
    if (isAborted) throw settings.signal?.reason
    if (hasGivenUp) reportGaveUp(settings, gaveUp)
    if (answer !== undefined) return answer
    throw error
  } finally {
    scope.close()
  }
}

async function runCall<T>(call: RetryCall, way: AnswerWay<T>, history: History<T>): Promise<T> {
  const { scope, settings } = call
  const { budget, attemptsMax } = settings
  const queuedAtMs = (limiterClock(call.limiter) ?? settings.clock).now()
  let hasPaid = false
  while (history.attempts < attemptsMax) {
    const permit = await acquirePermit(call, queuedAtMs, history)
    if (scope.stopped !== undefined) {
      // Granted and stopped in the same instant: nothing is sent.
      permit.giveBack()
      throw stopError(call, history)
    }
    history.attempts += 1
    settings.observation.counters.attempts += 1
    const outcome = await runAttempt(call, way, history.attempts, permit)
    if (outcome.kind === 'succeeded') {
      budget.recordSuccess({ afterRetry: hasPaid })
      return outcome.value
    }
    if (outcome.kind === 'aborted') throw settings.signal?.reason
    history.last = outcome.failure
    history.held = outcome.held
    hasPaid = (await prepareRetry(call, history, outcome.failure)) || hasPaid
  }
  throw new InvariantError('a retry was decided on after the last attempt')
}

/** Decides and waits. @returns Whether the retry was paid for. */
async function prepareRetry(
  call: RetryCall,
  history: History,
  failure: AttemptFailure,
): Promise<boolean> {
  const { settings, scope, limiter } = call
  const decision = decide(failure, {
    attempt: history.attempts,
    nowMs: settings.clock.now(),
    deadlineAtMs: scope.deadlineAtMs,
    unit: settings.random.next(),
    hasBudget: settings.budget.hasRetry,
    settings,
  })
  if (decision.kind === 'give-up') throw giveUp(history, decision.reason)
  if (decision.isPaid) settings.budget.tryWithdraw()
  history.held?.drop()
  reportRetry(settings, failure, { attempt: history.attempts, ...decision })
  // A paused limiter holds the call itself, in its place in the queue, and lets it out paced.
  const isHeldByLimiter = failure.kind === 'server-paced' && limiter.pause !== undefined
  if (!isHeldByLimiter) await scope.sleepUntil(decision.retryAtMs)
  return decision.isPaid
}
