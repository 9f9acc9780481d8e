/**
 * The output of a command, which is its checkpoint as well: one JSON line for each item that was dealt with.
 *
 * Lines are only ever added at the end, so a process that is killed leaves whole lines and at the most a part of one,
 * which the next start cuts off. At the end the lines are put into the order of the input where they are not in it.
 */
import { CommandError } from './command-error.ts'
import { Appender, orWriteFailure } from './files/appender.ts'
import type { Disk, DiskFile } from './files/disk.ts'
import { parseLine, type JsonObject } from './files/json-line.ts'
import { readLines, type FileLine } from './files/read-lines.ts'
import type { Input, LineCheck } from './input.ts'
import { LineIndex } from './line-index.ts'

/** @internal */
export interface CheckpointOptions {
  readonly disk: Disk
  readonly path: string
  readonly input: Input
  /** What is wrong with a line that another run wrote. */
  readonly findFault: LineCheck
  /** Takes those that were refused for not dealt with. */
  readonly retriesFailed: boolean
  /** Ends the reading of what is there. */
  readonly signal: AbortSignal | undefined
}

/** @internal */
export class Checkpoint {
  readonly #options: CheckpointOptions
  readonly #index: LineIndex
  #file: DiskFile
  #appender: Appender

  private constructor(options: CheckpointOptions, file: DiskFile, index: LineIndex) {
    this.#options = options
    this.#file = file
    this.#index = index
    this.#appender = new Appender(file, options.path, 0)
  }

  /**
   * @throws {CommandError} Where the file is no output of this input.
   * @throws The signal's reason, when it is aborted meanwhile.
   */
  static async open(options: CheckpointOptions): Promise<Checkpoint> {
    const file = await options.disk.open(options.path, 'write')
    const checkpoint = new Checkpoint(options, file, new LineIndex(options.input.count))
    try {
      await checkpoint.#recover()
      return checkpoint
    } catch (error) {
      await checkpoint.#file.close()
      throw error
    }
  }

  /** Items that have their result in it. */
  get doneCount(): number {
    return this.#index.doneCount
  }

  /** Items whose line says why they have none. */
  get failedCount(): number {
    return this.#index.failedCount
  }

  has(ordinal: number): boolean {
    return this.#index.has(ordinal)
  }

  /**
   * Adds an item's line; it need not be in the file yet when this resolves.
   *
   * @throws {CommandError} Where lines can no longer be written.
   */
  async write(ordinal: number, line: object): Promise<void> {
    const { offset, length } = this.#appender.add(JSON.stringify(line))
    this.#index.set(ordinal, { offset, length, isFailure: 'error' in line })
    await this.#appender.relieve()
  }

  /** Waits until all lines are in the file. @throws {CommandError} Where they cannot be; the others then do not count. */
  async flush(): Promise<void> {
    try {
      await this.#appender.flush()
    } catch (error) {
      this.#index.dropFrom(this.#appender.written)
      throw error
    }
  }

  /** As `flush` does, and they outlast a machine that stops. @throws {CommandError} */
  async sync(): Promise<void> {
    await this.flush()
    await orWriteFailure(this.#options.path, this.#file.sync())
  }

  /** Puts the lines into the order of the input, where all are there. @throws {CommandError} */
  async finish(): Promise<void> {
    await this.flush()
    if (this.#index.isComplete && !this.#index.isInOrder) await this.#rewrite()
    await this.sync()
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  async #recover(): Promise<void> {
    const { disk, path, retriesFailed, signal } = this.#options
    // A start that was killed while it sorted.
    await orWriteFailure(sortingPath(path), disk.remove(sortingPath(path)))
    let end = 0
    for await (const line of readLines(this.#file)) {
      signal?.throwIfAborted()
      if (!line.isEnded || isErased(line.bytes)) {
        if (!mayBeTorn(line.bytes)) throw this.#foreign(line, 'is not a result')
        break
      }
      this.#take(line)
      end = line.offset + line.bytes.length + 1
    }
    if (end < (await this.#file.size())) {
      await orWriteFailure(path, this.#file.truncate(end))
    }
    this.#appender = new Appender(this.#file, path, end)
    if (retriesFailed && this.#index.dropFailures() > 0) await this.#rewrite()
  }

  #take(line: FileLine): void {
    const { input, findFault } = this.#options
    const value = parseLine(line.bytes)
    if (typeof value === 'string') throw this.#foreign(line, value)
    const { custom_id: customId } = value
    const ordinal = typeof customId === 'string' ? input.ordinalOf(customId) : undefined
    if (ordinal === undefined) throw this.#foreign(line, 'has a custom_id that the input has not')
    if (this.#index.has(ordinal)) throw this.#foreign(line, 'has the custom_id of a line before it')
    const fault = isFailure(value) ? undefined : findFault(value)
    if (fault !== undefined) throw this.#foreign(line, fault)
    const length = line.bytes.length + 1
    this.#index.set(ordinal, { offset: line.offset, length, isFailure: isFailure(value) })
  }

  #foreign({ number }: FileLine, fault: string): CommandError {
    return new CommandError(
      `${this.#options.path}: line ${number} ${fault}, so this is not the output of this input; ` +
        'name another output, or the input that it was made from, or take the line out',
    )
  }

  /** All lines, in the order of the input, into a file that then takes this one's place. */
  async #rewrite(): Promise<void> {
    const { disk, path } = this.#options
    const newPath = sortingPath(path)
    const file = await orWriteFailure(newPath, disk.open(newPath, 'write'))
    try {
      const end = await this.#index.copy(this.#file, file, newPath)
      await orWriteFailure(newPath, file.sync())
      await orWriteFailure(path, disk.replace(path, newPath))
      await this.#file.close()
      this.#file = file
      this.#appender = new Appender(file, path, end)
    } catch (error) {
      await file.close()
      await disk.remove(newPath)
      throw error
    }
  }
}

function sortingPath(path: string): string {
  return `${path}.sorting`
}

function isFailure(line: JsonObject): boolean {
  return 'error' in line
}

/** Where the machine stopped, a file may be longer than what had reached it. */
function isErased(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes.every((byte) => byte === 0)
}

const beginning = new TextEncoder().encode('{"custom_id":')

/** Whether it may be the beginning of a line of ours: a file of somebody else's is not to be cut. */
function mayBeTorn(bytes: Uint8Array): boolean {
  // Behind a part there may be nothing, of the length that the rest had.
  const part = bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1)
  return part.every((byte, at) => at >= beginning.length || byte === beginning[at])
}
