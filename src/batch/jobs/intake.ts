/**
 * Reads the source of a batch run, one request at a time: only what may go into a batch comes out.
 */
import type { RunRequest, RequestSource } from '../requests/options.ts'
import { customIdOf } from '../requests/send-request.ts'
import { toEntry, type BatchEntry } from './entry.ts'
import type { BatchSettings } from './options.ts'

/** A request that was read: ready for a batch, or with what is wrong with it. @internal */
export type Taken =
  | { readonly entry: BatchEntry }
  | { readonly problem: string; readonly index: number; readonly customId: string }

/** @internal */
export class Intake {
  readonly #items: AsyncIterator<RunRequest> | Iterator<RunRequest>
  readonly #settings: BatchSettings
  /** Of all requests so far: answers are told apart by nothing else. */
  readonly #customIds = new Set<string>()
  #count = 0
  #isReading = false
  #isOver = false

  constructor(source: RequestSource, settings: BatchSettings) {
    this.#items =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
    this.#settings = settings
  }

  /** Whether the source has no more. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** @returns Undefined when the source is over. @throws What the source throws; it is over then. */
  async next(): Promise<Taken | undefined> {
    if (this.#isOver) return undefined
    const read = await this.#read()
    if (read === undefined) return undefined
    const index = this.#count
    this.#count += 1
    const customId = customIdOf(read.request)
    const problem = this.#findDouble(customId)
    const entry = problem ?? toEntry(read.request, index, this.#settings)
    return typeof entry === 'string' ? { problem: entry, index, customId } : { entry }
  }

  /** Reads no further, and tells the source so. */
  async stop(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    const returned = Promise.resolve(this.#items.return?.())
    // A source that is asked for an item hears of it only when it has one, which may be never.
    if (this.#isReading) returned.catch(() => undefined)
    else await returned
  }

  /** In a holder: callers read requests from files, and one may be undefined. */
  async #read(): Promise<{ readonly request: RunRequest } | undefined> {
    this.#isReading = true
    try {
      const { done, value } = await this.#items.next()
      if (done !== true) return { request: value }
      this.#isOver = true
      return undefined
    } catch (error) {
      this.#isOver = true
      throw error
    } finally {
      this.#isReading = false
    }
  }

  #findDouble(customId: string): string | undefined {
    if (customId === '') return undefined
    if (this.#customIds.has(customId)) return 'a request before it has the same customId'
    this.#customIds.add(customId)
    return undefined
  }
}
