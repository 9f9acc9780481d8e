/**
 * Calls the long runs as their users do, and takes what they hand out: one by one, or all at the end.
 */
import { systemClock } from '../../src/core/clock.ts'
import type { EmbeddedText, RunOutcome, RunRequest } from '../../src/batch/index.ts'
import type { Workloads } from '../subjects/types.ts'
import { vectorValue, type WorkEnd, type WorkRecord, type WorkResult } from './work-record.ts'

/** What a run is given, and who is told of its results. */
export interface Taking {
  work: WorkRecord
  workloads: Workloads
  api: {
    fetch: typeof globalThis.fetch
    signal: AbortSignal | undefined
    apiKey: string
    baseURL: string
  }
  note: (result: Omit<WorkResult, 'atMs'>) => void
}

/** Returns when all results have been taken, or the consumer has left. @throws What the run does. */
export function takeResults(taking: Taking): Promise<WorkEnd> {
  const { kind, form } = taking.work.plan
  if (kind === 'embed') {
    return form === 'iterate' ? takeEach(taking, startEmbedding) : awaitVectors(taking)
  }
  return form === 'iterate' ? takeEach(taking, startRequests) : awaitOutcomes(taking)
}

/** Results, each once it is asked for. */
type Results = AsyncGenerator<Omit<WorkResult, 'atMs'>>

async function takeEach(taking: Taking, start: (taking: Taking) => Results): Promise<WorkEnd> {
  const { work, note } = taking
  const { takingMs, leavesAfter } = work.plan
  for await (const result of start(taking)) {
    note(result)
    if (takingMs > 0) await pause(takingMs)
    if (work.results.length === leavesAfter) return 'left'
  }
  return 'completed'
}

async function* startEmbedding(taking: Taking): Results {
  const { work, workloads } = taking
  const texts = stream(work.inputs.map(({ content }) => content))
  for await (const outcome of workloads.embedDocuments(texts, work.plan.model, optionsOf(taking))) {
    yield ofText(taking, outcome)
  }
}

async function* startRequests(taking: Taking): Results {
  const { workloads } = taking
  for await (const outcome of workloads.iterateRequests(requestsOf(taking), optionsOf(taking))) {
    yield ofOutcome(outcome)
  }
}

async function awaitVectors(taking: Taking): Promise<WorkEnd> {
  const { work, workloads, note } = taking
  const texts = work.inputs.map(({ content }) => content)
  try {
    const { model } = work.plan
    const vectors = await workloads.batchEmbedDocuments(texts, model, optionsOf(taking))
    for (const [index, embedding] of vectors.entries()) note(ofText(taking, { index, embedding }))
  } catch (error) {
    const { results, failures, cause } = readPartial<number[]>(error)
    const byIndex = new Map(failures.map((failure) => [failure.index, failure]))
    for (const [index, embedding] of results.entries()) {
      const failure = byIndex.get(index)
      if (embedding !== undefined) note(ofText(taking, { index, embedding }))
      if (failure !== undefined) note(ofText(taking, { index, failure }))
    }
    if (cause !== undefined) throw cause
  }
  return 'completed'
}

async function awaitOutcomes(taking: Taking): Promise<WorkEnd> {
  const { workloads, note, work } = taking
  try {
    const outcomes = await workloads.runRequests(requestsOf(taking), optionsOf(taking))
    for (const outcome of outcomes) note(ofOutcome(outcome))
  } catch (error) {
    const { results, failures, cause } = readPartial<RunOutcome>(error)
    const byIndex = new Map(failures.map((failure) => [failure.index, failure]))
    for (const [index, outcome] of results.entries()) {
      const failure = byIndex.get(index)
      const customId = work.inputs[index]?.id ?? ''
      if (outcome !== undefined) note(ofOutcome(outcome))
      if (failure !== undefined) note(ofOutcome({ index, customId, failure }))
    }
    if (cause !== undefined) throw cause
  }
  return 'completed'
}

interface Partial<Result> {
  results: readonly (Result | undefined)[]
  failures: readonly { index: number; status: number | undefined; message: string }[]
  cause?: unknown
}

/** @throws What is no error of that kind. */
function readPartial<Result>(error: unknown): Partial<Result> {
  if ((Object(error) as { code?: unknown }).code === 'PARTIAL_RESULT')
    return error as Partial<Result>
  throw error
}

function ofText(
  { work }: Taking,
  { index, embedding, failure }: EmbeddedText,
): Omit<WorkResult, 'atMs'> {
  const value = embedding === undefined ? undefined : vectorValue(embedding)
  return { index, id: '', model: work.plan.model, value, status: failure?.status }
}

function ofOutcome(outcome: RunOutcome): Omit<WorkResult, 'atMs'> {
  const { index, customId: id, failure } = outcome
  if (failure !== undefined) {
    return { index, id, model: '', value: undefined, status: failure.status }
  }
  const { model = '', response } = outcome
  return { index, id, model, value: JSON.stringify(response), status: undefined }
}

function requestsOf({ work }: Taking): RunRequest[] {
  const { model } = work.plan
  return work.inputs.map(({ id, content }) => {
    const messages = [{ role: 'user', content }]
    return { customId: id, body: { model, messages, max_tokens: 1 } }
  })
}

function optionsOf({ work, api }: Taking): object {
  const { kind, batchSize, inFlightMax, outageMsMax, fallbackModels } = work.plan
  const own = kind === 'embed' ? { batchSize } : { fallbackModels }
  return { ...api, ...own, inFlightMax, outageMsMax }
}

/** As lines of a file come. */
async function* stream<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    systemClock.setTimer(resolve, delayMs)
  })
}
