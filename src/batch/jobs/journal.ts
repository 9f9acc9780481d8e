/**
 * What a batch run writes down, so that another can go on where it was killed, at whatever moment that was.
 *
 * A file is named before a batch is created from it: a batch that nobody heard of can then be found by its file. It is
 * struck off when all that came of it has been taken.
 */

/** One thing that happened; it can be written as JSON. @public */
export type BatchJournalEntry =
  | {
      /** A file with these requests is there, and a batch is about to be created from it. */
      readonly type: 'uploaded'
      readonly fileId: string
      readonly customIds: readonly string[]
    }
  | { readonly type: 'created'; readonly fileId: string; readonly batchId: string }
  | {
      /** Every outcome of the batch was taken: its requests are not looked for in it any more. */
      readonly type: 'ended'
      readonly fileId: string
    }

/** Where entries outlast the process. @public */
export interface BatchJournal {
  /** All entries so far, in their order. Called once, before anything is sent. */
  load(): Iterable<BatchJournalEntry> | Promise<Iterable<BatchJournalEntry>>
  /** Adds one; when it resolves the entry outlasts a crash. Called for one at a time. What it throws ends the run. */
  append(entry: BatchJournalEntry): Promise<void>
}

/**
 * Strikes nothing off until it is told to: for a caller that gets all outcomes at the end, and has none of them when the
 * run is aborted or killed before.
 *
 * @internal
 */
export class HeldJournal implements BatchJournal {
  readonly #journal: BatchJournal
  readonly #held: BatchJournalEntry[] = []
  #writing: Promise<void> = Promise.resolve()

  constructor(journal: BatchJournal) {
    this.#journal = journal
  }

  load(): ReturnType<BatchJournal['load']> {
    return this.#journal.load()
  }

  async append(entry: BatchJournalEntry): Promise<void> {
    if (entry.type === 'ended') {
      this.#held.push(entry)
      return
    }
    const writing = this.#journal.append(entry)
    // A run that stops does not wait for what it was writing.
    this.#writing = writing.catch(() => undefined)
    await writing
  }

  /** The caller has the outcomes. @throws What the journal throws. */
  async strikeOff(): Promise<void> {
    await this.#writing
    for (const entry of this.#held.splice(0)) await this.#journal.append(entry)
  }
}

/** A batch that an earlier run has begun. @internal */
export interface BegunBatch {
  readonly fileId: string
  /** Undefined where it is not known whether there is one. */
  batchId: string | undefined
  /** The requests that no later batch has taken over. */
  readonly customIds: Set<string>
}

/** What is left of earlier runs, the oldest first. Pure. @internal */
export function findBegun(entries: Iterable<BatchJournalEntry>): readonly BegunBatch[] {
  const begun = new Map<string, BegunBatch>()
  const holders = new Map<string, BegunBatch>()
  for (const entry of entries) {
    if (entry.type === 'uploaded') {
      const batch = {
        fileId: entry.fileId,
        batchId: undefined,
        customIds: new Set(entry.customIds),
      }
      begun.set(entry.fileId, batch)
      for (const customId of entry.customIds) {
        // A request goes into a second batch only when the first had no answer to it.
        holders.get(customId)?.customIds.delete(customId)
        holders.set(customId, batch)
      }
    } else if (entry.type === 'created') {
      const batch = begun.get(entry.fileId)
      if (batch !== undefined) batch.batchId = entry.batchId
    } else if (entry.type === 'ended') begun.delete(entry.fileId)
  }
  return [...begun.values()]
}

/** Writes entries one after the other. @internal */
export class JournalWriter {
  readonly #journal: BatchJournal | undefined
  #last: Promise<void> = Promise.resolve()

  constructor(journal: BatchJournal | undefined) {
    this.#journal = journal
  }

  async load(): Promise<readonly BegunBatch[]> {
    return this.#journal === undefined ? [] : findBegun(await this.#journal.load())
  }

  /** Resolves when it is written. @throws What this one, or one before it, throws. */
  append(entry: BatchJournalEntry): Promise<void> {
    const journal = this.#journal
    if (journal === undefined) return this.#last
    this.#last = this.#last.then(() => journal.append(entry))
    return this.#last
  }
}
