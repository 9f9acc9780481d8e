/**
 * Calls the long runs as their users do, and takes what they hand out: one by one, or all at the end.
 */
import { systemClock } from '../../src/core/clock.ts'
import type { EmbeddedText, RunOutcome, RunRequest } from '../../src/batch/index.ts'
import type { Workloads } from '../subjects/types.ts'
import { bodyOf } from './output-file.ts'
import { simulatedFile } from './requests.ts'
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
  if (kind === 'fine-tunes') return awaitJobs(taking)
  if (kind === 'batch') {
    return form === 'iterate' ? takeEach(taking, startBatches) : awaitBatches(taking)
  }
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

async function* startBatches(taking: Taking): Results {
  const { workloads } = taking
  const outcomes = workloads.iterateBatch(requestsOf(taking), batchOptionsOf(taking))
  for await (const outcome of outcomes) yield ofOutcome(outcome)
}

async function awaitBatches(taking: Taking): Promise<WorkEnd> {
  return awaitAll(taking, async () => {
    const { outcomes } = await taking.workloads.runBatch(requestsOf(taking), batchOptionsOf(taking))
    return outcomes
  })
}

/** All are added at once; the queue starts them as there are places. */
async function awaitJobs({ work, workloads, api, note }: Taking): Promise<WorkEnd> {
  const { model, outageMsMax, pollMs = 0 } = work.plan
  const times = { outageMsMax, pollMsMin: pollMs, pollMsMax: 2 * pollMs }
  const queue = workloads.createFineTuneQueue({ ...api, ...times })
  const jobs = work.inputs.map(async ({ id, content: suffix }, index) => {
    const job = await queue.add({ training_file: simulatedFile.id, model, suffix })
    note({ index, id, model, value: job.id, status: undefined })
  })
  await Promise.all(jobs)
  await queue.idle()
  return 'completed'
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
  return awaitAll(taking, () => taking.workloads.runRequests(requestsOf(taking), optionsOf(taking)))
}

async function awaitAll(
  { note, work }: Taking,
  run: () => Promise<readonly RunOutcome[]>,
): Promise<WorkEnd> {
  try {
    for (const outcome of await run()) note(ofOutcome(outcome))
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
  return work.inputs.map((input) => ({ customId: input.id, body: bodyOf(input, work.plan) }))
}

function batchOptionsOf({ work, api }: Taking): object {
  const { outageMsMax, pollMs = 0 } = work.plan
  return { ...api, outageMsMax, pollMsMin: pollMs, pollMsMax: 2 * pollMs }
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
