/**
 * Every error this package throws, with its code. The table in README.md is checked against this file by a test.
 *
 * Errors are branded with a global symbol, so that `instanceof` and the guards hold across two installed copies.
 * No message holds a key, a header, a prompt or a response body.
 */
import { describeFineTune, describeValue, type FineTuneReason } from './error-texts.ts'

/** The codes of all errors of this package. @public */
export type ErrorCode =
  | 'INVALID_OPTION'
  | 'LIMIT_EXCEEDED'
  | 'COST_TOO_LARGE'
  | 'QUEUE_FULL'
  | 'DEADLINE'
  | 'RETRIES_EXHAUSTED'
  | 'CLOSED'
  | 'RUN_STOPPED'
  | 'PARTIAL_RESULT'
  | 'FINE_TUNE'
  | 'INVARIANT'

const brand = Symbol.for('together-rate-limits.error')

/** The base of all errors of this package. @public */
export abstract class RateLimitsError extends Error {
  abstract readonly code: ErrorCode

  /** True for errors of this package, also of another installed copy of it. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return hasBrand(value, this.prototype.name)
  }

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    Object.defineProperty(this, brand, { value: true })
  }
}

function hasBrand(value: unknown, name: string): boolean {
  if (typeof value !== 'object' || value === null || !(brand in value)) return false
  return name === 'RateLimitsError' || ('name' in value && value.name === name)
}

function nameError(constructor: { prototype: Error }, name: string): void {
  Object.defineProperty(constructor.prototype, 'name', { value: name, configurable: true })
}

/** An option has a value that cannot be used. Thrown at construction or at the call that takes the option. @public */
export class InvalidOptionError extends RateLimitsError {
  readonly code = 'INVALID_OPTION' as const
  /** The option's name, as the caller wrote it. */
  readonly option: string
  /** The value that was given. */
  readonly received: unknown
  /** What would have been accepted. */
  readonly expected: string

  constructor(option: string, received: unknown, expected: string) {
    super(`option ${option}: expected ${expected}, received ${describeValue(received)}`)
    this.option = option
    this.received = received
    this.expected = expected
  }
}

/** A request cannot be granted soon enough: the server paused its key for longer than the caller's cap. @public */
export class LimitExceededError extends RateLimitsError {
  readonly code = 'LIMIT_EXCEEDED' as const
  /** What is limited: the endpoint class, or the model. */
  readonly key: string
  /** Milliseconds until the pause is over. */
  readonly retryAfterMs: number
  /** The longest wait that was allowed, in milliseconds. */
  readonly waitMsMax: number

  constructor(details: { key: string; retryAfterMs: number; waitMsMax: number }) {
    super(
      `${details.key} is paused by the server for another ${Math.ceil(details.retryAfterMs)} ms, ` +
        `longer than the ${details.waitMsMax} ms allowed`,
    )
    this.key = details.key
    this.retryAfterMs = details.retryAfterMs
    this.waitMsMax = details.waitMsMax
  }
}

/** A request costs more than a limit can ever hold: it would wait for ever. @public */
export class CostTooLargeError extends RateLimitsError {
  readonly code = 'COST_TOO_LARGE' as const
  readonly cost: number
  /** The most that can be granted at once. */
  readonly costMax: number

  constructor(details: { limit: string; cost: number; costMax: number }) {
    super(
      `a cost of ${details.cost} can never be granted: limit ${details.limit} holds ${details.costMax}`,
    )
    this.cost = details.cost
    this.costMax = details.costMax
  }
}

/** The bounded queue is full; the call was not queued. @public */
export class QueueFullError extends RateLimitsError {
  readonly code = 'QUEUE_FULL' as const
  readonly queueLength: number
  readonly queueLengthMax: number

  constructor(details: { queueLength: number; queueLengthMax: number }) {
    super(`the queue is full: ${details.queueLength} of ${details.queueLengthMax} calls wait`)
    this.queueLength = details.queueLength
    this.queueLengthMax = details.queueLengthMax
  }
}

/** The call would be, or was, granted too late. Known in advance: thrown at once. @public */
export class DeadlineError extends RateLimitsError {
  readonly code = 'DEADLINE' as const
  /** Milliseconds the call would have to wait at least, from now. */
  readonly neededMs: number
  /** Milliseconds that were left until its deadline. */
  readonly availableMs: number

  constructor(details: { neededMs: number; availableMs: number }) {
    super(
      `the deadline cannot be met: a grant takes at least ${Math.ceil(details.neededMs)} ms, ` +
        `${Math.max(0, Math.floor(details.availableMs))} ms are left`,
    )
    this.neededMs = details.neededMs
    this.availableMs = details.availableMs
  }
}

/** Why a retry gave up. @public */
export type GiveUpReason = 'not-retryable' | 'attempts' | 'budget' | 'deadline' | 'server-delay'

/** A call failed for good: its last attempt's answer and why there is no further one. @public */
export class RetriesExhaustedError extends RateLimitsError {
  readonly code = 'RETRIES_EXHAUSTED' as const
  /** Attempts made, the first included. */
  readonly attempts: number
  /** Why no further attempt is made. */
  readonly reason: GiveUpReason
  /** The HTTP status of the last answer; undefined where none came. */
  readonly status: number | undefined
  /** The beginning of the last answer's body, at most `bodyTextLengthMax` UTF-16 units. Not part of the message. */
  readonly bodyText: string
  /** The delay the server named last, in milliseconds, where it named one. */
  readonly retryAfterMs: number | undefined

  constructor(details: {
    attempts: number
    reason: GiveUpReason
    status?: number | undefined
    bodyText?: string
    retryAfterMs?: number | undefined
    cause?: unknown
  }) {
    super(describeGivingUp(details), { cause: details.cause })
    this.attempts = details.attempts
    this.reason = details.reason
    this.status = details.status
    this.bodyText = details.bodyText ?? ''
    this.retryAfterMs = details.retryAfterMs
  }
}

/** The limiter was closed before the call was granted, or the queue before the job was started. @public */
export class ClosedError extends RateLimitsError {
  readonly code = 'CLOSED' as const

  /** @param closed - What is closed. */
  constructor(closed = 'limiter') {
    super(`the ${closed} is closed`)
  }
}

/** Why a run of many requests cannot go on. @public */
export type StopReason =
  | 'unauthorised'
  | 'spending-limit'
  | 'model-unavailable'
  | 'refused'
  | 'closed'
  | 'all-refused'
  | 'outage'

/** A run of many requests has ended before its time: none of those that are left would succeed. @public */
export class RunStoppedError extends RateLimitsError {
  readonly code = 'RUN_STOPPED' as const
  readonly reason: StopReason
  /** The HTTP status of the answer that ended it; undefined where none came. */
  readonly status: number | undefined
  /** What that answer said, shortened. Not part of the message: it may repeat what was sent. */
  readonly serverMessage: string
  /** Where the model is not there: the names that are most like it, the nearest first. */
  readonly nearestModels: readonly string[]
  /** Items that have their result. */
  readonly done: number
  /** Items that were refused. */
  readonly failed: number

  constructor(details: {
    reason: StopReason
    status: number | undefined
    serverMessage: string
    nearestModels?: readonly string[]
    done: number
    failed: number
  }) {
    const { nearestModels = [] } = details
    const answer = details.status === undefined ? '' : ` (status ${details.status})`
    const nearest =
      nearestModels.length === 0 ? '' : `; the nearest are ${nearestModels.join(', ')}`
    super(`stopped after ${details.done} results: ${stopTexts[details.reason]}${nearest}${answer}`)
    this.reason = details.reason
    this.status = details.status
    this.serverMessage = details.serverMessage
    this.nearestModels = nearestModels
    this.done = details.done
    this.failed = details.failed
  }
}

const stopTexts: Readonly<Record<StopReason, string>> = {
  unauthorised: 'the API key is not accepted; set another one and start again with what is left',
  'spending-limit':
    'the account may not spend more; raise its limit and start again with what is left',
  'model-unavailable':
    'the model is not there, or baseURL is not that of the API; GET /v1/models lists the models ' +
    '(checksModels: false where it leaves yours out)',
  refused: 'the server refuses the requests',
  closed: 'the limiter of its fetch is closed; start again with what is left, and another one',
  'all-refused': 'everything that was sent is refused; look at the first failures',
  outage: 'the service is down for longer than outageMsMax; start again later with what is left',
}

/** An item without a result, and why. @public */
export interface ItemFailure {
  /** Its place in the source, from 0. */
  readonly index: number
  /** The status of the answer; undefined where it was not sent, or there was no answer. */
  readonly status: number | undefined
  /** What the server said, shortened, or what is wrong with the item. */
  readonly message: string
}

/** Some items have no result; those that have one are here. Its `cause` says why the run stopped, where it did. @public */
export class PartialResultError<Result = unknown> extends RateLimitsError {
  readonly code = 'PARTIAL_RESULT' as const
  /** In the order of the items; undefined for those without. Shorter than the items where the run stopped. */
  readonly results: readonly (Result | undefined)[]
  /** The items that were refused, in order. */
  readonly failures: readonly ItemFailure[]

  constructor(details: {
    results: readonly (Result | undefined)[]
    failures: readonly ItemFailure[]
    cause?: unknown
  }) {
    const done = details.results.filter((result) => result !== undefined).length
    const reason = details.cause instanceof RunStoppedError ? `; ${details.cause.message}` : ''
    super(
      `${done} results; ${describeFailures(details.failures)}${reason}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    )
    this.results = details.results
    this.failures = details.failures
  }
}

const failuresNamedMax = 5

function describeFailures(failures: readonly ItemFailure[]): string {
  if (failures.length === 0) return 'none was refused'
  const named = failures.slice(0, failuresNamedMax).map(({ index, status }) => {
    return status === undefined ? `${index}` : `${index} (status ${status})`
  })
  const more = failures.length - named.length
  const rest = more > 0 ? ` and ${more} more` : ''
  return `${failures.length} refused, by index: ${named.join(', ')}${rest}`
}

/** A fine-tune that was added to a queue, or followed by it, is not completed. @public */
export class FineTuneError extends RateLimitsError {
  readonly code = 'FINE_TUNE' as const
  readonly reason: FineTuneReason
  /** Undefined where it was not started, or the answer that named it was lost. */
  readonly jobId: string | undefined
  /** The job's status when it was last seen. */
  readonly jobStatus: string | undefined
  /** The HTTP status of the answer that refused it; undefined where none did. */
  readonly status: number | undefined
  /** What the server said, shortened. Not part of the message: it may repeat what was sent. */
  readonly serverMessage: string
  /** Where the model is not there: the names that are most like it, the nearest first. */
  readonly nearestModels: readonly string[]

  constructor(details: {
    reason: FineTuneReason
    jobId?: string | undefined
    jobStatus?: string | undefined
    status?: number | undefined
    serverMessage?: string
    nearestModels?: readonly string[] | undefined
    cause?: unknown
  }) {
    const { reason, jobId, cause } = details
    const why = cause instanceof RateLimitsError ? `; ${cause.message}` : ''
    super(describeFineTune(details) + why, cause === undefined ? undefined : { cause })
    this.reason = reason
    this.jobId = jobId
    this.jobStatus = details.jobStatus
    this.status = details.status
    this.serverMessage = details.serverMessage ?? ''
    this.nearestModels = details.nearestModels ?? []
  }
}

/** A bug in this package: please report it with its message. @public */
export class InvariantError extends RateLimitsError {
  readonly code = 'INVARIANT' as const
}

nameError(RateLimitsError, 'RateLimitsError')
nameError(InvalidOptionError, 'InvalidOptionError')
nameError(LimitExceededError, 'LimitExceededError')
nameError(CostTooLargeError, 'CostTooLargeError')
nameError(QueueFullError, 'QueueFullError')
nameError(DeadlineError, 'DeadlineError')
nameError(RetriesExhaustedError, 'RetriesExhaustedError')
nameError(ClosedError, 'ClosedError')
nameError(RunStoppedError, 'RunStoppedError')
nameError(PartialResultError, 'PartialResultError')
nameError(FineTuneError, 'FineTuneError')
nameError(InvariantError, 'InvariantError')

/** True for every error that this package throws. @public */
export function isRateLimitsError(value: unknown): value is RateLimitsError {
  return value instanceof RateLimitsError
}

/** True for {@link RetriesExhaustedError}, also of another installed copy. @public */
export function isRetriesExhaustedError(value: unknown): value is RetriesExhaustedError {
  return value instanceof RetriesExhaustedError
}

/** True for {@link RunStoppedError}, also of another installed copy. @public */
export function isRunStoppedError(value: unknown): value is RunStoppedError {
  return value instanceof RunStoppedError
}

/** True for {@link PartialResultError}, also of another installed copy. @public */
export function isPartialResultError(value: unknown): value is PartialResultError {
  return value instanceof PartialResultError
}

/** True for {@link FineTuneError}, also of another installed copy. @public */
export function isFineTuneError(value: unknown): value is FineTuneError {
  return value instanceof FineTuneError
}

function describeGivingUp(details: {
  attempts: number
  reason: GiveUpReason
  status?: number | undefined
  retryAfterMs?: number | undefined
}): string {
  const count = details.attempts === 1 ? '1 attempt' : `${details.attempts} attempts`
  const answer = details.status === undefined ? 'no answer' : `status ${details.status}`
  const hint =
    details.retryAfterMs === undefined
      ? ''
      : `; the server asked to wait ${Math.ceil(details.retryAfterMs)} ms`
  return `gave up after ${count} (${reasonTexts[details.reason]}), last: ${answer}${hint}`
}

const reasonTexts: Readonly<Record<GiveUpReason, string>> = {
  'not-retryable': 'a retry cannot cure this',
  attempts: 'no attempts left',
  budget: 'the retry budget is spent',
  deadline: 'the deadline would pass',
  'server-delay': 'the server asked for a longer wait than allowed',
}
