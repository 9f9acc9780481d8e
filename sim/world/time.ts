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
import {
  ProcessTimers,
  type TimerCounts,
  type TimerFaults,
  type TimerHost,
  type TimerKind,
} from './process-timers.ts'
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
  /** Fires the next timer and lets everything happen that follows from it. */
  step(): Promise<void>
  /** Lets promises settle without moving time. */
  drain(): Promise<void>
  /**
   * Holds time back until a promise has settled that only the host can settle, and passes it on when everything else of this
   * instant has happened: how long the host takes changes nothing.
   */
  hold<T>(promise: Promise<T>): Promise<T>
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
  const timers = new GlobalTimers()
  let random: Random = createSeededRandom(0, 'subject')
  // By name and not as a property: the lint rule against Math.random is for code that draws from it.
  Object.defineProperty(Math, 'random', { value: () => random.next(), configurable: true })
  replaceAbortSignalTimeout()
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
    disturb: (faults, seed) => timers.disturb(faults, seed, () => hold(Promise.resolve())),
    setWorldTimer: (callback, delayMs) =>
      void timers.setUndisturbed('setTimeout', callback, delayMs),
    reset: (seed) => {
      clock.reset()
      timers.calm()
      holds = []
      random = createSeededRandom(seed, 'subject')
    },
    drain,
    hold,
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

type Setter = (callback: unknown, delayMs?: unknown, ...args: unknown[]) => object

/**
 * What stands in the place of the global timers, in front of the fake ones: Node takes a delay below 1 ms for 1 ms, and
 * fake-timers do not, so that a loop of such timers would never let time pass; and a process may be disturbed.
 */
class GlobalTimers {
  // oxlint-disable no-restricted-properties -- these are the ones that all the others stand in front of
  readonly #original: Readonly<Record<TimerKind, Setter>> = {
    setTimeout: globalThis.setTimeout as Setter,
    setInterval: globalThis.setInterval as Setter,
  }
  readonly #clear = globalThis.clearTimeout
  // oxlint-enable no-restricted-properties
  #disturbed: ProcessTimers | undefined

  constructor() {
    this.#replaceSetter('setTimeout')
    this.#replaceSetter('setInterval')
    for (const name of ['clearTimeout', 'clearInterval'] as const) {
      const clear = (handle?: unknown): void =>
        this.#disturbed === undefined
          ? this.#clear(handle as undefined)
          : this.#disturbed.clear(handle)
      Object.defineProperty(globalThis, name, { value: clear, configurable: true, writable: true })
    }
  }

  setUndisturbed(kind: TimerKind, callback: () => void, delayMs: number): object {
    return this.#original[kind](callback, delayMs >= 1 ? delayMs : 1)
  }

  disturb(faults: TimerFaults, seed: number, settle: TimerHost['settle']): TimerCounts {
    this.#disturbed = new ProcessTimers(
      {
        settle,
        now: () => systemClock.now(),
        set: (kind, callback, delayMs) => this.setUndisturbed(kind, callback, delayMs),
        clear: (handle) => this.#clear(handle as undefined),
      },
      faults,
      seed,
    )
    return this.#disturbed.counts
  }

  calm(): void {
    this.#disturbed = undefined
  }

  #replaceSetter(name: TimerKind): void {
    const original = this.#original[name]
    const set: Setter = (callback, delayMs, ...args) => {
      const waitMs = Number(delayMs) >= 1 ? delayMs : 1
      if (this.#disturbed === undefined || typeof callback !== 'function') {
        return original(callback, waitMs, ...args)
      }
      const run = (): unknown => Reflect.apply(callback, undefined, args)
      return this.#disturbed.set(name, run, Number(waitMs))
    }
    Object.defineProperty(globalThis, name, { value: set, configurable: true, writable: true })
    // What `promisify(setTimeout)` looks for.
    Object.defineProperty(set, promisify.custom, {
      value: (delayMs: unknown, value: unknown) =>
        new Promise((resolve) => {
          set(() => resolve(value), delayMs)
        }),
    })
  }
}

/** One macrotask turn: promises and next ticks settle. Cheaper than a native setImmediate. */
function createTurn(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel()
  let resolveTurn: (() => void) | undefined
  port2.on('message', () => resolveTurn?.())
  // Only a turn that is waited for keeps the process alive.
  port2.unref()
  return () =>
    new Promise((resolve) => {
      port2.ref()
      resolveTurn = () => {
        port2.unref()
        resolve()
      }
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
