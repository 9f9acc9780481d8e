/**
 * How many jobs may be started now: by what the list of jobs shows, and by what a 409 has shown that the list does not.
 *
 * A 409 says that all places are taken. Where the list agrees, or a job has ended since, there is nothing to learn. Where it
 * shows fewer jobs than there are places, the server has a lower limit or counts jobs that the list leaves out: then
 * there are only as many places as jobs ran at that moment, until a back-off of minutes is over and one more is tried.
 */
import type { FineTuneSettings } from './options.ts'

/** The first back-off; each further 409 doubles it. */
const backoffMsMin = 120_000
const backoffMsMax = 900_000

/** @internal */
export class Places {
  readonly #settings: Pick<FineTuneSettings, 'concurrentMax' | 'clock' | 'random'>
  /** The jobs that ran at a 409, as long as no look has followed it. */
  #atRefusal: ReadonlySet<string> | undefined
  /** So many jobs ran when the server had no place, for no reason that the list shows. */
  #learnedMax: number | undefined
  #backoffMs = 0
  #retryAtMs = -Infinity

  constructor(settings: Pick<FineTuneSettings, 'concurrentMax' | 'clock' | 'random'>) {
    this.#settings = settings
  }

  /** Jobs that may be started while so many are running. None between a 409 and the next look. */
  free(runningCount: number): number {
    const { concurrentMax, clock } = this.#settings
    if (this.#atRefusal !== undefined) return 0
    let max = concurrentMax
    if (this.#learnedMax !== undefined) {
      const isOver = clock.now() >= this.#retryAtMs
      // One at a time goes to see.
      max = Math.min(max, isOver ? Math.max(this.#learnedMax, runningCount + 1) : this.#learnedMax)
    }
    return Math.max(0, max - runningCount)
  }

  /** A job was started while so many were running. */
  accept(runningCount: number): void {
    if (this.#learnedMax === undefined || runningCount < this.#learnedMax) return
    this.#learnedMax = undefined
    this.#backoffMs = 0
  }

  /** The server has refused a job by a 409. */
  refuse(running: ReadonlySet<string>): void {
    this.#atRefusal = new Set(running)
  }

  /** The list was looked at. */
  look(running: ReadonlySet<string>): void {
    const before = this.#atRefusal
    if (before === undefined) return
    this.#atRefusal = undefined
    if (running.size >= this.#settings.concurrentMax) return
    const hasOneEnded = [...before].some((id) => !running.has(id))
    if (!hasOneEnded) this.#learnedMax = running.size
    if (this.#learnedMax !== undefined) this.#backOff()
  }

  #backOff(): void {
    const { clock, random } = this.#settings
    this.#backoffMs = Math.min(backoffMsMax, Math.max(backoffMsMin, this.#backoffMs * 2))
    this.#retryAtMs = clock.now() + this.#backoffMs * (1 + random.next() / 4)
  }
}
