/**
 * How a call comes in: it is checked, then granted, queued or refused, with the error that says why.
 *
 * A call begins with `admit`, which reads the clock; what follows it happens at the time that it read.
 */
import {
  ClosedError,
  CostTooLargeError,
  DeadlineError,
  LimitExceededError,
  QueueFullError,
} from '../core/errors.ts'
import { outbox } from '../core/event-outbox.ts'
import type { Demand } from './constraint.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { Lane } from './lane.ts'
import type { ResolvedOptions } from './options.ts'
import type { Permit } from './permit.ts'
import { type AcquireRequest, assertRequest } from './request.ts'
import type { Waiter } from './waiter.ts'

/** What a call asks for that names nothing. @internal */
export const emptyRequest: AcquireRequest = Object.freeze({})

/** @internal */
export class Intake {
  /** Once it is true, every call is refused. */
  isClosed = false
  readonly #options: ResolvedOptions
  readonly #dispatcher: Dispatcher
  /** Of all calls of one request that name no tokens, so that these cost no object. */
  readonly #demandDefault: Demand

  constructor(options: ResolvedOptions, dispatcher: Dispatcher) {
    this.#options = options
    this.#dispatcher = dispatcher
    this.#demandDefault = Object.freeze({ cost: 1, tokens: options.tokensDefault })
  }

  /** Checks a call before it may be granted or queued; reads the clock. */
  admit(request: AcquireRequest): Lane<Waiter> {
    if (this.isClosed) throw new ClosedError()
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

  /** What the call takes, with the defaults filled in. */
  demandOf(request: AcquireRequest): Demand {
    if (request === emptyRequest) return this.#demandDefault
    const { cost = 1, tokens } = request
    if (cost === 1 && tokens === undefined) return this.#demandDefault
    return { cost, tokens: tokens ?? this.#demandDefault.tokens }
  }

  /** Stands in line for one pass, so that it gets what nobody older has a claim to. */
  grantInTurn(lane: Lane<Waiter>, request: AcquireRequest): Permit | undefined {
    const { scheduler, nowMs } = this.#dispatcher
    if (scheduler.queueLength === 0) return undefined
    const waiter = this.#createWaiter(lane, request)
    if (scheduler.enqueue(lane, waiter)) scheduler.pass(nowMs)
    scheduler.leave(lane, waiter)
    // While it stood there it may have held back others, and what the pass said was about it too.
    this.#dispatcher.turn(nowMs)
    return waiter.permit
  }

  /** Queues a call that was not granted at once. @throws What it is refused with. */
  wait(lane: Lane<Waiter>, request: AcquireRequest): Promise<Permit> {
    const { scheduler, nowMs } = this.#dispatcher
    const waiter = this.#createWaiter(lane, request)
    const neededMs = waiter.deadlineAtMs < Infinity ? this.waitMs(lane, request) : 0
    const isAlone = scheduler.queueLength === 0
    const isFirst = scheduler.enqueue(lane, waiter)
    if (isFirst && !isAlone) this.#dispatcher.turnQuietly(nowMs)
    if (waiter.permit !== undefined) {
      outbox.flush()
      return Promise.resolve(waiter.permit)
    }
    this.#refuseWait(waiter, neededMs)
    const promise = waiter.promise(this.#dispatcher, request.signal)
    this.#dispatcher.watchDeadline(waiter)
    this.#dispatcher.events.queued(waiter, this.#dispatcher.pauses.untilMs(lane.pauseKey))
    if (isAlone) this.#dispatcher.turn(nowMs)
    else outbox.flush()
    return promise
  }

  /** Milliseconds for which a call like `request`, if it came now, would wait at least. */
  waitMs(lane: Lane<Waiter>, request: AcquireRequest): number {
    const { scheduler, nowMs } = this.#dispatcher
    const call = { rank: this.#rankOf(request), ...this.demandOf(request) }
    return scheduler.earliestAtMs(lane, call, nowMs) - nowMs
  }

  /** @throws {LimitExceededError} */
  refuseLongPause(lane: Lane<Waiter>): void {
    const error = this.longPauseError(lane)
    if (error === undefined) return
    this.#dispatcher.events.left('paused', lane)
    outbox.flush()
    throw error
  }

  /** The error of a call of this lane, where its pause is longer than anybody should wait. */
  longPauseError(lane: Lane<Waiter>): LimitExceededError | undefined {
    const { pauses, counters, nowMs } = this.#dispatcher
    const waitMsMax = this.#options.pauseMsMax
    const retryAfterMs = pauses.untilMs(lane.pauseKey) - nowMs
    if (retryAfterMs <= waitMsMax) return undefined
    counters.turnedAway += 1
    return new LimitExceededError({ key: lane.model ?? lane.endpoint, retryAfterMs, waitMsMax })
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
    counters[isFull ? 'refused' : 'expired'] += 1
    this.#dispatcher.events.left(isFull ? 'queue-full' : 'deadline', waiter.lane, waiter)
    this.#dispatcher.turn(nowMs)
    throw isFull
      ? new QueueFullError({ queueLength, queueLengthMax })
      : new DeadlineError({ neededMs, availableMs })
  }

  #createWaiter(lane: Lane<Waiter>, request: AcquireRequest): Waiter {
    return this.#dispatcher.createWaiter({
      lane,
      rank: this.#rankOf(request),
      ...this.demandOf(request),
      deadlineAtMs: this.#dispatcher.nowMs + (request.deadlineMs ?? Infinity),
      priority: request.priority ?? 0,
    })
  }

  /** A call dated into the future would be overtaken by all that come until then. */
  #rankOf(request: AcquireRequest): number {
    const queuedAtMs = Math.min(this.#dispatcher.nowMs, request.queuedAtMs ?? Infinity)
    return queuedAtMs - (request.priority ?? 0) * this.#options.priorityAgingMs
  }
}

/** Why `cost` requests can never be granted in this lane, if they cannot. @internal */
export function costErrorFor(lane: Lane<Waiter>, cost: number): CostTooLargeError | undefined {
  const constraint = lane.constraintTooSmallFor(cost)
  if (constraint === undefined) return undefined
  return new CostTooLargeError({ limit: constraint.id, cost, costMax: constraint.costMax })
}
