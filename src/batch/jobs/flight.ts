/**
 * One batch, from the upload of its file to its end.
 */
import { readErrorMessage } from '../judge-answer.ts'
import { missingMax, type BatchCalls } from './batch-calls.ts'
import { isOver, type BatchState } from './batch-state.ts'
import type { BatchEntry, Load } from './entry.ts'
import type { BegunBatch, JournalWriter } from './journal.ts'

/** How a batch ended. `MISSING`: the server does not know it any more. @public */
export type BatchEnding = 'COMPLETED' | 'FAILED' | 'EXPIRED' | 'CANCELLED' | 'MISSING'

/** What is left of a batch when it is over. @internal */
export interface Landing {
  readonly ending: BatchEnding
  /** Why, where the server says so. */
  readonly error: string | undefined
  /** Of the answer that refused the batch. */
  readonly errorStatus: number | undefined
  readonly outputFileId: string | undefined
  readonly errorFileId: string | undefined
}

/** What a flight needs of its run. @internal */
export interface FlightSupport {
  readonly calls: BatchCalls
  readonly journal: JournalWriter
  /** Called when the batch is there. */
  readonly onCreated: () => void
}

/** @internal */
export class Flight {
  /** By their custom ids; of a batch of an earlier run, those that the source has shown. */
  readonly entries: Map<string, BatchEntry>
  /** Of an earlier run's batch: the requests that the source has not shown. */
  readonly unmet: Set<string>
  readonly isResumed: boolean
  readonly failures: number
  fileId: string | undefined
  batchId: string | undefined
  landing: Landing | undefined
  /** What of it has to be taken before it is struck off. */
  owed = 0

  constructor(load: Load, begun?: BegunBatch) {
    this.entries = new Map(load.entries.map((entry) => [entry.customId, entry]))
    this.failures = load.failures
    this.isResumed = begun !== undefined
    this.unmet = begun?.customIds ?? new Set()
    this.fileId = begun?.fileId
    this.batchId = begun?.batchId
  }

  /** Brings the batch to its end, which is then its `landing`. @throws What ends the run. */
  async fly(support: FlightSupport): Promise<void> {
    this.landing =
      (await this.#upload(support)) ??
      (await this.#create(support)) ??
      (await this.#follow(support))
  }

  async #upload({ calls, journal }: FlightSupport): Promise<Landing | undefined> {
    if (this.fileId !== undefined) return undefined
    const uploaded = await calls.upload([...this.entries.values()])
    if ('refused' in uploaded) return refusedWith(uploaded.refused)
    const customIds = [...this.entries.keys()]
    await journal.append({ type: 'uploaded', fileId: uploaded.value, customIds })
    this.fileId = uploaded.value
    return undefined
  }

  async #create({ calls, journal, onCreated }: FlightSupport): Promise<Landing | undefined> {
    const { fileId = '' } = this
    if (this.batchId === undefined) {
      const found = this.isResumed ? await calls.find(fileId) : undefined
      const created = found === undefined ? await calls.create(fileId) : { value: found }
      if ('refused' in created) return refusedWith(created.refused)
      this.batchId = created.value.id
      await journal.append({ type: 'created', fileId, batchId: this.batchId })
    }
    onCreated()
    return undefined
  }

  async #follow({ calls }: FlightSupport): Promise<Landing> {
    const { batchId = '' } = this
    // A batch of an earlier run may have ended long ago.
    let isFirst = this.isResumed
    let [missing, nameless] = [0, 0]
    while (missing < missingMax) {
      if (!isFirst) await calls.pause()
      isFirst = false
      const asked = await calls.retrieve(batchId)
      missing = 'refused' in asked ? missing + 1 : 0
      if ('refused' in asked || !isOver(asked.value)) continue
      // Its answers were paid for: the files may be named a while after the end.
      if (hasNamedFiles(asked.value)) return landingOf(asked.value)
      nameless += 1
      if (nameless >= missingMax) return landingOf(asked.value)
    }
    return nothingOf('MISSING', 'the batch is not there any more')
  }
}

/** Of a batch that failed nobody expects any. */
function hasNamedFiles({ status, outputFileId, errorFileId }: BatchState): boolean {
  return status === 'FAILED' || outputFileId !== undefined || errorFileId !== undefined
}

function landingOf({ status, error, outputFileId, errorFileId }: BatchState): Landing {
  const ending = endings.find((known) => known === status) ?? 'COMPLETED'
  return { ending, error, errorStatus: undefined, outputFileId, errorFileId }
}

const endings: readonly BatchEnding[] = ['COMPLETED', 'FAILED', 'EXPIRED', 'CANCELLED']

/** A batch that was never taken in fails as one that was and did. */
function refusedWith(answer: { readonly status: number; readonly text: string }): Landing {
  const status = answer.status === 0 ? undefined : answer.status
  return nothingOf('FAILED', readErrorMessage(answer), status)
}

function nothingOf(ending: BatchEnding, error: string, errorStatus?: number): Landing {
  return { ending, error, errorStatus, outputFileId: undefined, errorFileId: undefined }
}
