/**
 * A process with a batch run that can be killed, and another that goes on where it stopped.
 */
import {
  iterateBatch,
  type BatchJournalEntry,
  type BatchOutcome,
  type BatchRunOptions,
  type RunRequest,
} from '../../src/batch/index.ts'
import type { BatchWorld } from './batch-world.ts'

/** It runs until it is killed; from then on it neither sends nor hears nor writes. @internal */
export class BatchProcess {
  readonly taken: BatchOutcome[] = []
  readonly #world: BatchWorld
  readonly #running: Promise<unknown>
  isKilled = false
  isOver = false

  constructor(world: BatchWorld, requests: Iterable<RunRequest>, options: BatchRunOptions) {
    this.#world = world
    const { fetch } = world.api
    // What is killed sends nothing any more, and hears nothing.
    const mortal: typeof fetch = async (...args) => {
      if (this.isKilled) return new Promise(() => undefined)
      const response = await fetch(...args)
      return this.isKilled ? new Promise(() => undefined) : response
    }
    const journal = options.journal
    const own = journal && {
      load: () => journal.load(),
      append: (entry: BatchJournalEntry): Promise<void> =>
        this.isKilled ? new Promise(() => undefined) : journal.append(entry),
    }
    const outcomes = iterateBatch(requests, {
      ...world.api,
      ...options,
      fetch: mortal,
      journal: own,
    })
    this.#running = this.#take(outcomes)
    this.#running.catch(() => undefined)
  }

  async #take(outcomes: ReturnType<typeof iterateBatch>): Promise<void> {
    for await (const outcome of outcomes) {
      if (this.isKilled) await new Promise(() => undefined)
      this.taken.push(outcome)
    }
    this.isOver = true
  }

  /** Kills it at the instant. */
  async killAt(ms: number): Promise<void> {
    await this.#world.clock.run(ms - this.#world.clock.now())
    this.isKilled = true
  }

  async end(): Promise<void> {
    await this.#world.until(this.#running)
  }
}
