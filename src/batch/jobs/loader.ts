/**
 * Fills batches: with requests that go again first, then with those of the source.
 */
import type { BatchEntry } from './entry.ts'
import { Load } from './entry.ts'
import type { Parts } from './deliver.ts'
import type { Shared } from './fleet.ts'
import type { Flight } from './flight.ts'
import type { Intake, Taken } from './intake.ts'
import type { BatchSettings } from './options.ts'
import { failureOf, settle, type BatchOutcome } from './outcome.ts'
import type { Resumed } from './resumed.ts'

/** An outcome that waits for the consumer. @internal */
export interface Delivery {
  readonly outcome: BatchOutcome
  /** The batch of an earlier run from which it comes. */
  readonly flight?: Flight
}

/** So many outcomes may wait that need no batch, before the source is read on. */
const deliveriesMax = 1_000

/** @internal */
export class Loader {
  /** Outcomes that came up while the source was read. */
  readonly deliveries: Delivery[] = []
  readonly #shared: Shared
  readonly #settings: BatchSettings
  readonly #intake: Intake
  readonly #resumed: Resumed
  readonly #parts: Parts[] = []
  readonly #again: BatchEntry[] = []
  /** What the source threw; it counts as over then. */
  failure: { readonly error: unknown } | undefined
  /** Whether there was a request that can be part of a batch: it will show whether the service refuses everything. */
  hasAccepted = false
  /** Read from the source, and too large for the batch before. */
  #spare: BatchEntry | undefined

  constructor(
    shared: Shared,
    settings: BatchSettings,
    { intake, resumed }: { readonly intake: Intake; readonly resumed: Resumed },
  ) {
    this.#shared = shared
    this.#settings = settings
    this.#intake = intake
    this.#resumed = resumed
  }

  /** Whether there is nothing to fill a batch with, and never will be but by `add`. */
  get isEmpty(): boolean {
    const waiting = this.#parts.length + this.#again.length
    return this.#intake.isOver && waiting === 0 && this.#spare === undefined
  }

  /** Requests that go into another batch, with whatever else there is. */
  add(entry: BatchEntry): void {
    this.#again.push(entry)
  }

  /** Requests that go into a batch of their own. */
  addApart(parts: Parts): void {
    this.#parts.push(parts)
  }

  /** @returns A batch, full as far as the source gives; undefined where there is nothing now. */
  async next(): Promise<Load | undefined> {
    // The newest first, the smallest: where all of them fail, that shows after a few batches and not after all halvings.
    const parts = this.#parts.pop()
    if (parts !== undefined) return new Load(parts.entries, parts.failures)
    const { limits } = this.#settings
    const load = new Load()
    while (load.entries.length < limits.requestsMax) {
      this.#spare ??= this.#again.shift() ?? (await this.#take()) ?? this.#again.shift()
      if (this.#spare === undefined || !load.fits(this.#spare, limits)) break
      load.add(this.#spare)
      this.#spare = undefined
    }
    return load.entries.length === 0 ? undefined : load
  }

  /** The next request of the source that goes into a batch. */
  async #take(): Promise<BatchEntry | undefined> {
    while (!this.#shared.run.isEnded) {
      if (this.deliveries.length >= deliveriesMax) {
        await this.#shared.bell.wait()
        continue
      }
      const taken = await this.#read()
      if (taken === undefined) {
        // Of a source that broke off nobody knows what else it would have shown.
        if (this.failure === undefined) await this.#resumed.endSource()
        return undefined
      }
      if ('problem' in taken) this.#refuse(taken, taken.problem)
      else if (await this.#isWanted(taken.entry)) {
        this.hasAccepted = true
        return taken.entry
      }
    }
    return undefined
  }

  async #read(): Promise<Taken | undefined> {
    try {
      return await this.#intake.next()
    } catch (error) {
      this.failure = { error }
      return undefined
    }
  }

  /** Whether it has to go into a batch. */
  async #isWanted(entry: BatchEntry): Promise<boolean> {
    const met = this.#resumed.meet(entry)
    if (met === 'later') return false
    if (met !== undefined) {
      const { fate, flight } = met
      const { attemptsMax } = this.#settings
      const outcome = settle(entry, fate, { attemptsMax, batchId: flight.batchId })
      if (outcome !== undefined) this.#deliver({ outcome, flight })
      else await this.#resumed.release(flight)
      return outcome === undefined
    }
    const { model } = entry
    const nearest = model === undefined ? undefined : await this.#shared.run.findMissing(model)
    if (nearest === undefined) return true
    this.#refuse(entry, `there is no model ${model}; the nearest are ${nearest.join(', ')}`)
    return false
  }

  #refuse(about: { readonly index: number; readonly customId: string }, message: string): void {
    this.#deliver({ outcome: failureOf(about, { status: undefined, message }) })
  }

  #deliver(delivery: Delivery): void {
    this.deliveries.push(delivery)
    this.#shared.bell.ring()
  }
}
