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
    const entry: Draft = { atMs, method, path, key, endpoint, model, status, counted }
    // One by one: whoever listens to requests is given an entry of each, and a spread takes as long as a request.
    if (this.countedIn !== undefined) entry.countedIn = this.countedIn
    if (this.tokens !== undefined) entry.tokens = this.tokens
    if (this.delayMs !== undefined) entry.delayMs = this.delayMs
    if (this.replica !== undefined) entry.replica = this.replica
    if (this.reason !== undefined) entry.reason = this.reason
    if (this.refusedBy !== undefined) entry.refusedBy = this.refusedBy
    if (this.fault !== undefined) entry.fault = this.fault
    if (this.freesAtMs !== undefined) entry.freesAtMs = this.freesAtMs
    return entry
  }
}

type Draft = { -readonly [Name in keyof JournalEntry]: JournalEntry[Name] }

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
