/**
 * The decision table: which failed attempts a retry can cure, and what kind of wait does it.
 *
 * Pure: status, error body, error and endpoint in, a kind out. Whatever is not in the table is not retried. Nothing here
 * knows delays, attempts or budgets.
 */
import { isRateLimitsError } from '../core/errors.ts'
import type { EndpointClass } from '../core/profile.ts'
import type { RateOutcome } from './permit-handle.ts'

/**
 * - `none`: a retry cannot cure it, or might do the work twice.
 * - `backoff`: back off with jitter, pay from the budget.
 * - `server-paced`: above the limit (429); wait as long as the server says.
 * - `place`: all fine-tune places are taken (409); wait until a job may have ended.
 * @internal
 */
export type RetryKind = 'none' | 'backoff' | 'server-paced' | 'place'

/** The server refused before doing anything, or said so: safe to send again, whatever the endpoint. */
const refusedStatuses: ReadonlySet<number> = new Set([408, 503, 529])
/** The work may have been done although the answer is an error. */
const ambiguousStatuses: ReadonlySet<number> = new Set([500, 502, 504, 520, 521, 522, 523, 524])
/** Nothing left this machine. */
const unsentCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** Whether a request of this class starts a job: doing it twice costs money, and its place outlives the answer. @internal */
export function startsJob(endpoint: EndpointClass): boolean {
  return endpoint === 'fine-tunes' || endpoint === 'batches'
}

/**
 * Classifies an answer that is not a 2xx.
 *
 * @param answer.bodyText - The beginning of the body, or what came of it; it only matters for 429.
 * @internal
 */
export function classifyAnswer(answer: {
  status: number
  endpoint: EndpointClass
  bodyText: string
  /** A layer of ours that is nearer to the server has given up on the request. @defaultValue false */
  isFinal?: boolean
}): RetryKind {
  const { status, endpoint } = answer
  if (answer.isFinal === true) return 'none'
  if (status === 429) return saysQuotaIsSpent(answer.bodyText) ? 'none' : 'server-paced'
  if (status === 409) return endpoint === 'fine-tunes' ? 'place' : 'none'
  if (refusedStatuses.has(status)) return 'backoff'
  if (ambiguousStatuses.has(status)) return startsJob(endpoint) ? 'none' : 'backoff'
  return 'none'
}

/**
 * What an answer says about the rate. Only a 429 can be about it: a 503 is short of capacity, a 402 is about money, and so
 * is a 429 whose body says so. Of another type, such as Together's `credit_limit`, it is a rate limit.
 *
 * @param kind - What the answer was classified as, where it was a refusal.
 * @internal
 */
export function rateOutcomeOf(status: number, kind?: RetryKind): RateOutcome {
  if (status >= 200 && status < 300) return 'succeeded'
  if (status === 429) return kind === 'none' ? 'failed' : 'limited'
  return status >= 500 ? 'overloaded' : 'failed'
}

/**
 * Classifies an attempt without a usable answer: a network error, a timeout, or a 2xx whose body broke off or is no JSON.
 *
 * Where the request starts a job it is only sent again if the error's code shows that it was never sent.
 *
 * @internal
 */
export function classifyBreak(error: unknown, endpoint: EndpointClass): RetryKind {
  if (!startsJob(endpoint)) return 'backoff'
  return unsentCodes.has(readCode(error) ?? '') ? 'backoff' : 'none'
}

/**
 * Tells the network's failures from the caller's bugs among the things that a caller's function rejects with.
 *
 * The network's: a `TypeError` (what fetch gives), a string `code` on the error or on its cause, a `TimeoutError` of the
 * caller's own. Everything else - also an abort of the caller's own, an invalid argument and our own errors - is not.
 *
 * @internal
 */
export function isNetworkFailure(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || isRateLimitsError(error)) return false
  const code = readCode(error)
  if (code !== undefined) return !code.startsWith('ERR_INVALID_')
  return error instanceof TypeError || readName(error) === 'TimeoutError'
}

function readName(error: object): unknown {
  return 'name' in error ? error.name : undefined
}

/** The error's own code, else its cause's. A DOMException's numeric code is none. */
function readCode(error: unknown): string | undefined {
  const cause =
    typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined
  return readOwnCode(error) ?? readOwnCode(cause)
}

function readOwnCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/**
 * Whether a 429 is about money, which no wait brings back. Together's `credit_limit` is not: it is the type of an
 * ordinary rate limit there, often misread as billing.
 */
function saysQuotaIsSpent(bodyText: string): boolean {
  return readErrorLabels(bodyText).some(
    (label) => label === 'insufficient_quota' || label.startsWith('billing_'),
  )
}

const labelNames = ['type', 'code', 'error_type', 'type_'] as const

/** The types and codes that an error body carries, in any of the shapes that are about. */
function readErrorLabels(bodyText: string): string[] {
  const body = parseObject(bodyText)
  if (body === undefined) return []
  const inner = body['error']
  const holders = [body, ...(isRecord(inner) ? [inner] : [])]
  const labels = holders.flatMap((holder) => labelNames.map((name) => holder[name]))
  return [...labels, inner].filter((label) => typeof label === 'string')
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    // Plain text, HTML or a truncated body: the status alone decides.
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
