/**
 * The newest requests, in order: a ring of bounded length.
 */

import type { JournalEntry } from '../contract.ts'

/** Keeps the newest `lengthMax` entries. @internal */
export class Journal {
  readonly lengthMax: number
  readonly #entries: JournalEntry[] = []
  #oldest = 0

  constructor(lengthMax: number) {
    this.lengthMax = lengthMax
  }

  get length(): number {
    return this.#entries.length
  }

  append(entry: JournalEntry): void {
    if (this.#entries.length < this.lengthMax) {
      this.#entries.push(entry)
      return
    }
    if (this.lengthMax === 0) return
    this.#entries[this.#oldest] = entry
    this.#oldest = (this.#oldest + 1) % this.lengthMax
  }

  clear(): void {
    this.#entries.length = 0
    this.#oldest = 0
  }

  /** A copy, the oldest first. */
  read(): readonly JournalEntry[] {
    return [...this.#entries.slice(this.#oldest), ...this.#entries.slice(0, this.#oldest)]
  }
}

/** The end of a key: at most four characters and at most a quarter of it. @internal */
export function redactKey(key: string): string {
  if (key === '') return ''
  const shown = Math.min(4, Math.floor(key.length / 4))
  return `…${key.slice(key.length - shown)}`
}
