/**
 * Where the line of each item is in the output. A few bytes an item, since there may be millions.
 */
import { writeFailure } from './files/appender.ts'
import type { DiskFile } from './files/disk.ts'

/** @internal */
export interface LinePlace {
  readonly offset: number
  readonly length: number
  /** Whether it says why there is no result. */
  readonly isFailure: boolean
}

/** Lines are copied in pieces of about this size. */
const copyBytesMax = 1_048_576

/** @internal */
export class LineIndex {
  doneCount = 0
  failedCount = 0
  /** Whether the lines come in the order of the items. */
  isInOrder = true
  readonly #offsets: Float64Array
  /** 0 where there is no line. */
  readonly #lengths: Float64Array
  readonly #failures: Uint8Array
  #lastOrdinal = -1

  constructor(count: number) {
    this.#offsets = new Float64Array(count)
    this.#lengths = new Float64Array(count)
    this.#failures = new Uint8Array(count)
  }

  /** Every item has a line. */
  get isComplete(): boolean {
    return this.doneCount + this.failedCount === this.#lengths.length
  }

  has(ordinal: number): boolean {
    return (this.#lengths[ordinal] ?? 0) > 0
  }

  /** Notes the line of an item that has none, at the end of the file. */
  set(ordinal: number, { offset, length, isFailure }: LinePlace): void {
    this.#offsets[ordinal] = offset
    this.#lengths[ordinal] = length
    this.#failures[ordinal] = isFailure ? 1 : 0
    if (isFailure) this.failedCount += 1
    else this.doneCount += 1
    if (ordinal < this.#lastOrdinal) this.isInOrder = false
    this.#lastOrdinal = ordinal
  }

  /** Forgets the lines without a result. @returns How many. */
  dropFailures(): number {
    const dropped = this.failedCount
    for (const [ordinal, isFailure] of this.#failures.entries()) {
      if (isFailure === 1) this.#lengths[ordinal] = 0
    }
    this.#failures.fill(0)
    this.failedCount = 0
    return dropped
  }

  /** Forgets the lines from a place in the file on. */
  dropFrom(end: number): void {
    for (const [ordinal, length] of this.#lengths.entries()) {
      if (length === 0 || (this.#offsets[ordinal] ?? 0) < end) continue
      if (this.#failures[ordinal] === 1) this.failedCount -= 1
      else this.doneCount -= 1
      this.#lengths[ordinal] = 0
      this.#failures[ordinal] = 0
    }
  }

  /**
   * Copies all lines into an empty file, in the order of the items, and then knows them by their new places.
   *
   * @returns The new file's length.
   */
  async copy(source: DiskFile, target: DiskFile, targetPath: string): Promise<number> {
    let end = 0
    for (const { offset, length } of this.#stretches()) {
      try {
        await target.append(await source.read(offset, length))
      } catch (error) {
        throw writeFailure(targetPath, error)
      }
      end += length
    }
    this.#renumber()
    return end
  }

  /** Lines that stand one behind the other in the file, as far as they should; none is longer than it has to be. */
  *#stretches(): Generator<{ offset: number; length: number }> {
    let offset = 0
    let length = 0
    for (const [ordinal, lineLength] of this.#lengths.entries()) {
      if (lineLength === 0) continue
      const lineOffset = this.#offsets[ordinal] ?? 0
      if (lineOffset !== offset + length || length >= copyBytesMax) {
        if (length > 0) yield { offset, length }
        offset = lineOffset
        length = 0
      }
      length += lineLength
    }
    if (length > 0) yield { offset, length }
  }

  #renumber(): void {
    let offset = 0
    for (const [ordinal, length] of this.#lengths.entries()) {
      if (length === 0) continue
      this.#offsets[ordinal] = offset
      offset += length
      this.#lastOrdinal = ordinal
    }
    this.isInOrder = true
  }
}
