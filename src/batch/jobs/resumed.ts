/**
 * The batches of an earlier run, and how their requests and those of the source find each other: either may come first.
 */
import type { Fate } from './deliver.ts'
import { Load, type BatchEntry } from './entry.ts'
import { Flight } from './flight.ts'
import type { JournalWriter } from './journal.ts'

/** A fate that waits for its request. @internal */
export interface StoredFate {
  readonly fate: Fate
  readonly flight: Flight
}

/** @internal */
export class Resumed {
  readonly #journal: JournalWriter
  readonly #flightOf = new Map<string, Flight>()
  readonly #stored = new Map<string, StoredFate>()
  #isSourceOver = false

  constructor(journal: JournalWriter) {
    this.#journal = journal
  }

  /** @returns The batches to follow. @throws What the journal throws. */
  async load(): Promise<readonly Flight[]> {
    const flights: Flight[] = []
    for (const begun of await this.#journal.load()) {
      const flight = new Flight(new Load(), begun)
      for (const customId of begun.customIds) this.#flightOf.set(customId, flight)
      if (begun.customIds.size > 0) flights.push(flight)
      else await this.release(flight, 0)
    }
    return flights
  }

  /**
   * A request of the source.
   *
   * @returns Its fate, where that is known; `later`, where its batch will tell; undefined where no batch has it.
   */
  meet(entry: BatchEntry): StoredFate | 'later' | undefined {
    const { customId } = entry
    const flight = this.#flightOf.get(customId)
    if (flight === undefined) return undefined
    this.#flightOf.delete(customId)
    const stored = this.#stored.get(customId)
    this.#stored.delete(customId)
    if (stored !== undefined) return stored
    flight.unmet.delete(customId)
    flight.entries.set(customId, entry)
    return 'later'
  }

  /** A fate whose request the source has not shown. */
  store(fate: Fate, flight: Flight): void {
    if (this.#isSourceOver) return
    flight.owed += 1
    this.#stored.set(fate.customId, { fate, flight })
  }

  /** Nobody will ask for what is left. */
  async endSource(): Promise<void> {
    this.#isSourceOver = true
    const left = [...this.#stored.values()]
    this.#stored.clear()
    for (const { flight } of left) await this.release(flight)
  }

  /** A fate was taken, or nobody wants it. When that was the last, the batch is struck off. */
  async release(flight: Flight, count: number = 1): Promise<void> {
    flight.owed -= count
    const { fileId, owed } = flight
    if (fileId === undefined || owed > 0) return
    await this.#journal.append({ type: 'ended', fileId })
  }
}
