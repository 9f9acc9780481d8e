/**
 * Virtual time: @sinonjs/fake-timers installed over the globals once per process, before any subject is imported, and
 * driven one timer at a time with the promises drained in between.
 *
 * `tick` and its relatives are never used: they move time before all that the last timer set off has happened, which
 * makes every message late, deterministically (reference: CONTRIBUTING.md, "How the simulator drives time").
 */
import FakeTimers from '@sinonjs/fake-timers'
import { syncBuiltinESMExports } from 'node:module'
import { promisify } from 'node:util'
import { MessageChannel } from 'node:worker_threads'
import { systemClock } from '../../src/core/clock.ts'
import { createSeededRandom, type Random } from '../../src/core/random.ts'
import { asHost } from './escapes.ts'
import { installGuards } from './guards.ts'
import { keepHostGlobals } from './host-globals.ts'
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
  /** Forgets all timers, goes back to 0 and seeds `Math.random`. */
  reset(seed: number): void
  /** Fires the next timer and lets everything happen that follows from it. */
  step(): Promise<void>
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
  const turn = createTurn()
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
  coerceDelays()
  let random: Random = createSeededRandom(0, 'subject')
  // By name and not as a property: the lint rule against Math.random is for code that draws from it.
  Object.defineProperty(Math, 'random', { value: () => random.next(), configurable: true })
  replaceAbortSignalTimeout()
  installGuards()
  syncBuiltinESMExports()
  let holds: (() => Promise<void>)[] = []
  const drain = async (): Promise<void> => {
    do {
      const held = holds
      holds = []
      for (const passOn of held) await passOn()
      for (let count = 0; count < drainTurns; count += 1) await turn()
    } while (holds.length > 0)
  }
  const hold = <T>(promise: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      holds.push(() => promise.then(resolve, reject))
    })
  return {
    wallEpochMs,
    now: () => systemClock.now(),
    pendingTimers: () => clock.countTimers(),
    reset: (seed) => {
      clock.reset()
      holds = []
      random = createSeededRandom(seed, 'subject')
    },
    drain,
    hold,
    host: (work) => hold(asHost(() => withHostGlobals(work))),
    step: async () => {
      const beforeMs = systemClock.now()
      try {
        clock.next()
      } catch (error) {
        noteThrown(error)
      }
      if (systemClock.now() < beforeMs) throw new Error(`virtual time went back from ${beforeMs}`)
      await drain()
    },
    jumpWall: (byMs) => clock.setSystemTime(systemClock.wallNow() + byMs),
  }
}

/** Node takes a delay below 1 ms for 1 ms; fake-timers do not, and a loop of such timers would never let time pass. */
function coerceDelays(): void {
  for (const name of ['setTimeout', 'setInterval'] as const) {
    const original = globalThis[name] as (...args: unknown[]) => unknown
    const coerced = (callback: unknown, delayMs?: unknown, ...args: unknown[]): unknown =>
      original(callback, Number(delayMs) >= 1 ? delayMs : 1, ...args)
    Object.defineProperty(globalThis, name, { value: coerced, configurable: true, writable: true })
    // What `promisify(setTimeout)` looks for.
    Object.defineProperty(coerced, promisify.custom, {
      value: (delayMs: unknown, value: unknown) =>
        new Promise((resolve) => {
          coerced(() => resolve(value), delayMs)
        }),
    })
  }
}

/** One macrotask turn: promises and next ticks settle. Cheaper than a native setImmediate. */
function createTurn(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel()
  let waiting: ((value: void) => void) | undefined
  port2.on('message', () => {
    port2.unref()
    waiting?.()
  })
  // Only a turn that is waited for keeps the process alive.
  port2.unref()
  return () =>
    new Promise((resolve) => {
      port2.ref()
      waiting = resolve
      port1.postMessage(0)
    })
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
