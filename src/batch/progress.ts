/**
 * How far a run is, how fast, and how long it will still take.
 */
import type { Clock } from '../core/clock.ts'

/** The state of a run. @public */
export interface RunProgress {
  /** Items that have their result. */
  done: number
  /** Items that were refused. */
  failed: number
  /** Undefined where nobody said. */
  readonly total: number | undefined
  /** Answers to requests of the run, refusals too; the retries of the fetch below are not counted. */
  requests: number
  /** Items dealt with per second, over the last minute since the beginning, or since an outage ended. */
  perSecond: number
  /** 0 to 1; undefined without a total. */
  share: number | undefined
  /** Milliseconds that the rest takes at this speed; undefined without a total, or before there is a speed. */
  remainingMs: number | undefined
  /** Milliseconds since the first request that failed because the service is down; 0 while it is up. */
  outageMs: number
}

const sampleEveryMs = 2_000
const windowMsDefault = 60_000

/** Counts. @internal */
export class ProgressMeter {
  readonly progress: RunProgress
  readonly #clock: Clock
  readonly #windowMs: number
  /** Instants, and how many items were dealt with by then; the oldest first. */
  readonly #samples: { atMs: number; items: number }[]

  /** @param windowMs - Over how long the speed is measured. */
  constructor(clock: Clock, total: number | undefined, windowMs: number = windowMsDefault) {
    this.#clock = clock
    this.#windowMs = windowMs
    this.#samples = [{ atMs: clock.now(), items: 0 }]
    this.progress = {
      done: 0,
      failed: 0,
      total,
      requests: 0,
      perSecond: 0,
      share: total === undefined ? undefined : 0,
      remainingMs: undefined,
      outageMs: 0,
    }
  }

  /** A request was answered, well or not. */
  countAnswer(): void {
    this.progress.requests += 1
  }

  /** Items were dealt with. */
  count({ done, failed }: { done: number; failed: number }): void {
    const { progress } = this
    progress.done += done
    progress.failed += failed
    progress.outageMs = 0
    this.#measure(progress.done + progress.failed)
  }

  #measure(items: number): void {
    const { progress } = this
    const atMs = this.#clock.now()
    // By age, not by number: those of before an outage would make the rate that of the outage.
    while (this.#samples.length > 1 && (this.#samples[0]?.atMs ?? 0) < atMs - this.#windowMs) {
      this.#samples.shift()
    }
    const newest = this.#samples.at(-1)
    const oldest = this.#samples[0]
    if (oldest === undefined || newest === undefined) return
    if (atMs > oldest.atMs) {
      progress.perSecond = ((items - oldest.items) / (atMs - oldest.atMs)) * 1_000
    }
    // The first stays for ever where the window has no end.
    if (this.#windowMs < Infinity && atMs - newest.atMs >= sampleEveryMs)
      this.#samples.push({ atMs, items })
    if (progress.total === undefined) return
    const { total, perSecond } = progress
    progress.share = Math.min(1, items / total)
    progress.remainingMs =
      perSecond > 0 ? (Math.max(0, total - items) / perSecond) * 1_000 : undefined
  }
}
