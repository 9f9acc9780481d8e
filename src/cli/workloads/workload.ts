/**
 * What the commands differ in: the lines they take, the work, and the lines they write.
 */
import type { RunOptions } from '../../batch/index.ts'
import type { InputItem, LineCheck } from '../input.ts'

/** What became of an item: the line to write, `error` in it where it has no result. @internal */
export interface ItemResult {
  readonly ordinal: number
  readonly line: object
}

/** @internal */
export interface Workload {
  /** What the items are called, for people. */
  readonly noun: string
  readonly findFault: LineCheck
  /** What is wrong with a result that an earlier start wrote. */
  readonly findFaultOfResult: LineCheck
  /** Deals with items, each once, as the results are taken. @throws What ends the run before its time. */
  start(
    items: AsyncIterable<InputItem>,
    options: RunOptions,
  ): AsyncGenerator<ItemResult, void, undefined>
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

/** The line of an item without a result. @internal */
export function failureLine(
  customId: string,
  { status, message }: { readonly status: number | undefined; readonly message: string },
): object {
  return { custom_id: customId, error: { message, ...(status === undefined ? {} : { status }) } }
}
