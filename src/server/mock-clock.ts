/**
 * The time of a mock server that listens: it begins at zero, and can be held still and moved on by hand.
 *
 * Only simulated time stands still: answers without a delay are sent at once, and connections, and the time-outs of
 * clients, go on as ever. A delay that is under way when time is held lasts as long again once time goes on as was left
 * of it.
 */

import { requireWhole } from './options.ts'
import type { Clock } from '../core/clock.ts'

/** What is held, moved and read. @public */
export interface MockClockControls {
  /** Milliseconds since the mock's start: the time of the journal and the fault plan. */
  nowMs(): number
  readonly isPaused: boolean
  /** Holds time at the next whole millisecond. Nothing where it is held already. */
  pause(): void
  /** Lets time go on from where it stands. Nothing where it does. */
  resume(): void
  /**
   * Moves time on at once, held or not, and sends the delayed answers that become due, in order, each at its instant.
   *
   * @param ms - Whole milliseconds, from 0 to 31,536,000,000, which is 365 days.
   * @throws {InvalidOptionError} Where it is anything else.
   */
  advance(ms: number): void
}

const ADVANCE_MS_MAX = 31_536_000_000

interface Timer {
  readonly dueMs: number
  readonly callback: () => void
  /** Cancels the timer of the clock below; undefined while time is held. */
  cancel: (() => void) | undefined
}

/** A clock that stands on another one. @internal */
export class MockClock implements Clock, MockClockControls {
  readonly #base: Clock
  readonly #wallAtZeroMs: number
  /** In the order of their setting, so that of two that are due together the older one comes first. */
  readonly #timers = new Set<Timer>()
  /** The instant at which time was last held, moved on or let go. */
  #atMs = 0
  /** The same instant of the clock below; undefined while time is held. */
  #baseAtMs: number | undefined

  /** The clock itself where it is such a clock already, or a new one that stands on it. */
  static over(clock: Clock): MockClock {
    return clock instanceof MockClock ? clock : new MockClock(clock)
  }

  constructor(base: Clock) {
    this.#base = base
    this.#wallAtZeroMs = base.wallNow()
    this.#baseAtMs = base.now()
  }

  get isPaused(): boolean {
    return this.#baseAtMs === undefined
  }

  nowMs(): number {
    return this.#baseAtMs === undefined
      ? this.#atMs
      : this.#atMs + (this.#base.now() - this.#baseAtMs)
  }

  now(): number {
    return this.nowMs()
  }

  wallNow(): number {
    return this.#wallAtZeroMs + this.nowMs()
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const wholeMs = delayMs > 0 ? Math.ceil(delayMs) : 0
    const timer: Timer = { dueMs: this.nowMs() + wholeMs, callback, cancel: undefined }
    this.#timers.add(timer)
    if (!this.isPaused) this.#arm(timer)
    return () => this.#remove(timer)
  }

  pause(): void {
    if (this.isPaused) return
    // Up to a whole millisecond: from there, sums of whole milliseconds are exact, and a window's end is its end.
    this.#atMs = Math.ceil(this.nowMs())
    this.#baseAtMs = undefined
    for (const timer of this.#timers) {
      timer.cancel?.()
      timer.cancel = undefined
    }
  }

  resume(): void {
    if (!this.isPaused) return
    this.#baseAtMs = this.#base.now()
    for (const timer of this.#timers) this.#arm(timer)
  }

  advance(ms: number): void {
    requireWhole('ms', ms, [0, ADVANCE_MS_MAX])
    const wasPaused = this.isPaused
    this.pause()
    const endMs = this.#atMs + ms
    for (let timer = this.#nextDue(endMs); timer !== undefined; timer = this.#nextDue(endMs)) {
      this.#atMs = Math.max(this.#atMs, timer.dueMs)
      this.#fire(timer)
    }
    this.#atMs = endMs
    if (!wasPaused) this.resume()
  }

  /** The first that is due by then: a search through all, as there is at most one a connection. */
  #nextDue(endMs: number): Timer | undefined {
    let next: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.dueMs <= endMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer
    }
    return next
  }

  #arm(timer: Timer): void {
    timer.cancel = this.#base.setTimer(() => this.#fire(timer), timer.dueMs - this.nowMs())
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer)
    timer.callback()
  }

  #remove(timer: Timer): void {
    this.#timers.delete(timer)
    timer.cancel?.()
  }
}
