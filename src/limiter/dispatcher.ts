/**
 * The moving parts of a limiter: the books, the queue and the one timer.
 *
 * Every event (a call, an ended permit, an abort, a timer) ends in a turn: expire, grant, set the timer, and tell those
 * who watch. It knows no requests and no options of callers; the limiter checks those first.
 */
import type { Clock } from '../core/clock.ts'
import { DeadlineError } from '../core/errors.ts'
import { RateHeaderWatch } from '../core/headers/rate-header-watch.ts'
import type { HeaderReader } from '../core/headers/read-value.ts'
import { outbox } from '../core/event-outbox.ts'
import type { LeaveReason } from '../core/events.ts'
import type { Demand } from './constraint.ts'
import type { RequestOutcome } from './adaptive-rate.ts'
import { DeadlineList } from './deadlines.ts'
import type { Lane, LaneGrant } from './lane.ts'
import { type EventDesk, LimiterEvents } from './limiter-events.ts'
import type { ResolvedOptions } from './options.ts'
import { PauseBook } from './pauses.ts'
import { GrantedPermit, type Permit, type PermitDesk } from './permit.ts'
import { QuotaBook } from './quota.ts'
import { Scheduler } from './scheduler.ts'
import { createCounters, type LimiterCounters } from './snapshot.ts'
import { assertWhole } from './validate.ts'
import { Waiter, type WaiterHost, type WaiterOptions } from './waiter.ts'
import { WakeTimer } from './wake-timer.ts'

/** Lanes above this number are forgotten when idle. */
const LANE_COUNT_MAX = 1_000

/** @internal */
export class Dispatcher implements PermitDesk, WaiterHost, EventDesk {
  readonly pauses: PauseBook = new PauseBook()
  readonly book: QuotaBook<Waiter>
  readonly scheduler: Scheduler<Waiter>
  readonly counters: LimiterCounters = createCounters()
  readonly events: LimiterEvents
  readonly #clock: Clock
  /** Undefined where answers' headers are not to be read. */
  readonly #headerWatch: RateHeaderWatch | undefined
  readonly #deadlines = new DeadlineList<Waiter>()
  readonly #timer: WakeTimer
  #sequence = 0
  #nowMs = -Infinity

  constructor(options: ResolvedOptions) {
    this.#clock = options.clock
    this.#headerWatch = options.rateHeaders === 'tighten' ? new RateHeaderWatch() : undefined
    this.events = new LimiterEvents(options, this)
    this.#timer = new WakeTimer(options.clock, () => this.turn(this.readClock()))
    this.book = new QuotaBook({
      ...options,
      burstMax: options.burstMax,
      tokenAccounting: options.profile.tokenAccounting ?? 'reserved',
      // A limiter that assumes nothing of the past does not touch the clock before its first call.
      startMs: options.initialUsage > 0 ? this.readClock() : 0,
      laneCountMax: LANE_COUNT_MAX,
      isPaused: (key) => this.pauses.untilMs(key) > this.#nowMs,
    })
    this.scheduler = new Scheduler({
      pausedUntilMs: (key) => this.pauses.untilMs(key),
      grant: (lane, waiter, nowMs) => waiter.grant(this.#grantWaiter(lane, waiter, nowMs)),
    })
  }

  /** The time of the event that is being handled, in milliseconds. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** Calls that wait. */
  get queueLength(): number {
    return this.scheduler.queueLength
  }

  /** Reads the time at the beginning of an event: monotonic also where the clock is not. Ends the pauses that are over. */
  readClock(): number {
    const nowMs = this.#clock.now()
    if (nowMs > this.#nowMs) this.#nowMs = nowMs
    this.endPauses()
    return this.#nowMs
  }

  /** After a pause nobody has a burst: all would come at once, onto a server that has just said no. */
  endPauses(): void {
    if (this.#nowMs < this.pauses.nextEndMs) return
    const ended = this.pauses.takeEnded(this.#nowMs)
    for (const lane of this.book.lanes()) {
      const untilMs = ended.get(lane.pauseKey)
      if (untilMs !== undefined) for (const pacer of lane.pacers) pacer.empty(untilMs)
    }
  }

  /** The short way, where nobody waits: a permit, or undefined. */
  grantIfIdle(lane: Lane<Waiter>, demand: Demand, priority = 0): Permit | undefined {
    if (this.scheduler.queueLength > 0) return undefined
    if (this.pauses.untilMs(lane.pauseKey) > this.#nowMs) return undefined
    if (lane.allowAtMs(this.#nowMs, demand) > this.#nowMs) return undefined
    const grant = this.#take(lane, demand, this.#nowMs)
    if (this.events.areGrantsHeard) {
      this.events.granted(grant, lane, { waitMs: 0, priority })
      outbox.flush()
    }
    return new GrantedPermit(this, lane, grant)
  }

  createWaiter(options: WaiterOptions): Waiter {
    this.#sequence += 1
    return new Waiter(options, this.#sequence, this.#nowMs)
  }

  /** Makes a queued call's deadline count. */
  watchDeadline(waiter: Waiter): void {
    this.#deadlines.add(waiter)
    if (waiter.deadlineAtMs < Infinity) this.#timer.wakeAt(this.#nowMs, waiter.deadlineAtMs)
  }

  /** Fails every waiting call for which there is a reason. O(waiting). */
  failWaiters(why: LeaveReason, reasonFor: (waiter: Waiter) => Error | undefined): void {
    for (const lane of this.scheduler.waitingLanes) {
      const reasons = new Map<Waiter, Error>()
      const hasReason = (waiter: Waiter): boolean => {
        const reason = reasonFor(waiter)
        if (reason !== undefined) reasons.set(waiter, reason)
        return reason !== undefined
      }
      for (const waiter of this.scheduler.takeOut(lane, hasReason)) {
        waiter.fail(reasons.get(waiter))
        this.events.left(why, lane, waiter)
      }
    }
  }

  settle(lane: Lane<Waiter>, grant: LaneGrant): void {
    if (this.#settleRequest(lane, grant)) this.#turnIfWaiting()
  }

  settleTokens(lane: Lane<Waiter>, grant: LaneGrant, used: number): void {
    assertWhole('used', used, { min: 0 })
    const isNew = this.#settleRequest(lane, grant)
    // Both before anybody goes: the place that settling frees is not for a call that the debt forbids.
    const areTokensNew = lane.settleTokens(this.readClock(), grant, used)
    if (areTokensNew) {
      this.counters.tokensUsed += used
      this.events.settled('tokens', lane, grant, used)
    }
    if (areTokensNew || isNew) this.#turnIfWaiting()
  }

  release(lane: Lane<Waiter>, grant: LaneGrant): void {
    this.settle(lane, grant)
    if (!lane.release(grant)) return
    if (lane.holdsJobs) this.events.settled('job', lane, grant)
    this.#turnIfWaiting()
  }

  abandon(lane: Lane<Waiter>, grant: LaneGrant): void {
    const nowMs = this.readClock()
    const isUnsettled = !grant.isSettled
    const isJobRunning = lane.holdsJobs && !grant.isReleased
    if (!lane.abandon(nowMs, grant)) return
    if (isUnsettled) {
      this.counters.abandoned += 1
      this.events.settled('abandoned', lane, grant)
    } else if (isJobRunning) this.events.settled('job', lane, grant)
    this.#turnIfWaiting()
  }

  report(lane: Lane<Waiter>, grant: LaneGrant, outcome: RequestOutcome): void {
    if (lane.adaptiveQuotas.length === 0 || grant.isReported) return
    grant.isReported = true
    const nowMs = this.readClock()
    const { grantedAtMs, cost } = grant
    for (const quota of lane.adaptiveQuotas) quota.learn(nowMs, { outcome, grantedAtMs, cost })
    // A higher rate may let somebody go earlier than the timer says.
    if (outcome === 'succeeded') this.#turnIfWaiting()
  }

  observe(lane: Lane<Waiter>, grant: LaneGrant, headers: HeaderReader): void {
    if (this.#headerWatch === undefined) return
    const nowMs = this.readClock()
    for (const reading of this.#headerWatch.read(headers, nowMs))
      lane.observe(nowMs, grant, reading)
  }

  abort(waiter: Waiter): void {
    if (!this.scheduler.leave(waiter.lane, waiter)) return
    const nowMs = this.readClock()
    this.counters.aborted += 1
    waiter.fail(waiter.abortReason)
    this.events.left('aborted', waiter.lane, waiter)
    this.turn(nowMs)
  }

  /** Expires and grants what is due at `nowMs`, sets the timer for what comes next, and tells what has happened. */
  turn(nowMs: number): void {
    this.turnQuietly(nowMs)
    outbox.flush()
  }

  /** The same for whoever is in the middle of something, and calls `turn` or `outbox.flush` when that is over. */
  turnQuietly(nowMs: number): void {
    this.#expire(nowMs, false)
    let wakeAtMs = this.scheduler.pass(nowMs)
    // Who can be granted in the very instant of its deadline is; only then it is too late.
    if (this.#expire(nowMs, true)) wakeAtMs = this.scheduler.pass(nowMs)
    if (this.scheduler.queueLength > 0) {
      this.#timer.wakeAt(nowMs, Math.min(wakeAtMs, this.#deadlines.nextAtMs()))
      return
    }
    this.#timer.clear()
    this.#deadlines.clear()
  }

  /** Takes from the lane, which allows it. */
  #take(lane: Lane<Waiter>, demand: Demand, nowMs: number): LaneGrant {
    const grant = lane.take(nowMs, demand)
    this.counters.granted += 1
    if (grant.tokenHold !== undefined) this.counters.tokensReserved += grant.tokenHold.cost
    return grant
  }

  #grantWaiter(lane: Lane<Waiter>, waiter: Waiter, nowMs: number): Permit {
    const grant = this.#take(lane, waiter, nowMs)
    if (this.events.areGrantsHeard) {
      const { priority, enqueuedAtMs } = waiter
      this.events.granted(grant, lane, { waitMs: nowMs - enqueuedAtMs, priority })
    }
    return new GrantedPermit(this, lane, grant)
  }

  #settleRequest(lane: Lane<Waiter>, grant: LaneGrant): boolean {
    if (!lane.settle(this.readClock(), grant)) return false
    this.counters.settled += 1
    this.events.settled('headers', lane, grant)
    return true
  }

  #turnIfWaiting(): void {
    if (this.scheduler.queueLength > 0) this.turn(this.#nowMs)
    else outbox.flush()
  }

  #expire(nowMs: number, isInclusive: boolean): boolean {
    let hasExpired = false
    for (;;) {
      const waiter = this.#deadlines.takeExpired(nowMs, isInclusive)
      if (waiter === undefined) return hasExpired
      this.scheduler.leave(waiter.lane, waiter)
      this.counters.expired += 1
      const neededMs = this.scheduler.earliestAtMs(waiter.lane, waiter, nowMs) - nowMs
      waiter.fail(new DeadlineError({ neededMs, availableMs: waiter.deadlineAtMs - nowMs }))
      this.events.left('deadline', waiter.lane, waiter)
      hasExpired = true
    }
  }
}
