/**
 * How far a run is, how fast, and how long it will still take.
 */
import type { Clock } from '../../core/clock.ts'

/** The state of a run. @public */
export interface EmbedProgress {
  /** Texts that have their vector. */
  textsDone: number
  /** Texts that were refused. */
  textsFailed: number
  /** Undefined where nobody said. */
  readonly textsTotal: number | undefined
  /** Requests that were answered, the retries of the fetch below not counted. */
  requests: number
  /** Texts dealt with per second, over the last minute or since the beginning. */
  textsPerSecond: number
  /** 0 to 1; undefined without a total. */
  share: number | undefined
  /** Milliseconds that the rest takes at this speed; undefined without a total, or before there is a speed. */
  remainingMs: number | undefined
}

const sampleEveryMs = 2_000
const samplesMax = 30

/** Counts. @internal */
export class ProgressMeter {
  readonly progress: EmbedProgress
  readonly #clock: Clock
  /** Instants, and how many texts were dealt with by then; the oldest first. */
  readonly #samples: { atMs: number; texts: number }[]

  constructor(clock: Clock, textsTotal: number | undefined) {
    this.#clock = clock
    this.#samples = [{ atMs: clock.now(), texts: 0 }]
    this.progress = {
      textsDone: 0,
      textsFailed: 0,
      textsTotal,
      requests: 0,
      textsPerSecond: 0,
      share: textsTotal === undefined ? undefined : 0,
      remainingMs: undefined,
    }
  }

  /** A request was answered. */
  count({ done, failed }: { done: number; failed: number }): void {
    const { progress } = this
    progress.requests += 1
    progress.textsDone += done
    progress.textsFailed += failed
    this.#measure(progress.textsDone + progress.textsFailed)
  }

  #measure(texts: number): void {
    const { progress } = this
    const atMs = this.#clock.now()
    const newest = this.#samples.at(-1)
    const oldest = this.#samples[0]
    if (oldest === undefined || newest === undefined) return
    if (atMs > oldest.atMs) {
      progress.textsPerSecond = ((texts - oldest.texts) / (atMs - oldest.atMs)) * 1_000
    }
    if (atMs - newest.atMs >= sampleEveryMs) {
      this.#samples.push({ atMs, texts })
      if (this.#samples.length > samplesMax) this.#samples.shift()
    }
    if (progress.textsTotal === undefined) return
    const { textsTotal, textsPerSecond } = progress
    progress.share = Math.min(1, texts / textsTotal)
    progress.remainingMs =
      textsPerSecond > 0 ? (Math.max(0, textsTotal - texts) / textsPerSecond) * 1_000 : undefined
  }
}
