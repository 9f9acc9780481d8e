/**
 * The newest requests, in order: a ring of bounded length.
 *
 * Its records are used again and again: a server under load would otherwise spend more on throwing them away than on all
 * that it writes into them.
 */

import type { JournalEntry } from '../contract.ts'
import type { ServerEndpoint } from '../profiles/server-profile.ts'

/** What is kept of a request: an entry with a place for everything. @internal */
export class JournalRecord {
  atMs = 0
  method = ''
  path = ''
  key = ''
  endpoint: ServerEndpoint | undefined = undefined
  model: string | undefined = undefined
  status = 0
  counted = false
  countedIn: readonly string[] | undefined = undefined
  tokens: number | undefined = undefined
  delayMs: number | undefined = undefined
  replica: number | undefined = undefined
  reason: string | undefined = undefined
  refusedBy: string | undefined = undefined
  fault: string | undefined = undefined
  freesAtMs: number | undefined = undefined

  /** An entry of its own, without what is not there. */
  toEntry(): JournalEntry {
    const { atMs, method, path, key, endpoint, model, status, counted } = this
    const entry: Record<string, unknown> = {}
    for (const name of optionalNames) if (this[name] !== undefined) entry[name] = this[name]
    return { atMs, method, path, key, endpoint, model, status, counted, ...entry }
  }
}

const optionalNames = [
  'countedIn',
  'tokens',
  'delayMs',
  'replica',
  'reason',
  'refusedBy',
  'fault',
  'freesAtMs',
] as const

/** Keeps the newest `lengthMax` records. @internal */
export class Journal {
  readonly lengthMax: number
  readonly #records: JournalRecord[] = []
  #oldest = 0

  constructor(lengthMax: number) {
    this.lengthMax = lengthMax
  }

  get length(): number {
    return this.#records.length
  }

  /** The record of the next request, with what is left of an older one in it; undefined where nothing is kept. */
  next(): JournalRecord | undefined {
    if (this.#records.length < this.lengthMax) {
      const record = new JournalRecord()
      this.#records.push(record)
      return record
    }
    if (this.lengthMax === 0) return undefined
    const record = this.#records[this.#oldest]
    this.#oldest = (this.#oldest + 1) % this.lengthMax
    return record
  }

  clear(): void {
    this.#records.length = 0
    this.#oldest = 0
  }

  /** Copies, the oldest first. */
  read(): readonly JournalEntry[] {
    const records = [...this.#records.slice(this.#oldest), ...this.#records.slice(0, this.#oldest)]
    return records.map((record) => record.toEntry())
  }
}

let lastKey = ''
let lastRedacted = ''

/** The end of a key: at most four characters and at most a quarter of it. @internal */
export function redactKey(key: string): string {
  if (key === '') return ''
  // Most requests come with the key of the one before.
  if (key === lastKey) return lastRedacted
  const shown = Math.min(4, Math.floor(key.length / 4))
  lastKey = key
  lastRedacted = `…${key.slice(key.length - shown)}`
  return lastRedacted
}
