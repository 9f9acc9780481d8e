/**
 * What the commands differ in: the lines they take, the work, and the lines they write.
 */
import type { BatchJournal, RunOptions } from '../../batch/index.ts'
import { InvariantError } from '../../core/errors.ts'
import type { InputItem, LineCheck } from '../input.ts'

/** What became of an item: the line to write, `error` in it where it has no result. @internal */
export interface ItemResult {
  readonly ordinal: number
  readonly line: object
}

/** What a workload gets to work with. @internal */
export interface WorkloadContext {
  readonly run: RunOptions
  /** Where it writes down the batches that it begins; undefined for one that does not ask for it. */
  readonly journal: BatchJournal | undefined
}

/** @internal */
export interface Workload {
  /** What the items are called, for people. */
  readonly noun: string
  /** @defaultValue false */
  readonly usesJournal?: boolean
  readonly findFault: LineCheck
  /** What is wrong with a result that an earlier start wrote. */
  readonly findFaultOfResult: LineCheck
  /**
   * Deals with items, each once, as the results are taken. It returns what else there is to say of it, a sentence each.
   *
   * @throws What ends the run before its time.
   */
  start(
    items: AsyncIterable<InputItem>,
    context: WorkloadContext,
  ): AsyncGenerator<ItemResult, readonly string[], undefined>
}

/** Remembers the items that are under way, by their place in the run, until their results are there. @internal */
export class UnderWay {
  readonly #items = new Map<number, Pick<InputItem, 'ordinal' | 'customId'>>()
  #count = 0

  /** The item is the next one of the run. */
  add({ ordinal, customId }: InputItem): void {
    this.#items.set(this.#count, { ordinal, customId })
    this.#count += 1
  }

  /** @param index - Its place in the run, from 0. @returns Undefined where it was taken already. */
  take(index: number): Pick<InputItem, 'ordinal' | 'customId'> | undefined {
    const item = this.#items.get(index)
    this.#items.delete(index)
    return item
  }
}

/** @throws {InvariantError} Where an item has a second result. @internal */
export function takeFrom(
  underWay: UnderWay,
  index: number,
): Pick<InputItem, 'ordinal' | 'customId'> {
  const item = underWay.take(index)
  if (item === undefined) throw new InvariantError('an item has two results')
  return item
}

/** The line of an item without a result. @internal */
export function failureLine(
  customId: string,
  { status, message }: { readonly status: number | undefined; readonly message: string },
): object {
  return { custom_id: customId, error: { message, ...(status === undefined ? {} : { status }) } }
}
