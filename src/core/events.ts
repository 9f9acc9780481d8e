/**
 * What a limiter and its retries tell those who watch: one interface an event, and what all of them are.
 *
 * An event holds names, numbers and reasons. It never holds a key, a header, an address, a prompt, a body or the text of
 * an error. Times are instants and spans of the clock that the limiter was given, in milliseconds.
 */
import type { GiveUpReason } from './errors.ts'
import type { EndpointClass } from './profile.ts'

/** The types of all events, in the order in which a call meets them. Channels are named after them. @public */
export const eventTypes: readonly EventType[] = Object.freeze([
  'queued',
  'granted',
  'left',
  'settled',
  'limited',
  'paused',
  'retried',
  'gaveUp',
])

/** The type of an event. @public */
export type EventType = RateLimitEvent['type']

/** Anything that is told. @public */
export type RateLimitEvent =
  | QueuedEvent
  | GrantedEvent
  | LeftEvent
  | SettledEvent
  | LimitedEvent
  | PausedEvent
  | RetriedEvent
  | GaveUpEvent

/** Is told of events, one after the other. @public */
export type EventListener = (event: RateLimitEvent) => void

/** What every event says. @public */
export interface EventOrigin {
  /** `clock.now()` of the limiter, or, for `limited`, `retried` and `gaveUp`, of the retry. */
  readonly atMs: number
  /** The `name` of the limiter; undefined where the retry runs with a limiter of another make. */
  readonly limiter: string | undefined
  /** Undefined for a request of the fetch that has no limit and takes no permit. */
  readonly endpoint: EndpointClass | undefined
  readonly model: string | undefined
}

/** A call was not granted at once and waits. @public */
export interface QueuedEvent extends EventOrigin {
  readonly type: 'queued'
  /** What it waits for first: a limit, the end of a pause, or only the calls before it. */
  readonly cause: 'limit' | 'pause' | 'queue'
  /** The id of the limit that holds it longest, where the cause is one. */
  readonly limit: string | undefined
  readonly priority: number
  /** Requests that the call will send: its `cost`. */
  readonly requests: number
  /** Tokens that the call is taken to come to. */
  readonly tokensEstimated: number
  /** Calls that wait, over all endpoints, this one included. */
  readonly queueLength: number
}

/** A call may send its request now. @public */
export interface GrantedEvent extends EventOrigin {
  readonly type: 'granted'
  /** Milliseconds that it waited in the queue; 0 where it was granted at once. */
  readonly waitMs: number
  readonly priority: number
  /** Requests that the call will send: its `cost`. */
  readonly requests: number
  /** Tokens that were taken for it; 0 where no limit counts tokens. */
  readonly tokensReserved: number
  /** Calls that still wait, over all endpoints. */
  readonly queueLength: number
}

/**
 * Why a call left without a grant: its signal was aborted; its deadline passed, or could not be met; the queue was full;
 * the key is paused for longer than `pauseMsMax`; its cost no longer fits a limit that was lowered; the limiter was closed.
 * @public
 */
export type LeaveReason = 'aborted' | 'deadline' | 'queue-full' | 'paused' | 'cost' | 'closed'

/** A call ended without a grant: while it waited, or because it would have had to. @public */
export interface LeftEvent extends EventOrigin {
  readonly type: 'left'
  readonly reason: LeaveReason
  /** Milliseconds that it waited; 0 where it was refused at once. */
  readonly waitMs: number
  /** Calls that still wait, over all endpoints. */
  readonly queueLength: number
}

/** A part of what a grant holds was given back. A grant has one such event for each of its parts. @public */
export interface SettledEvent extends EventOrigin {
  readonly type: 'settled'
  /**
   * `headers`: the response headers came. `abandoned`: they never did. `tokens`: the answer has ended, and what it used is
   * known; only where a limit counts tokens. `job`: the place of a fine-tune or a batch is free; only where a limit counts
   * them, and not after `abandoned`, which frees it too.
   */
  readonly part: 'headers' | 'abandoned' | 'tokens' | 'job'
  /** Milliseconds since the grant: for `headers` the time to them, for `tokens` that to the end of the answer. */
  readonly heldMs: number
  /** Requests of the grant. */
  readonly requests: number
  /** Tokens that were taken for it; 0 where no limit counts tokens. */
  readonly tokensReserved: number
  /** Tokens that the answer came to; undefined for other parts than `tokens`. */
  readonly tokensUsed: number | undefined
}

/** The server answered 429. @public */
export interface LimitedEvent extends EventOrigin {
  readonly type: 'limited'
  readonly status: 429
  /** The attempt that was refused; 1 for the first of its call. */
  readonly attempt: number
  /** Milliseconds that the answer named; undefined where it named none. */
  readonly serverDelayMs: number | undefined
  /** Milliseconds that it is given: what it named, with jitter, or a backoff of at least a second. */
  readonly delayMs: number
}

/** Nobody is granted who uses this model or endpoint, for a while. @public */
export interface PausedEvent extends EventOrigin {
  readonly type: 'paused'
  /** Who is held: `model:` or `endpoint:` and its name, as in `snapshot().pauses`. */
  readonly key: string
  /** Milliseconds that were asked for. */
  readonly delayMs: number
  /** The end of the pause on the limiter's clock: later than asked where a longer one is in force already. */
  readonly untilMs: number
  /** Calls that wait, over all endpoints. */
  readonly queueLength: number
}

/**
 * What another attempt waits for: a backoff (an error of the server or the network), the server's own time (429), or a
 * place for a fine-tune (409).
 * @public
 */
export type RetryReason = 'backoff' | 'server-paced' | 'place'

/** An attempt failed, and there will be another one. @public */
export interface RetriedEvent extends EventOrigin {
  readonly type: 'retried'
  /** The attempt that failed; 1 for the first of its call. */
  readonly attempt: number
  readonly reason: RetryReason
  /** Of the answer that failed it; undefined where none came. */
  readonly status: number | undefined
  /** Milliseconds until the next attempt may be granted; it may wait longer for its turn. */
  readonly delayMs: number
  /** Whether it is paid from the retry budget. */
  readonly isPaid: boolean
}

/** At least one attempt was made, and there will be no further one. @public */
export interface GaveUpEvent extends EventOrigin {
  readonly type: 'gaveUp'
  readonly reason: GiveUpReason
  readonly attempts: number
  /** Of the last answer; undefined where none came. */
  readonly status: number | undefined
  /** Milliseconds that the server asked to wait; undefined where it named none. */
  readonly serverDelayMs: number | undefined
}
