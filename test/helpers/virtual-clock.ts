/**
 * A clock that moves only when a test says so: monotonic time, wall time and timers in one object.
 *
 * Timers fire in the order of their instants, then of their setting. `advance` is synchronous; `run` also lets promise
 * reactions happen after each timer, which is what code with `await` between its timers needs.
 */
import type { Clock } from '../../src/core/clock.ts'

interface Timer {
  readonly dueAtMs: number
  readonly sequence: number
  readonly callback: () => void
}

/** @internal */
export interface VirtualClockOptions {
  /** Monotonic start. @defaultValue 0 */
  readonly startMs?: number
  /** Wall time at the start. @defaultValue 2026-01-01T00:00:00Z */
  readonly wallMs?: number
  /** Timers fire so much too early, as hosts do. @defaultValue 0 */
  readonly earlyMs?: number
}

/** @internal */
export class VirtualClock implements Clock {
  #nowMs: number
  #wallOffsetMs: number
  #sequence = 0
  #timers: Timer[] = []
  /** Timers fire so much before their time; may be changed on the way. */
  earlyMs: number
  /** Timers set since the start, those cancelled included. */
  timersSet = 0

  constructor(options: VirtualClockOptions = {}) {
    this.#nowMs = options.startMs ?? 0
    this.#wallOffsetMs = (options.wallMs ?? 1_767_225_600_000) - this.#nowMs
    this.earlyMs = options.earlyMs ?? 0
  }

  now(): number {
    return this.#nowMs
  }

  wallNow(): number {
    return this.#nowMs + this.#wallOffsetMs
  }

  /** Timers that are waiting to fire. */
  get timerCount(): number {
    return this.#timers.length
  }

  /** The instant of the next timer, or undefined. */
  get nextTimerAtMs(): number | undefined {
    return this.#timers[0]?.dueAtMs
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const wholeMs = delayMs > 0 ? Math.ceil(delayMs) : 0
    // A delay too short to be shortened keeps its length, or the same instant would come again and again.
    const dueAtMs = this.#nowMs + (wholeMs > this.earlyMs ? wholeMs - this.earlyMs : wholeMs)
    const timer = { dueAtMs, sequence: this.#sequence, callback }
    this.#sequence += 1
    this.timersSet += 1
    const index = this.#timers.findIndex((other) => other.dueAtMs > dueAtMs)
    this.#timers.splice(index < 0 ? this.#timers.length : index, 0, timer)
    return () => {
      const at = this.#timers.indexOf(timer)
      if (at >= 0) this.#timers.splice(at, 1)
    }
  }

  /** Moves time on and fires what falls due on the way, each timer at its own instant. Promises do not run. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms
    while (this.#fireNext(endMs));
    this.#nowMs = endMs
  }

  /** Like `advance`, and lets promise reactions run before, between and after the timers. */
  async run(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    await drainPromises()
    while (this.#fireNext(endMs)) await drainPromises()
    this.#nowMs = endMs
    await drainPromises()
  }

  /** A laptop slept: time has passed at once, and what fell due meanwhile fires late, now. */
  jump(ms: number): void {
    this.#nowMs += ms
    this.advance(0)
  }

  /** The event loop is busy: time passes, and what falls due waits for the next `advance` or `run`. */
  stall(ms: number): void {
    this.#nowMs += ms
  }

  /** Somebody set the wall clock; monotonic time does not notice. */
  setWallTime(wallMs: number): void {
    this.#wallOffsetMs = wallMs - this.#nowMs
  }

  #fireNext(endMs: number): boolean {
    const timer = this.#timers[0]
    if (timer === undefined || timer.dueAtMs > endMs) return false
    this.#timers.shift()
    this.#nowMs = Math.max(this.#nowMs, timer.dueAtMs)
    timer.callback()
    return true
  }
}

/** Lets all promise reactions run that need no timer. One macrotask: it follows every microtask there is. */
export function drainPromises(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
