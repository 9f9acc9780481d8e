/**
 * Virtual time: @sinonjs/fake-timers installed over the globals once per process, before any subject is imported, and
 * driven one timer at a time with the promises drained in between.
 *
 * `tick` and its relatives are never used: they move time before all that the last timer set off has happened, which
 * makes every message late, deterministically (reference: CONTRIBUTING.md, "How the simulator drives time").
 */
import FakeTimers from '@sinonjs/fake-timers'
import { syncBuiltinESMExports } from 'node:module'
import { systemClock } from '../../src/core/clock.ts'
import { createSeededRandom, type Random } from '../../src/core/random.ts'
import { asHost } from './escapes.ts'
import { installGuards } from './guards.ts'
import { Driver } from './driver.ts'
import { GlobalTimers } from './global-timers.ts'
import { keepHostGlobals } from './host-globals.ts'
import type { TimerCounts, TimerFaults } from './process-timers.ts'
import { noteThrown } from './unhandled.ts'

/** 2026-01-05T10:00:00.250Z, Unix milliseconds: not on a second, so that rounding of HTTP dates shows. */
const wallEpochMs = 1_767_607_200_250

export interface VirtualTime {
  /** Wall time at virtual time 0, Unix milliseconds. */
  readonly wallEpochMs: number
  /** Monotonic virtual milliseconds since the last reset. */
  now: () => number
  /** Timers that are set and have not fired, whoever set them. */
  pendingTimers(): number
  /** Forgets all timers and how they were disturbed, goes back to 0 and seeds `Math.random`. */
  reset(seed: number): void
  /** From now on the process is disturbed, until the next reset. @returns What becomes of its timers, as it happens. */
  disturb(faults: TimerFaults, seed: number): TimerCounts
  /** A timer of the world outside the process, which nothing disturbs. */
  setWorldTimer(callback: () => void, delayMs: number): void
  /** What reaches the process from outside: it waits for a stall's end, but is no timer that could fire early. */
  setArrival(callback: () => void, delayMs: number): void
  /** Fires the next timer and lets everything happen that follows from it. */
  step(): Promise<void>
  /** Steps until `isOver` says so, which is asked before each; cheaper than stepping one by one. */
  run(isOver: () => boolean): Promise<void>
  /** Lets promises settle without moving time. */
  drain(): Promise<void>
  /**
   * Holds time back until a promise has settled that only the host can settle, and passes it on when everything else of this
   * instant has happened: how long the host takes changes nothing.
   */
  hold<T>(promise: Promise<T>): Promise<T>
  /**
   * Does work of the host's while time is held back, with the host's own timers and chance in the globals: nothing of the
   * subject's happens meanwhile, for its timers stand still and its promises have settled. To be called from a timer.
   */
  host<T>(work: () => Promise<T>): Promise<T>
  /** The wall clock jumps, timers and monotonic time do not. */
  jumpWall(byMs: number): void
}

let installed: VirtualTime | undefined

/**
 * Replaces the globals' clocks, timers and `Math.random` for the rest of the process.
 *
 * @param drainTurns - Macrotask turns after each timer, at least 1; more of them must not change any trace.
 */
export function installVirtualTime(drainTurns: number): VirtualTime {
  installed ??= install(drainTurns)
  return installed
}

function install(drainTurns: number): VirtualTime {
  const withHostGlobals = keepHostGlobals()
  const clock = FakeTimers.install({
    now: wallEpochMs,
    toFake: [
      'setTimeout',
      'clearTimeout',
      'setInterval',
      'clearInterval',
      'setImmediate',
      'clearImmediate',
      'Date',
      'performance',
      'hrtime',
    ],
  })
  const timers = new GlobalTimers(clock)
  let random: Random = createSeededRandom(0, 'subject')
  // By name and not as a property: the lint rule against Math.random is for code that draws from it.
  Object.defineProperty(Math, 'random', { value: () => random.next(), configurable: true })
  replaceAbortSignalTimeout()
  let jumpedMs = 0
  const now = (): number => clock.now - wallEpochMs - jumpedMs
  // Theirs goes by way of seconds and nanoseconds, and is asked dozens of times for every request.
  Object.defineProperty(clock.performance, 'now', { value: now, configurable: true })
  const fire = (): void => {
    const beforeMs = now()
    try {
      clock.next()
    } catch (error) {
      noteThrown(error)
    }
    if (now() < beforeMs) throw new Error(`virtual time went back from ${beforeMs}`)
  }
  const driver = new Driver(fire, drainTurns)
  // After the driver, which has a channel of its own.
  installGuards()
  syncBuiltinESMExports()
  const hold = <T>(promise: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      // Heard of at once, told later: nobody else may hear of a failure in between.
      const tell = promise.then(
        (value) => () => resolve(value),
        (error: unknown) => () => reject(error),
      )
      driver.hold(async () => (await tell)())
    })
  return {
    wallEpochMs,
    now,
    pendingTimers: () => clock.countTimers(),
    disturb: (faults, seed) => timers.disturb(faults, seed, () => hold(Promise.resolve())),
    setArrival: (callback, delayMs) => timers.setArrival(callback, delayMs),
    setWorldTimer: (callback, delayMs) =>
      void timers.setUndisturbed('setTimeout', callback, delayMs),
    reset: (seed) => {
      clock.reset()
      timers.calm()
      driver.reset()
      jumpedMs = 0
      random = createSeededRandom(seed, 'subject')
    },
    drain: () => driver.run(() => true),
    hold,
    host: (work) => hold(asHost(() => withHostGlobals(work))),
    step: () => driver.run(once()),
    run: (isOver) => driver.run(isOver),
    jumpWall: (byMs) => {
      clock.setSystemTime(systemClock.wallNow() + byMs)
      jumpedMs += byMs
    },
  }
}

/** Over after one step. */
function once(): () => boolean {
  let isOver = false
  return () => {
    const wasOver = isOver
    isOver = true
    return wasOver
  }
}

/** Node's own is bound to real timers or to ours, depending on what was loaded first; a subject may use it. */
function replaceAbortSignalTimeout(): void {
  Object.defineProperty(AbortSignal, 'timeout', { value: abortAfter, configurable: true })
}

function abortAfter(delayMs: number): AbortSignal {
  const controller = new AbortController()
  const reason = new DOMException('The operation was aborted due to timeout', 'TimeoutError')
  systemClock.setTimer(() => controller.abort(reason), delayMs)
  return controller.signal
}
