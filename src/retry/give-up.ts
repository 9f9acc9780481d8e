/**
 * How a call ends without a result: what is known of its attempts, and the error that says it.
 */
import {
  DeadlineError,
  LimitExceededError,
  RetriesExhaustedError,
  type GiveUpReason,
} from '../core/errors.ts'
import type { AttemptFailure } from './decide.ts'
import type { HeldAnswer, RetryCall } from './running-attempt.ts'

/** The attempts of one call so far. @internal */
export interface History<T = unknown> {
  attempts: number
  last: AttemptFailure | undefined
  /** The last answer, where the caller's way keeps it. */
  held: HeldAnswer<T> | undefined
  /** Why there is no further attempt, once that is so. */
  gaveUp: RetriesExhaustedError | undefined
}

/**
 * The limiter's own errors come through as they are as long as nothing was sent. Later they are only the reason why
 * there is no further attempt, and the last answer is what the caller needs to know.
 *
 * @internal
 */
export function translateRefusal(error: unknown, history: History): unknown {
  if (history.attempts === 0) return error
  if (error instanceof DeadlineError) return giveUp(history, 'deadline', { cause: error })
  if (error instanceof LimitExceededError) {
    return giveUp(history, 'server-delay', { cause: error, retryAfterMs: error.retryAfterMs })
  }
  return error
}

/** Why a stopped call ends: the caller's reason, or the deadline. @internal */
export function stopError(call: RetryCall, history: History): unknown {
  if (call.scope.stopped?.kind === 'aborted') return call.settings.signal?.reason
  if (history.attempts > 0) return giveUp(history, 'deadline')
  // How long a grant would have taken is not known, only that it was not there in time.
  return new DeadlineError({ neededMs: 1, availableMs: 0 })
}

/** There is no further attempt: what the call ends with, unless its way hands the last answer back. @internal */
export function giveUp(
  history: History,
  reason: GiveUpReason,
  refusal?: { cause: unknown; retryAfterMs?: number },
): RetriesExhaustedError {
  const { attempts, last } = history
  history.gaveUp = new RetriesExhaustedError({
    attempts,
    reason,
    status: last?.status,
    bodyText: last?.bodyText ?? '',
    retryAfterMs: refusal?.retryAfterMs ?? last?.hintMs,
    cause: last?.cause ?? refusal?.cause,
  })
  return history.gaveUp
}
