/**
 * The input of a command: a file of JSON lines, each with a `custom_id` of its own.
 *
 * All of it is looked at before anything is sent: what is wrong with line 900,000 has to come out before the others were
 * paid for.
 */
import { CommandError, exitCodes } from './command-error.ts'
import type { DiskFile } from './files/disk.ts'
import { isBlank, parseLine, type JsonObject } from './files/json-line.ts'
import { readLines, type FileLine } from './files/read-lines.ts'

/** A line of the input. @internal */
export interface InputItem {
  /** Its place among the items, from 0. */
  readonly ordinal: number
  readonly customId: string
  readonly line: JsonObject
}

/** What is wrong with a line, if anything: the end of a sentence that begins with it. @internal */
export type LineCheck = (line: JsonObject) => string | undefined

/** @internal */
export interface InputCheckOptions {
  readonly findFault: LineCheck
  readonly signal: AbortSignal | undefined
}

/** So many faults are named; the rest will look like them. */
const faultsNamedMax = 5

/** @internal */
export class Input {
  readonly #file: DiskFile
  readonly #path: string
  readonly #ordinals: ReadonlyMap<string, number>

  private constructor(file: DiskFile, path: string, ordinals: ReadonlyMap<string, number>) {
    this.#file = file
    this.#path = path
    this.#ordinals = ordinals
  }

  /**
   * Reads all of it.
   *
   * @throws {CommandError} Naming the lines that are wrong, and in what.
   * @throws The signal's reason, when it is aborted meanwhile.
   */
  static async check(
    file: DiskFile,
    path: string,
    { findFault, signal }: InputCheckOptions,
  ): Promise<Input> {
    const faults = new Faults(path)
    const numbers = new Map<string, number>()
    const ordinals = new Map<string, number>()
    for await (const line of readLines(file)) {
      signal?.throwIfAborted()
      if (isBlank(line.bytes)) continue
      const item = parseItem(line)
      if (typeof item === 'string') faults.add(line, item)
      else if (ordinals.has(item.customId)) {
        faults.add(line, `has the custom_id of line ${numbers.get(item.customId)}`)
      } else {
        numbers.set(item.customId, line.number)
        ordinals.set(item.customId, ordinals.size)
        faults.add(line, findFault(item.line))
      }
    }
    faults.throwIfAny()
    return new Input(file, path, ordinals)
  }

  /** How many items there are. */
  get count(): number {
    return this.#ordinals.size
  }

  /** @returns Undefined where there is no such item. */
  ordinalOf(customId: string): number | undefined {
    return this.#ordinals.get(customId)
  }

  /**
   * The items that are wanted, in order.
   *
   * @throws {CommandError} Where the file is not what it was.
   */
  async *read(isWanted: (ordinal: number) => boolean): AsyncGenerator<InputItem, void, undefined> {
    let ordinal = 0
    for await (const line of readLines(this.#file)) {
      if (isBlank(line.bytes)) continue
      if (isWanted(ordinal)) {
        const item = parseItem(line)
        if (typeof item === 'string' || this.#ordinals.get(item.customId) !== ordinal) {
          throw this.#changed()
        }
        yield { ordinal, ...item }
      }
      ordinal += 1
    }
    if (ordinal < this.count) throw this.#changed()
  }

  #changed(): CommandError {
    return new CommandError(`${this.#path} was changed meanwhile; start again`, exitCodes.stopped)
  }
}

function parseItem({ bytes, number }: FileLine): Omit<InputItem, 'ordinal'> | string {
  const line = parseLine(number === 1 ? withoutByteOrderMark(bytes) : bytes)
  if (typeof line === 'string') return line
  const { custom_id: customId } = line
  return typeof customId === 'string' && customId !== ''
    ? { customId, line }
    : 'has no custom_id, a string that is not empty'
}

/** Some editors put one before the first line. */
function withoutByteOrderMark(bytes: Uint8Array): Uint8Array {
  const isThere = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return isThere ? bytes.subarray(3) : bytes
}

/** What is wrong with the lines of a file, as far as anybody wants to read it. */
class Faults {
  readonly #path: string
  readonly #named: string[] = []
  #count = 0

  constructor(path: string) {
    this.#path = path
  }

  add({ number }: FileLine, fault: string | undefined): void {
    if (fault === undefined) return
    this.#count += 1
    if (this.#count <= faultsNamedMax) this.#named.push(`line ${number} ${fault}`)
  }

  throwIfAny(): void {
    if (this.#count === 0) return
    const more = this.#count - this.#named.length
    throw new CommandError(
      `${this.#path}: ${this.#named.join('; ')}${more > 0 ? `; and ${more} more` : ''}. ` +
        'Mend these lines or take them out, then start again; nothing was sent',
    )
  }
}
