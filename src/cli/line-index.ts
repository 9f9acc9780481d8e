/**
 * Where the line of each item is in the output. A few bytes an item, since there may be millions.
 */
import { CommandError, exitCodes } from './command-error.ts'
import { orWriteFailure } from './files/appender.ts'
import type { DiskFile } from './files/disk.ts'
import { join } from './files/read-lines.ts'

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
   * @throws {CommandError}
   */
  async copy(source: DiskFile, target: DiskFile, targetPath: string): Promise<number> {
    let end = 0
    for await (const lines of this.#pieces(source)) {
      await orWriteFailure(targetPath, target.append(lines))
      end += lines.length
    }
    this.#renumber()
    return end
  }

  /** Lines in the order of the items, many at a time, wherever they are. */
  async *#pieces(source: DiskFile): AsyncGenerator<Uint8Array, void, undefined> {
    let stretches: Uint8Array[] = []
    let bytes = 0
    for (const { offset, length } of this.#stretches()) {
      const stretch = await source.read(offset, length)
      if (stretch.length < length || stretch.at(-1) !== lineFeed) throw changedByOthers()
      stretches.push(stretch)
      bytes += length
      if (bytes < copyBytesMax) continue
      yield join(stretches)
      stretches = []
      bytes = 0
    }
    if (bytes > 0) yield join(stretches)
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
    this.#lastOrdinal = -1
    for (const [ordinal, length] of this.#lengths.entries()) {
      if (length === 0) continue
      this.#offsets[ordinal] = offset
      offset += length
      this.#lastOrdinal = ordinal
    }
    this.isInOrder = true
  }
}

const lineFeed = 10

/** What stands in the file is no longer what was written there. */
function changedByOthers(): CommandError {
  return new CommandError(
    'something else has changed the output meanwhile, so it is left as it is; look at it, then start again',
    exitCodes.stopped,
  )
}
