/**
 * A failure without an answer, in a form that no client in front takes for a reason to send the request again.
 *
 * As a response its body has the shape of Together's errors. It says why, and nothing of the request: no key, no header,
 * no prompt.
 */
import {
  CostTooLargeError,
  InvalidOptionError,
  InvariantError,
  isRateLimitsError,
  isRetriesExhaustedError,
  LimitExceededError,
  QueueFullError,
  RetriesExhaustedError,
  type RateLimitsError,
} from '../core/errors.ts'
import { markAsFinal } from '../core/final-mark.ts'

/** @returns Undefined for what is a bug or an abort, and has to be thrown. @internal */
export function respondTo(error: unknown): Response | undefined {
  if (!isRateLimitsError(error)) return undefined
  if (error instanceof InvalidOptionError || error instanceof InvariantError) return undefined
  const headers = new Headers({ 'content-type': 'application/json', 'x-should-retry': 'false' })
  const retryAfterMs = retryAfterOf(error)
  if (retryAfterMs !== undefined) headers.set('retry-after', `${Math.ceil(retryAfterMs / 1_000)}`)
  const status = isOverLimit(error) ? 429 : 503
  const statusText = status === 429 ? 'Too Many Requests' : 'Service Unavailable'
  const body = JSON.stringify({ error: describe(error) })
  return markAsFinal(new Response(body, { status, statusText, headers }))
}

/**
 * The AI SDK sends again what is thrown if any error in its chain of causes has a network's code. So the network's own
 * error is kept one step aside, as `cause.error`.
 *
 * @internal
 */
export function asThrown(error: unknown): unknown {
  if (!isRetriesExhaustedError(error)) return error
  const { cause } = error
  if (!(cause instanceof Error) || isRateLimitsError(cause)) return error
  const { attempts, reason, status, bodyText, retryAfterMs } = error
  const about = { attempts, reason, status, bodyText, retryAfterMs }
  return new RetriesExhaustedError({ ...about, cause: { error: cause } })
}

/** A limit of ours is the reason; otherwise it is the service, or time. */
function isOverLimit(error: RateLimitsError): boolean {
  return (
    error instanceof LimitExceededError ||
    error instanceof QueueFullError ||
    error instanceof CostTooLargeError
  )
}

function retryAfterOf(error: RateLimitsError): number | undefined {
  const isTimed = error instanceof LimitExceededError || isRetriesExhaustedError(error)
  return isTimed ? error.retryAfterMs : undefined
}

function describe(error: RateLimitsError): object {
  const cause = codeOf(error.cause)
  const suffix = cause === undefined ? '' : ` (${cause})`
  return {
    message: `together-rate-limits: ${error.message}${suffix}`,
    type: 'rate_limits_client',
    param: null,
    code: error.code,
    ...(isRetriesExhaustedError(error) ? { reason: error.reason } : {}),
  }
}

/** A code as the system writes it, `ECONNRESET`; a message may quote anything. */
function codeOf(error: unknown, depth = 0): string | undefined {
  if (typeof error !== 'object' || error === null || depth > 1) return undefined
  if ('code' in error && typeof error.code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(error.code)) {
    return error.code
  }
  if ('name' in error && error.name === 'TimeoutError') return 'TimeoutError'
  return 'cause' in error ? codeOf(error.cause, depth + 1) : undefined
}
