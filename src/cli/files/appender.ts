/**
 * Writes lines at the end of a file, as fast as they come, and never leaves a part of one behind.
 */
import { CommandError, exitCodes, isCommandError } from '../command-error.ts'
import type { DiskFile } from './disk.ts'
import { messageOf } from './system-error.ts'
import { join } from './read-lines.ts'

/** More than that waits to be written: whoever writes has to wait, too. */
const pendingBytesMax = 4_194_304
const encoder = new TextEncoder()

/** @internal */
export class Appender {
  readonly #file: DiskFile
  readonly #path: string
  #pending: Uint8Array[] = []
  #pendingBytes = 0
  /** Where the next line will begin. */
  #end: number
  /** Up to here everything is in the file. */
  #written: number
  #writing: Promise<void> | undefined
  #failure: CommandError | undefined

  /** @param size - The file's, which ends with a line feed or is empty. */
  constructor(file: DiskFile, path: string, size: number) {
    this.#file = file
    this.#path = path
    this.#end = size
    this.#written = size
  }

  /** Up to here everything is in the file: all of it, unless writing has failed. */
  get written(): number {
    return this.#written
  }

  /**
   * Adds a line; it is written as soon as those before it are.
   *
   * @param text - Without line feeds.
   * @returns Where it begins, and how long it is, in bytes.
   * @throws {CommandError} Where an earlier one could not be written.
   */
  add(text: string): { offset: number; length: number } {
    if (this.#failure !== undefined) throw this.#failure
    const bytes = encoder.encode(`${text}\n`)
    const offset = this.#end
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
    this.#end += bytes.length
    this.#writing ??= this.#write()
    return { offset, length: bytes.length }
  }

  /** Waits where much is pending. @throws {CommandError} Where a line could not be written. */
  async relieve(): Promise<void> {
    if (this.#pendingBytes > pendingBytesMax) await this.flush()
  }

  /** Waits until all lines are in the file. @throws {CommandError} Where one is not. */
  async flush(): Promise<void> {
    await this.#writing
    if (this.#failure !== undefined) throw this.#failure
  }

  async #write(): Promise<void> {
    while (this.#pending.length > 0 && this.#failure === undefined) {
      const lines = join(this.#pending)
      this.#pending = []
      this.#pendingBytes = 0
      try {
        await this.#file.append(lines)
        this.#written += lines.length
      } catch (error) {
        this.#failure = writeFailure(this.#path, error)
      }
    }
    if (this.#failure !== undefined) await this.#keepWhole()
    this.#writing = undefined
  }

  /** Of what was written last, a part is in the file: its whole lines were paid for, the rest has to go. */
  async #keepWhole(): Promise<void> {
    try {
      const rest = await this.#file.read(this.#written, this.#end - this.#written)
      this.#written += rest.lastIndexOf(lineFeed) + 1
      await this.#file.truncate(this.#written)
    } catch {
      // The next start does it.
    }
  }
}

const lineFeed = 10

/** Waits for what is done to a file. @throws {CommandError} Where the system does not do it. @internal */
export async function orWriteFailure<T>(path: string, doing: Promise<T>): Promise<T> {
  try {
    return await doing
  } catch (error) {
    // One that cannot be opened is no misuse where everything was sent.
    if (isCommandError(error) && error.exitCode !== exitCodes.misused) throw error
    throw writeFailure(path, error)
  }
}

/** A line could not be written. @internal */
export function writeFailure(path: string, error: unknown): CommandError {
  return new CommandError(
    `cannot write ${path}: ${messageOf(error)}. The results that are there are whole; ` +
      'make room, then start again with the same command',
    exitCodes.stopped,
    { cause: error },
  )
}
