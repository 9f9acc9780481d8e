/**
 * What tests of batch runs have in common: a mock whose batches take seconds, requests, journals, and a look at the server.
 */
import type {
  BatchJournal,
  BatchJournalEntry,
  BatchOutcome,
  iterateBatch,
  RunRequest,
} from '../../src/batch/index.ts'
import { BatchWorld, type BatchWorldOptions } from './batch-world.ts'

/** @internal */
export const chatModel = 'Qwen/Qwen2.5-7B-Instruct-Turbo'

/** A world in which a batch takes ten minutes. @internal */
export function open(options: BatchWorldOptions = {}): BatchWorld {
  const batchDurationMs = { min: 600_000, max: 600_000 }
  return new BatchWorld({ ...options, mock: { batchDurationMs, ...options.mock } })
}

/** @internal */
export function chat(customId: string, fields: object = {}): RunRequest {
  const messages = [{ role: 'user', content: customId }]
  return { customId, body: { model: chatModel, messages, ...fields } }
}

/** Requests `r0`, `r1` …. @internal */
export function chats(count: number): RunRequest[] {
  return Array.from({ length: count }, (_, index) => chat(`r${index}`))
}

/** A batch as the mock shows it. @internal */
export interface SeenBatch {
  readonly id: string
  readonly status: string
  readonly input_file_id: string
}

/** All batches that the server has seen, the oldest first. @internal */
export function batchesOf({ mock, clock }: BatchWorld): SeenBatch[] {
  return JSON.parse(mock.handle(get('/v1/batches'), clock.now()).body)
}

/** The ids in a file on the server. @internal */
export function idsInFile({ mock, clock }: BatchWorld, fileId: string): string[] {
  const { bytes } = mock.handle(get(`/v1/files/${fileId}/content`), clock.now())
  return new TextDecoder()
    .decode(bytes)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).custom_id)
}

/** The ids in the batches that the server has seen. @internal */
export function idsInBatches(world: BatchWorld): string[][] {
  return batchesOf(world).map((batch) => idsInFile(world, batch.input_file_id))
}

/** How many requests these batches have, the smallest first. @internal */
export function sizesOf(world: BatchWorld): number[] {
  return idsInBatches(world)
    .map(({ length }) => length)
    .toSorted((one, two) => one - two)
}

function get(path: string): { method: string; path: string; headers: Record<string, string> } {
  return { method: 'GET', path, headers: { authorization: 'Bearer key' } }
}

/** A journal in memory; a process that is gone leaves its entries. @internal */
export class MemoryJournal implements BatchJournal {
  readonly entries: BatchJournalEntry[] = []

  load(): BatchJournalEntry[] {
    return [...this.entries]
  }

  append(entry: BatchJournalEntry): Promise<void> {
    this.entries.push(entry)
    return Promise.resolve()
  }
}

/** Takes outcomes until there are no more, each as it comes. @internal */
export async function takeAll(
  outcomes: ReturnType<typeof iterateBatch>,
  taken: BatchOutcome[] = [],
): Promise<BatchOutcome[]> {
  for await (const outcome of outcomes) taken.push(outcome)
  return taken
}
