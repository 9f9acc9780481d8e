/**
 * What batches a command has begun, in a file beside its output: on disk before the batch is created, so that a start after
 * a crash finds each, and none is paid for twice.
 */
import type { BatchJournal, BatchJournalEntry } from '../../batch/index.ts'
import { CommandError, isCommandError } from '../command-error.ts'
import { writeFailure } from './appender.ts'
import type { Disk, DiskFile } from './disk.ts'
import { isJsonObject, parseLine } from './json-line.ts'
import { readLines } from './read-lines.ts'

const encoder = new TextEncoder()

/** @internal */
export class FileJournal implements BatchJournal {
  readonly #disk: Disk
  readonly #path: string
  readonly #beforeEnd: () => Promise<void>
  #file: DiskFile | undefined

  /**
   * @param outputPath - Of the command.
   * @param beforeEnd - Makes what was taken from a batch outlast the machine, as the entry does that strikes the batch off.
   */
  constructor(disk: Disk, outputPath: string, beforeEnd: () => Promise<void>) {
    this.#disk = disk
    this.#path = journalPath(outputPath)
    this.#beforeEnd = beforeEnd
  }

  /** @throws {CommandError} Where the file is none of ours. */
  async load(): Promise<BatchJournalEntry[]> {
    const file = await this.#open()
    const entries: BatchJournalEntry[] = []
    let end = 0
    for await (const { bytes, isEnded, number, offset } of readLines(file)) {
      // A part of a line: the process was killed before it did what it was about to.
      if (!isEnded) break
      const entry = readEntry(parseLine(bytes))
      if (entry === undefined) {
        throw new CommandError(`${this.#path}: line ${number} is not an entry of this command's`)
      }
      entries.push(entry)
      end = offset + bytes.length + 1
    }
    if (end < (await file.size())) await file.truncate(end)
    return entries
  }

  async append(entry: BatchJournalEntry): Promise<void> {
    if (entry.type === 'ended') await this.#beforeEnd()
    const file = await this.#open()
    try {
      await file.append(encoder.encode(`${JSON.stringify(entry)}\n`))
      await file.sync()
    } catch (error) {
      throw writeFailure(this.#path, error)
    }
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }

  /** There is nothing left to go on with. */
  async remove(): Promise<void> {
    await this.close()
    await this.#disk.remove(this.#path)
  }

  async #open(): Promise<DiskFile> {
    this.#file ??= await this.#disk.open(this.#path, 'write')
    return this.#file
  }
}

/**
 * Batches answer what was asked when they were begun. Whoever has removed the output wants to begin anew, perhaps with
 * other requests of the same ids, and would be given the old answers.
 *
 * @throws {CommandError} Where there are batches of an output that is gone.
 * @internal
 */
export async function assertNotLeftOver(disk: Disk, outputPath: string): Promise<void> {
  const path = journalPath(outputPath)
  const [size = 0, outputSize] = [await sizeOf(disk, path), await sizeOf(disk, outputPath)]
  if (size === 0 || outputSize !== undefined) return
  throw new CommandError(
    `${path} names batches that were begun, but ${outputPath} is gone: remove ${path} to begin anew ` +
      `(the old batches are paid for all the same), or make ${outputPath}, empty, to have their answers`,
  )
}

function journalPath(outputPath: string): string {
  return `${outputPath}.batches`
}

/** @returns Undefined where it is not there. */
async function sizeOf(disk: Disk, path: string): Promise<number | undefined> {
  let file: DiskFile
  try {
    file = await disk.open(path, 'read')
  } catch (error) {
    if (isCommandError(error)) return undefined
    throw error
  }
  try {
    return await file.size()
  } finally {
    await file.close()
  }
}

function readEntry(line: ReturnType<typeof parseLine>): BatchJournalEntry | undefined {
  if (!isJsonObject(line)) return undefined
  const { type, fileId, batchId, customIds } = line
  if (typeof fileId !== 'string') return undefined
  if (type === 'ended') return { type, fileId }
  if (type === 'created' && typeof batchId === 'string') return { type, fileId, batchId }
  const areIds = Array.isArray(customIds) && customIds.every((id) => typeof id === 'string')
  return type === 'uploaded' && areIds ? { type, fileId, customIds } : undefined
}
