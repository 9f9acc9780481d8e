/** What stands in the place of the global timers, in front of the fake ones. */
import type FakeTimers from '@sinonjs/fake-timers'
import { promisify } from 'node:util'
import { systemClock } from '../../src/core/clock.ts'
import {
  ProcessTimers,
  type TimerCounts,
  type TimerFaults,
  type TimerHost,
  type TimerKind,
} from './process-timers.ts'

type FakeClock = ReturnType<typeof FakeTimers.install>

type Setter = (callback: unknown, delayMs?: unknown, ...args: unknown[]) => object

/**
 * The setters and clearers of the globals: Node takes a delay below 1 ms for 1 ms, and fake-timers do not, so that a loop of such timers would never let time pass; and a process may be disturbed.
 */
export class GlobalTimers {
  readonly #original: Readonly<Record<TimerKind, Setter>>
  readonly #clear: (handle: undefined) => void
  #disturbed: ProcessTimers | undefined

  /** @param clock - The clock's own and not what it has put in the globals, which only passes on. */
  constructor(clock: FakeClock) {
    this.#original = {
      setTimeout: clock.setTimeout as Setter,
      setInterval: clock.setInterval as Setter,
    }
    this.#clear = clock.clearTimeout
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

  setArrival(callback: () => void, delayMs: number): void {
    if (this.#disturbed === undefined) this.setUndisturbed('setTimeout', callback, delayMs)
    else this.#disturbed.setArrival(callback, delayMs >= 1 ? delayMs : 1)
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
