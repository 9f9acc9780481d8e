/**
 * The limiter as callers see it. How calls come in, and when one is granted, is decided by the parts beside it, and
 * nothing is granted past them.
 */
import type { Clock } from '../core/clock.ts'
import { ClosedError, InvalidOptionError } from '../core/errors.ts'
import type { Observation } from '../core/observation.ts'
import type { EndpointClass } from '../core/profile.ts'
import { assertEndpoint } from './assert-profile.ts'
import { Dispatcher } from './dispatcher.ts'
import { costErrorFor, emptyRequest, Intake } from './intake.ts'
import { type LimiterOptions, type ResolvedOptions, resolveOptions } from './options.ts'
import { pauseKeyOf } from './pauses.ts'
import type { Permit } from './permit.ts'
import { type AcquireRequest, assertRequest } from './request.ts'
import { describeBooks, type LimiterSnapshot } from './snapshot.ts'
import { assertFinite, assertWhole } from './validate.ts'

/** A permit, or the milliseconds before which asking again cannot succeed (at least 1). @public */
export type TryAcquireResult =
  | { granted: true; permit: Permit }
  | { granted: false; retryAfterMs: number }

/** What the server said no to, and for how long. @public */
export interface PauseRequest {
  /** @defaultValue 'chat' */
  readonly endpoint?: EndpointClass | undefined
  /** Where it is named, the pause is the model's, whatever the endpoint. */
  readonly model?: string | undefined
  /** Milliseconds from now: finite, 0 or more. */
  readonly delayMs: number
}

/**
 * Grants requests so that a server which counts them per window never sees more than the limit, in the order of their
 * calls, and makes all of them wait together when the server says no.
 *
 * @example
 * const limiter = new TogetherRateLimiter(500)
 * const permit = await limiter.acquire({ endpoint: 'chat' })
 * const response = await fetch(url, init)
 * permit.settle()
 * @public
 */
export class TogetherRateLimiter {
  /** The longest that a request may take from its grant until the server counts it, in milliseconds. */
  readonly arrivalBoundMs: number
  readonly clock: Clock
  /** For `togetherRetry`, which tells and counts what it does with this limiter. @internal */
  readonly observation: Observation
  readonly #options: ResolvedOptions
  readonly #dispatcher: Dispatcher
  readonly #intake: Intake
  readonly #hasTokenLimits: boolean

  /**
   * @param maxPerMinuteOrOptions - A number is the quota of chat, and of chat and embeddings together, per minute.
   * @throws {InvalidOptionError} naming the option, its value and what would be accepted.
   */
  constructor(maxPerMinuteOrOptions?: number | LimiterOptions) {
    this.#options = resolveOptions(maxPerMinuteOrOptions)
    this.arrivalBoundMs = this.#options.arrivalBoundMs
    this.clock = this.#options.clock
    this.#dispatcher = new Dispatcher(this.#options)
    const { name, onEvent } = this.#options
    this.observation = { name, onEvent, counters: this.#dispatcher.counters }
    this.#intake = new Intake(this.#options, this.#dispatcher)
    const { rateLimits } = this.#options.profile
    this.#hasTokenLimits = rateLimits.some(({ tokensMax }) => tokensMax !== undefined)
  }

  /**
   * Grants now or not at all. Nobody who waits is overtaken.
   *
   * @throws {InvalidOptionError} A field of the request makes no sense.
   * @throws {CostTooLargeError} The cost is more than a limit can ever hold.
   * @throws {ClosedError} The limiter is closed. An aborted signal's reason is thrown too, untouched.
   */
  tryAcquire(request: AcquireRequest = emptyRequest): TryAcquireResult {
    const lane = this.#intake.admit(request)
    const demand = this.#intake.demandOf(request)
    const permit =
      this.#dispatcher.grantIfIdle(lane, demand, request.priority) ??
      this.#intake.grantInTurn(lane, request)
    if (permit !== undefined) return { granted: true, permit }
    return { granted: false, retryAfterMs: Math.max(1, this.#intake.waitMs(lane, request)) }
  }

  /**
   * Waits for its turn, first come first served within a priority.
   *
   * Rejects with {@link InvalidOptionError} for a request that makes no sense, {@link CostTooLargeError} for one that
   * would wait for ever, {@link QueueFullError}, {@link DeadlineError} (at once where that is known in advance),
   * {@link LimitExceededError} while a pause lasts longer than `pauseMsMax`, {@link ClosedError}, and with the signal's
   * reason, untouched.
   */
  acquire(request: AcquireRequest = emptyRequest): Promise<Permit> {
    try {
      const lane = this.#intake.admit(request)
      this.#intake.refuseLongPause(lane)
      const demand = this.#intake.demandOf(request)
      const permit = this.#dispatcher.grantIfIdle(lane, demand, request.priority)
      return permit === undefined ? this.#intake.wait(lane, request) : Promise.resolve(permit)
    } catch (error) {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- an abort reason may be anything.
      return Promise.reject(error)
    }
  }

  /**
   * Acquires, calls `fn`, and ends the permit: released when `fn` resolves, abandoned when it throws. `fn` may settle or
   * release earlier itself, and should settle when the headers are there. A job's place is free when `fn` ends.
   */
  async run<T>(request: AcquireRequest, fn: (permit: Permit) => Promise<T>): Promise<T> {
    const permit = await this.acquire(request)
    try {
      const result = await fn(permit)
      permit.release()
      return result
    } catch (error) {
      permit.abandon()
      throw error
    }
  }

  /**
   * The server said no: nobody who uses that model (or, where none is named, that endpoint class) is granted before
   * `delayMs` have passed; then they come back evenly spaced. A pause only grows. One longer than `pauseMsMax` fails
   * its callers at once, those that wait included, until less than that remains.
   *
   * @throws {InvalidOptionError} A field makes no sense.
   */
  pause(request: PauseRequest): void {
    const { endpoint = 'chat', model, delayMs } = request
    assertEndpoint('endpoint', endpoint)
    assertFinite('delayMs', delayMs, { min: 0 })
    if (this.#intake.isClosed) return
    const { book, pauses, counters } = this.#dispatcher
    const nowMs = this.#dispatcher.readClock()
    // The lane has to exist when the pause ends, or its pacers would keep their burst.
    const lane = book.laneFor(endpoint, model, nowMs)
    const key = pauseKeyOf(endpoint, model)
    pauses.extend(key, nowMs + delayMs)
    counters.paused += 1
    this.#dispatcher.events.paused(lane, delayMs, pauses.untilMs(key))
    this.#dispatcher.endPauses()
    if (pauses.untilMs(key) - nowMs > this.#options.pauseMsMax) {
      this.#dispatcher.failWaiters('paused', (waiter) => {
        return waiter.lane.pauseKey === key ? this.#intake.longPauseError(waiter.lane) : undefined
      })
    }
    this.#dispatcher.turn(nowMs)
  }

  /**
   * Changes a rate limit of the profile, also while calls wait. Requests that were sent keep their slots; calls whose
   * cost no longer fits are rejected with {@link CostTooLargeError}.
   *
   * @param perWindowMax - What the limit counts, requests or tokens, per window: a whole number, at least 1.
   * @throws {InvalidOptionError} The id is unknown, or the number makes no sense.
   */
  setRateLimit(id: string, perWindowMax: number): void {
    const limit = this.#options.profile.rateLimits.find((each) => each.id === id)
    const option = limit?.tokensMax === undefined ? 'requestsMax' : 'tokensMax'
    assertWhole(option, perWindowMax, { min: 1 })
    const nowMs = this.#dispatcher.readClock()
    if (!this.#dispatcher.book.setSlotsMax(nowMs, id, perWindowMax)) {
      throw new InvalidOptionError('id', id, "the id of one of the profile's rate limits")
    }
    this.#dispatcher.failWaiters('cost', ({ lane, cost }) => costErrorFor(lane, cost))
    this.#dispatcher.turn(nowMs)
  }

  /**
   * Whether a limit in tokens applies to calls of this kind, so that it is worth while to say how many they may come to.
   *
   * @throws {InvalidOptionError} There is no such endpoint class.
   */
  countsTokens(endpoint: EndpointClass = 'chat', model?: string): boolean {
    if (!this.#hasTokenLimits) return false
    assertEndpoint('endpoint', endpoint)
    return this.#dispatcher.book.laneFor(endpoint, model, this.#dispatcher.readClock()).countsTokens
  }

  /** The state as plain JSON; `waitMs` is for a new call like `request`. */
  snapshot(request: AcquireRequest = emptyRequest): LimiterSnapshot {
    assertRequest(request)
    const { book, pauses, counters, scheduler } = this.#dispatcher
    const nowMs = this.#dispatcher.readClock()
    const lane = book.laneFor(request.endpoint ?? 'chat', request.model, nowMs)
    return {
      name: this.#options.name,
      queueLength: scheduler.queueLength,
      granted: counters.granted,
      waitMs: this.#intake.waitMs(lane, request),
      ...describeBooks(book, pauses, nowMs),
      counters: { ...counters },
    }
  }

  /** Rejects everybody who waits, and all later calls, with {@link ClosedError}. Permits may still be ended. */
  close(): void {
    this.#intake.isClosed = true
    const nowMs = this.#dispatcher.readClock()
    this.#dispatcher.failWaiters('closed', () => new ClosedError())
    this.#dispatcher.turn(nowMs)
  }
}
