/**
 * The batches in flight, and those that have ended and wait for the consumer.
 */
import type { LongRun } from '../long-run.ts'
import type { BatchCalls } from './batch-calls.ts'
import type { Bell } from './bell.ts'
import type { Flight } from './flight.ts'
import type { JournalWriter } from './journal.ts'

/** What all parts of a batch run share. @internal */
export interface Shared {
  readonly run: LongRun
  readonly calls: BatchCalls
  readonly journal: JournalWriter
  /** Rung when anything changes that somebody may wait for. */
  readonly bell: Bell
}

/** @internal */
export class Fleet {
  /** Those that have ended, the first to end first. */
  readonly landed: Flight[] = []
  readonly #shared: Shared
  readonly #active = new Set<Flight>()

  constructor(shared: Shared) {
    this.#shared = shared
  }

  /** Whether another batch may be begun. A consumer that dawdles stops them: what has ended waits in memory. */
  get hasPlace(): boolean {
    const { inFlightMax } = this.#shared.run.settings
    const waiting = this.landed.filter(({ isResumed }) => !isResumed).length
    return this.#active.size < inFlightMax && this.#active.size + waiting < 2 * inFlightMax
  }

  get activeCount(): number {
    return this.#active.size
  }

  /** Batches that were created and have not ended. */
  get createdCount(): number {
    return [...this.#active].filter(({ batchId }) => batchId !== undefined).length
  }

  launch(flight: Flight): void {
    this.#active.add(flight)
    void this.#fly(flight)
  }

  /** Cancels what is in flight on the server, as far as that can be done. */
  async cancel(): Promise<void> {
    const flights = [...this.#active]
    const ids = flights.map(({ batchId }) => batchId).filter((id) => id !== undefined)
    // Those of which a batch may have been created a moment ago.
    const fileIds = flights
      .filter(({ batchId }) => batchId === undefined)
      .map(({ fileId }) => fileId)
      .filter((id) => id !== undefined)
    await this.#shared.calls.cancel(ids, new Set(fileIds))
  }

  async #fly(flight: Flight): Promise<void> {
    const { run, calls, journal, bell } = this.#shared
    try {
      await flight.fly({ calls, journal, onCreated: () => run.report() })
      this.landed.push(flight)
      this.#active.delete(flight)
      run.report()
    } catch (error) {
      // Where the run was stopped, others may still come to their end. What is not known to have stopped it is the
      // journal's, or a bug: going on would then lose track.
      if (!run.wasEndedBy(error)) run.cancel(error)
    }
    this.#active.delete(flight)
    bell.ring()
  }
}
