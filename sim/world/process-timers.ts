/**
 * The timers of the process that is simulated, where that is disturbed: it is busy for a while, or its host fires a timer a
 * little early.
 *
 * While it is busy nothing of it happens, and the server and the network go on: what falls due meanwhile, an answer that
 * arrives among it, happens after it in the order in which it fell due, each once, with promises in between.
 */
import type { EarlyTimers, Stall } from '../scenario/types.ts'
import { Draw } from './draw.ts'
import { noteThrown } from './unhandled.ts'

export interface TimerFaults {
  stalls: readonly Stall[]
  early: EarlyTimers | undefined
}

/** What the disturbed timers stand on. */
export interface TimerHost {
  now: () => number
  set: (kind: TimerKind, callback: () => void, delayMs: number) => object
  clear: (handle: unknown) => void
  /** Lets promises settle without moving time. */
  settle: () => Promise<void>
}

export type TimerKind = 'setTimeout' | 'setInterval'

/** What has happened so far. */
export interface TimerCounts {
  /** Timers that were set to fire early. */
  early: number
  /** Timers that had to wait for the end of a stall. */
  late: number
}

interface DueTimer {
  handle: object | undefined
  run: () => void
}

export class ProcessTimers {
  readonly counts: TimerCounts = { early: 0, late: 0 }
  readonly #host: TimerHost
  readonly #faults: TimerFaults
  readonly #draw: Draw
  /** In the order in which they fell due; those that are cleared meanwhile leave. */
  readonly #due = new Set<DueTimer>()
  readonly #byHandle = new WeakMap<object, DueTimer>()

  constructor(host: TimerHost, faults: TimerFaults, seed: number) {
    this.#host = host
    this.#faults = faults
    this.#draw = new Draw(seed, 'timers')
  }

  /** @param delayMs - At least 1. */
  set(kind: TimerKind, run: () => void, delayMs: number): object {
    const timer: DueTimer = { handle: undefined, run }
    const waitMs = kind === 'setTimeout' ? this.#hurry(Math.trunc(delayMs)) : delayMs
    const handle = this.#host.set(kind, () => this.#fire(timer), waitMs)
    timer.handle = handle
    this.#byHandle.set(handle, timer)
    return handle
  }

  /** What comes from outside at an instant: it may have to wait, and is never early. */
  setArrival(run: () => void, delayMs: number): void {
    const timer: DueTimer = { handle: undefined, run }
    timer.handle = this.#host.set('setTimeout', () => this.#fire(timer), delayMs)
  }

  clear(handle: unknown): void {
    const timer = this.#byHandle.get(Object(handle) as object)
    if (timer !== undefined) this.#due.delete(timer)
    this.#host.clear(handle)
  }

  /** Never to the same instant: whoever sets the rest again gets on. */
  #hurry(delayMs: number): number {
    const { early } = this.#faults
    if (early === undefined || delayMs < 2 || !this.#draw.chance(early.perMille)) return delayMs
    this.counts.early += 1
    return delayMs - this.#draw.int(1, Math.min(early.byMsMax, delayMs - 1))
  }

  #fire(timer: DueTimer): void {
    const nowMs = this.#host.now()
    const stall = this.#faults.stalls.find(
      ({ atMs, lastsMs }) => atMs <= nowMs && nowMs < atMs + lastsMs,
    )
    if (stall === undefined) {
      timer.run()
      return
    }
    if (this.#due.size === 0) {
      const restMs = stall.atMs + stall.lastsMs - nowMs
      this.#host.set('setTimeout', () => void this.#catchUp(), restMs)
    }
    // An interval that falls due once more is still the same one.
    if (!this.#due.has(timer)) this.counts.late += 1
    this.#due.add(timer)
  }

  async #catchUp(): Promise<void> {
    for (const timer of this.#due) {
      this.#due.delete(timer)
      try {
        timer.run()
      } catch (error) {
        noteThrown(error)
      }
      await this.#host.settle()
    }
  }
}
