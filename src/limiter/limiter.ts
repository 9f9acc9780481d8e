/**
 * The limiter as callers see it: requests are checked, queued or refused here, with the errors that say why. When a call
 * is granted is decided by the parts beside it, and nothing is granted past them.
 */
import type { Clock } from '../core/clock.ts'
import {
  ClosedError,
  CostTooLargeError,
  DeadlineError,
  InvalidOptionError,
  LimitExceededError,
  QueueFullError,
} from '../core/errors.ts'
import type { EndpointClass } from '../core/profile.ts'
import { assertEndpoint } from './assert-profile.ts'
import type { Demand } from './constraint.ts'
import { Dispatcher } from './dispatcher.ts'
import type { Lane } from './lane.ts'
import { type LimiterOptions, type ResolvedOptions, resolveOptions } from './options.ts'
import { pauseKeyOf } from './pauses.ts'
import type { Permit } from './permit.ts'
import { type AcquireRequest, assertRequest } from './request.ts'
import { describeBooks, type LimiterSnapshot } from './snapshot.ts'
import { assertFinite, assertWhole } from './validate.ts'
import type { Waiter } from './waiter.ts'

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

const emptyRequest: AcquireRequest = Object.freeze({})

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
  readonly #options: ResolvedOptions
  readonly #dispatcher: Dispatcher
  /** Of all calls of one request that name no tokens, so that these cost no object. */
  readonly #demandDefault: Demand
  readonly #hasTokenLimits: boolean
  #isClosed = false

  /**
   * @param maxPerMinuteOrOptions - A number is the quota of chat, and of chat and embeddings together, per minute.
   * @throws {InvalidOptionError} naming the option, its value and what would be accepted.
   */
  constructor(maxPerMinuteOrOptions?: number | LimiterOptions) {
    this.#options = resolveOptions(maxPerMinuteOrOptions)
    this.arrivalBoundMs = this.#options.arrivalBoundMs
    this.clock = this.#options.clock
    this.#dispatcher = new Dispatcher(this.#options)
    this.#demandDefault = Object.freeze({ cost: 1, tokens: this.#options.tokensDefault })
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
    const lane = this.#admit(request)
    const demand = this.#demandOf(request)
    const permit = this.#dispatcher.grantIfIdle(lane, demand) ?? this.#grantInTurn(lane, request)
    if (permit !== undefined) return { granted: true, permit }
    return { granted: false, retryAfterMs: Math.max(1, this.#waitMs(lane, request)) }
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
      const lane = this.#admit(request)
      this.#refuseLongPause(lane)
      const permit = this.#dispatcher.grantIfIdle(lane, this.#demandOf(request))
      return permit === undefined ? this.#wait(lane, request) : Promise.resolve(permit)
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
    if (this.#isClosed) return
    const { book, pauses, counters } = this.#dispatcher
    const nowMs = this.#dispatcher.readClock()
    // The lane has to exist when the pause ends, or its pacers would keep their burst.
    book.laneFor(endpoint, model, nowMs)
    const key = pauseKeyOf(endpoint, model)
    pauses.extend(key, nowMs + delayMs)
    counters.paused += 1
    this.#dispatcher.endPauses()
    if (pauses.untilMs(key) - nowMs > this.#options.pauseMsMax) {
      this.#dispatcher.failWaiters(({ lane }) => {
        return lane.pauseKey === key ? this.#longPauseError(lane) : undefined
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
    this.#dispatcher.failWaiters(({ lane, cost }) => costErrorFor(lane, cost))
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
      queueLength: scheduler.queueLength,
      granted: counters.granted,
      waitMs: this.#waitMs(lane, request),
      ...describeBooks(book, pauses, nowMs),
      counters: { ...counters },
    }
  }

  /** Rejects everybody who waits, and all later calls, with {@link ClosedError}. Permits may still be ended. */
  close(): void {
    this.#isClosed = true
    this.#dispatcher.failWaiters(() => new ClosedError())
    this.#dispatcher.turn(this.#dispatcher.readClock())
  }

  /** Checks a call before it may be granted or queued; reads the clock. */
  #admit(request: AcquireRequest): Lane<Waiter> {
    if (this.#isClosed) throw new ClosedError()
    if (request !== emptyRequest) {
      assertRequest(request)
      if (request.signal?.aborted === true) throw request.signal.reason
    }
    const nowMs = this.#dispatcher.readClock()
    const lane = this.#dispatcher.book.laneFor(request.endpoint ?? 'chat', request.model, nowMs)
    const costError = costErrorFor(lane, request.cost ?? 1)
    if (costError !== undefined) throw costError
    return lane
  }

  #demandOf(request: AcquireRequest): Demand {
    if (request === emptyRequest) return this.#demandDefault
    const { cost = 1, tokens } = request
    if (cost === 1 && tokens === undefined) return this.#demandDefault
    return { cost, tokens: tokens ?? this.#demandDefault.tokens }
  }

  /** Stands in line for one pass, so that it gets what nobody older has a claim to. */
  #grantInTurn(lane: Lane<Waiter>, request: AcquireRequest): Permit | undefined {
    const { scheduler, nowMs } = this.#dispatcher
    if (scheduler.queueLength === 0) return undefined
    const waiter = this.#createWaiter(lane, request)
    if (scheduler.enqueue(lane, waiter)) scheduler.pass(nowMs)
    scheduler.leave(lane, waiter)
    // While it stood there it may have held back others, and what the pass said was about it too.
    this.#dispatcher.turn(nowMs)
    return waiter.permit
  }

  #wait(lane: Lane<Waiter>, request: AcquireRequest): Promise<Permit> {
    const { scheduler, nowMs } = this.#dispatcher
    const waiter = this.#createWaiter(lane, request)
    const neededMs = waiter.deadlineAtMs < Infinity ? this.#waitMs(lane, request) : 0
    const isAlone = scheduler.queueLength === 0
    const isFirst = scheduler.enqueue(lane, waiter)
    if (isFirst && !isAlone) this.#dispatcher.turn(nowMs)
    if (waiter.permit !== undefined) return Promise.resolve(waiter.permit)
    this.#refuseWait(waiter, neededMs)
    const promise = waiter.promise(this.#dispatcher, request.signal)
    this.#dispatcher.watchDeadline(waiter)
    if (isAlone) this.#dispatcher.turn(nowMs)
    return promise
  }

  /** Takes a call out again that must not wait: the queue is full, or its deadline is too near. */
  #refuseWait(waiter: Waiter, neededMs: number): void {
    const { scheduler, counters, nowMs } = this.#dispatcher
    const { queueLengthMax } = this.#options
    const queueLength = scheduler.queueLength - 1
    const availableMs = waiter.deadlineAtMs - nowMs
    const isFull = queueLength >= queueLengthMax
    if (!isFull && neededMs <= availableMs && availableMs > 0) return
    scheduler.leave(waiter.lane, waiter)
    this.#dispatcher.turn(nowMs)
    counters[isFull ? 'refused' : 'expired'] += 1
    throw isFull
      ? new QueueFullError({ queueLength, queueLengthMax })
      : new DeadlineError({ neededMs, availableMs })
  }

  #createWaiter(lane: Lane<Waiter>, request: AcquireRequest): Waiter {
    return this.#dispatcher.createWaiter({
      lane,
      rank: this.#rankOf(request),
      ...this.#demandOf(request),
      deadlineAtMs: this.#dispatcher.nowMs + (request.deadlineMs ?? Infinity),
    })
  }

  #waitMs(lane: Lane<Waiter>, request: AcquireRequest): number {
    const { scheduler, nowMs } = this.#dispatcher
    const call = { rank: this.#rankOf(request), ...this.#demandOf(request) }
    return scheduler.earliestAtMs(lane, call, nowMs) - nowMs
  }

  /** A call dated into the future would be overtaken by all that come until then. */
  #rankOf(request: AcquireRequest): number {
    const queuedAtMs = Math.min(this.#dispatcher.nowMs, request.queuedAtMs ?? Infinity)
    return queuedAtMs - (request.priority ?? 0) * this.#options.priorityAgingMs
  }

  #refuseLongPause(lane: Lane<Waiter>): void {
    const error = this.#longPauseError(lane)
    if (error !== undefined) throw error
  }

  #longPauseError(lane: Lane<Waiter>): LimitExceededError | undefined {
    const { pauses, counters, nowMs } = this.#dispatcher
    const waitMsMax = this.#options.pauseMsMax
    const retryAfterMs = pauses.untilMs(lane.pauseKey) - nowMs
    if (retryAfterMs <= waitMsMax) return undefined
    counters.turnedAway += 1
    return new LimitExceededError({ key: lane.model ?? lane.endpoint, retryAfterMs, waitMsMax })
  }
}

/** What the simulator asks of a subject: a limiter of so many requests a minute. @public */
export function createLimiter(options: {
  maxPerMinute: number
  arrivalBoundMs: number
}): TogetherRateLimiter {
  return new TogetherRateLimiter({
    maxPerMinute: options.maxPerMinute,
    arrivalBoundMs: options.arrivalBoundMs,
  })
}

function costErrorFor(lane: Lane<Waiter>, cost: number): CostTooLargeError | undefined {
  const constraint = lane.constraintTooSmallFor(cost)
  if (constraint === undefined) return undefined
  return new CostTooLargeError({ limit: constraint.id, cost, costMax: constraint.costMax })
}
