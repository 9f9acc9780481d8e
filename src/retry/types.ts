/**
 * What `togetherRetry` takes: a limiter's shape, the context of an attempt, and the options.
 *
 * A limiter is known by structure alone, so that ours, a home-made one and a test double all fit.
 */
import type { Clock } from '../core/clock.ts'
import type { EventListener } from '../core/events.ts'
import type { Observation } from '../core/observation.ts'
import type { EndpointClass } from '../core/profile.ts'
import type { Random } from '../core/random.ts'
import type { RetryBudget } from './budget.ts'

/** What every attempt asks the limiter for. A limiter that is not ours may ignore all of it. @public */
export interface RetryAcquireRequest {
  endpoint?: EndpointClass
  model?: string
  /** An upper bound of what it may come to, where the caller has estimated it. */
  tokens?: number
  priority?: number
  signal?: AbortSignal
  /** Milliseconds from now until the call's deadline. */
  deadlineMs?: number
  /** When the call began, by the limiter's clock: a retry queues by its call's age, not behind everybody. */
  queuedAtMs?: number
}

/**
 * A limiter as the retry needs it.
 *
 * What `acquire` gives may have `settle()` (the headers came), `settleTokens(used)` (the answer came to so many tokens),
 * `abandon()` (it ended without headers) and `release()` (what it occupied is free), each optional, `observe(headers)`,
 * which is shown the headers of each answer when they come, and `report(outcome)`, which is told for each answer whether it
 * 'succeeded', was 'limited' (429), 'overloaded' (5xx) or 'failed' (anything else, and a 429 about money), as soon as that is
 * known; or be nothing at all.
 * @public
 */
export interface RetryLimiter {
  acquire(request?: RetryAcquireRequest): Promise<unknown>
  /** Holds back everybody who uses the same model (or, without one, endpoint). Without it each call waits for itself. */
  pause?(request: { endpoint?: EndpointClass; model?: string; delayMs: number }): void
  /** Milliseconds from grant within which the server has counted a request. @defaultValue 5000 */
  readonly arrivalBoundMs?: number
  /** The clock of its queue; also the default for the retry's own. */
  readonly clock?: Clock
  /** What ours and its retries have in common for those who watch. @internal */
  readonly observation?: Observation
}

/** What the caller's function is told about the attempt it makes. @public */
export interface AttemptContext {
  /** 1 for the first attempt. */
  readonly attempt: number
  /** Aborted when the attempt is given up: on its timeout, the deadline, or the caller's abort. Pass it to fetch. */
  readonly signal: AbortSignal
  /** What the limiter gave. For a fine-tune or a batch, keep it and call its `release()` when the job has ended. */
  readonly permit: unknown
}

/** The options of `togetherRetry`. All delays are in milliseconds. @public */
export interface RetryOptions {
  /** Attempts beyond the first: a whole number, 0 to 1,000. @defaultValue 4 */
  maxRetries?: number | undefined
  /** What the request is limited as, and whether it starts a job. @defaultValue 'chat' */
  endpoint?: EndpointClass | undefined
  /** The model, where limits are per model: a 429 then pauses this model only. */
  model?: string | undefined
  /**
   * What prompt and answer may come to at the most, for limits in tokens; passed to the limiter. The `usage` of the answer
   * settles it.
   */
  tokens?: number | undefined
  /** Passed to the limiter. */
  priority?: number | undefined
  /** Ends the call at once, wherever it is; it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined
  /** Over the whole call, the queue included; at least 0. @defaultValue none */
  deadlineMs?: number | undefined
  /** One attempt, from its grant until its body is read; more than 0, Infinity for none. @defaultValue 60000 */
  attemptTimeoutMs?: number | undefined
  /** The first backoff's ceiling; it doubles with each retry. @defaultValue 500 */
  backoffBaseMs?: number | undefined
  /** The highest ceiling of a backoff. @defaultValue 20000 */
  backoffMsMax?: number | undefined
  /** The longest delay that is accepted from the server; a longer one fails at once and names it. @defaultValue 120000 */
  serverDelayMsMax?: number | undefined
  /** Who pays for retries. @defaultValue one budget for all calls with the same limiter object */
  budget?: RetryBudget | undefined
  /** How much of a failed answer's body the error keeps, in UTF-16 units. @defaultValue 4096 */
  bodyTextLengthMax?: number | undefined
  /**
   * Is told of `limited`, `retried` and `gaveUp`; it may call whatever it likes. What it throws becomes an unhandled
   * rejection. @defaultValue the limiter's, which is told of everything
   */
  onEvent?: EventListener | undefined
  /** @defaultValue the limiter's clock where it has one, else the host's */
  clock?: Clock | undefined
  /** @defaultValue the host's `Math.random` */
  random?: Random | undefined
}
