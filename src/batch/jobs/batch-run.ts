/**
 * A run of batches: begins them as there are places, and hands out what comes of them.
 *
 * Ended batches wait on the server: the files of one are read when the consumer has taken all before it. So memory holds
 * the requests of the batches in flight, and the answers of one.
 */
import type { LongRun } from '../long-run.ts'
import type { RequestSource } from '../requests/options.ts'
import { BatchCalls } from './batch-calls.ts'
import { Bell } from './bell.ts'
import { CostMeter, type BatchCost } from './cost.ts'
import { readFates, splitFailed } from './deliver.ts'
import type { BatchEntry } from './entry.ts'
import { Fleet, type Shared } from './fleet.ts'
import { Flight, type BatchEnding } from './flight.ts'
import { Intake } from './intake.ts'
import { JournalWriter } from './journal.ts'
import { Loader } from './loader.ts'
import type { BatchSettings } from './options.ts'
import { failureOf, settle, type BatchOutcome } from './outcome.ts'
import { Resumed } from './resumed.ts'

/** A batch that has ended. @public */
export interface BatchReport {
  readonly batchId: string
  readonly status: BatchEnding
  readonly requests: number
  /** Requests that have their answer from it; the others failed, or went into a later one. */
  readonly answered: number
}

/** What there is to say of a batch run at its end. @public */
export interface BatchSummary {
  /** In the order in which they ended. */
  readonly batches: readonly BatchReport[]
  readonly cost: BatchCost
}

/** @internal */
export class BatchRun {
  readonly #settings: BatchSettings
  readonly #shared: Shared
  readonly #fleet: Fleet
  readonly #intake: Intake
  readonly #resumed: Resumed
  readonly #loader: Loader
  readonly #cost = new CostMeter()
  readonly #reports: BatchReport[] = []
  #isLoading = false

  constructor(run: LongRun, settings: BatchSettings, source: RequestSource) {
    const journal = new JournalWriter(settings.journal)
    const shared = { run, calls: new BatchCalls(run, settings), journal, bell: new Bell() }
    const intake = new Intake(source, settings)
    const resumed = new Resumed(journal)
    this.#settings = settings
    this.#shared = shared
    this.#fleet = new Fleet(shared)
    this.#intake = intake
    this.#resumed = resumed
    this.#loader = new Loader(shared, settings, { intake, resumed })
  }

  get batchesInFlight(): number {
    return this.#fleet.createdCount
  }

  /** @throws What ended the run, when all that was paid for is handed out. */
  async *outcomes(): AsyncGenerator<BatchOutcome, BatchSummary, undefined> {
    const { run, bell } = this.#shared
    const { signal } = this.#settings
    signal?.throwIfAborted()
    const abort = (): void => {
      this.#cancelBatches()
      run.cancel(signal?.reason)
      bell.ring()
    }
    signal?.addEventListener('abort', abort)
    /** Whether the consumer takes no more. */
    let isLeft = true
    try {
      for (const flight of await this.#resumed.load()) this.#fleet.launch(flight)
      void this.#dispatch()
      yield* this.#handOut()
      isLeft = false
      const { limits } = this.#settings
      const cost = await this.#cost.total((model) => run.priceOf(model), limits.priceShare)
      return { batches: this.#reports, cost }
    } catch (error) {
      // Where nothing had ended the run, nobody will follow what is in flight.
      isLeft = !run.isEnded
      throw error
    } finally {
      signal?.removeEventListener('abort', abort)
      if (isLeft && signal?.aborted !== true) this.#cancelBatches()
      await this.#end()
    }
  }

  /** To be called before the run is cancelled: afterwards nobody knows any more which there were. */
  #cancelBatches(): void {
    if (this.#settings.cancelsOnAbort) void this.#fleet.cancel()
  }

  async #end(): Promise<void> {
    const { run, bell } = this.#shared
    run.cancel(new DOMException('nobody takes the results any more', 'AbortError'))
    bell.ring()
    await this.#intake.stop()
  }

  /** Begins batches, until the run ends. */
  async #dispatch(): Promise<void> {
    const { run, bell } = this.#shared
    try {
      while (!run.isEnded) {
        if (this.#fleet.hasPlace) await this.#begin()
        else await bell.wait()
      }
    } catch (error) {
      run.fail(error)
      bell.ring()
    }
  }

  async #begin(): Promise<void> {
    const { run, bell } = this.#shared
    this.#isLoading = true
    const load = await this.#loader.next()
    this.#isLoading = false
    if (load === undefined) {
      bell.ring()
      await bell.wait()
    } else if (!run.isEnded) this.#fleet.launch(new Flight(load))
  }

  async *#handOut(): AsyncGenerator<BatchOutcome, void, undefined> {
    const { run, bell } = this.#shared
    const { deliveries } = this.#loader
    for (;;) {
      run.throwIfCancelled()
      const delivery = deliveries.shift()
      const flight = delivery === undefined ? this.#fleet.landed.shift() : undefined
      if (delivery !== undefined) {
        yield this.#count(delivery.outcome, delivery.flight === undefined)
        bell.ring()
        if (delivery.flight !== undefined) await this.#resumed.release(delivery.flight)
      } else if (flight !== undefined) {
        bell.ring()
        yield* this.#unload(flight)
      } else if (this.#isDone) break
      else await bell.wait()
    }
    run.throwIfEnded()
    if (this.#loader.failure !== undefined) throw this.#loader.failure.error
  }

  get #isDone(): boolean {
    if (this.#fleet.activeCount > 0) return false
    return this.#shared.run.isEnded || (!this.#isLoading && this.#loader.isEmpty)
  }

  /** Hands out what a batch has brought; the rest goes into other ones. */
  async *#unload(flight: Flight): AsyncGenerator<BatchOutcome, void, undefined> {
    const { run, calls, bell } = this.#shared
    const { attemptsMax } = this.#settings
    const { batchId } = flight
    /** Those with which the batch failed as a whole. */
    const failed: BatchEntry[] = []
    let [requests, answered] = [0, 0]
    // Until it is read to its end it is not struck off.
    flight.owed += 1
    for await (const fate of readFates(flight, { calls, settings: this.#settings })) {
      requests += 1
      if (fate.result.kind === 'answered') answered += 1
      const entry = flight.entries.get(fate.customId)
      if (entry === undefined) {
        this.#resumed.store(fate, flight)
        continue
      }
      const outcome = settle(entry, fate, { attemptsMax, batchId })
      if (outcome !== undefined) yield this.#count(outcome)
      else if (fate.isAttempt) this.#loader.add(entry)
      else failed.push(entry)
      run.throwIfCancelled()
    }
    if (failed.length > 0) yield* this.#retryFailed(failed, flight)
    this.#report(flight, { requests, answered })
    bell.ring()
    await this.#resumed.release(flight)
  }

  *#retryFailed(
    entries: readonly BatchEntry[],
    flight: Flight,
  ): Generator<BatchOutcome, void, undefined> {
    const parts = splitFailed(entries, flight.failures + 1)
    for (const part of parts ?? []) this.#loader.addApart(part)
    if (parts !== undefined) return
    const { error = 'no reason', errorStatus: status } = flight.landing ?? {}
    const failure = { status, message: `a batch of this request alone fails: ${error}` }
    for (const entry of entries) yield this.#count(failureOf(entry, failure, flight.batchId))
  }

  #report({ batchId, landing }: Flight, counts: Pick<BatchReport, 'requests' | 'answered'>): void {
    if (batchId === undefined || landing === undefined) return
    this.#reports.push({ batchId, status: landing.ending, ...counts })
  }

  /** @param isUnsent - Whether it is about a request that cannot be part of a batch. */
  #count(outcome: BatchOutcome, isUnsent: boolean = false): BatchOutcome {
    const { run } = this.#shared
    if (outcome.failure === undefined) {
      if (outcome.model !== undefined) this.#cost.add(outcome.model, outcome.response)
      run.succeed(1)
    } else if (isUnsent && this.#loader.hasAccepted) run.leaveOut()
    else {
      const { status = 0, message } = outcome.failure
      run.refuse({ status, text: JSON.stringify({ message }) })
    }
    return outcome
  }
}
