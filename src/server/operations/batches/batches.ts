/**
 * `/v1/batches`: create from an uploaded file, list, retrieve, cancel.
 */

import { badRequest, notFound, type Problem } from '../problems.ts'
import { COMPLETION_WINDOW_MS, doneCount, failedCount, statusOf, type Batch } from './batch-life.ts'
import { cancelOf, retrieveOf, type JobKind } from '../job-operations.ts'
import { countLines } from '../files/json-lines.ts'
import { cutFiles, startBatch } from './start-batch.ts'
import { findFileOf } from '../files/files.ts'
import { endsAtMs, isFinished } from '../../state/job-store.ts'
import { textOf, type BodyRules, type JsonObject } from '../body-rules.ts'
import type { BatchDetails, Call, Operation, ServerState } from '../operation.ts'
import type { StoredFile } from '../../state/file-store.ts'

/** Together's own numbers, for profiles that name none. */
const defaultLimits = { requestsMax: 50_000, bytesMax: 100_000_000 }

const endpoints = ['/v1/chat/completions', '/v1/audio/transcriptions', '/v1/audio/translations']

const rules: BodyRules = [
  ['endpoint', { kind: 'string', isRequired: true, oneOf: endpoints }],
  ['input_file_id', { kind: 'string', isRequired: true, min: 1, max: 256 }],
  ['completion_window', { kind: 'string', max: 64 }],
  ['priority', { kind: 'whole' }],
  ['model_id', { kind: 'string', min: 1 }],
]

/** Starts a batch. Broken lines fail the batch once it is validated, too many requests are refused at once. @internal */
export const createBatch: Operation = {
  endpoint: 'batches',
  rules,
  model: { field: 'model_id', types: ['chat'] },
  startsJob: true,
  check: (call, state) => checkInput(call, state),
  act: (call, state) => {
    const batch = startBatch(call, inputOf(call, state)?.bytes ?? emptyFile, state)
    return { status: 201, body: JSON.stringify({ job: describe(batch, call.atMs, state) }) }
  },
}

/** Lists the key's batches, the oldest first. @internal */
export const listBatches: Operation = {
  endpoint: 'batches',
  act: (call, state) => {
    const batches = state.batches.list(call.key).map((batch) => describe(batch, call.atMs, state))
    return { status: 200, body: JSON.stringify(batches) }
  },
}

const batchKind: JobKind<BatchDetails> = {
  endpoint: 'batches',
  noun: 'batch',
  storeOf: (state) => state.batches,
  statusOf,
  describe,
  missing: () => notFound('there is no such batch', 'batch_not_found'),
  cancelled: cutFiles,
}

/** Tells how far a batch is. @internal */
export const retrieveBatch: Operation = retrieveOf(batchKind)

/** Cancels an unfinished batch, at once. @internal */
export const cancelBatch: Operation = cancelOf(batchKind)

/** What is wrong with the input file, as far as that is looked at before the batch is taken in. */
function checkInput(call: Call, state: ServerState): Problem | undefined {
  const { batches: limits = defaultLimits } = state.profile
  const field = 'input_file_id'
  const file = inputOf(call, state)
  if (file === undefined) return badRequest('there is no such file', field)
  if (file.purpose !== 'batch-api') {
    return badRequest(`the file is for ${file.purpose}, a batch takes one for batch-api`, field)
  }
  if (file.bytes === undefined) return badRequest('the file has not been sent yet', field)
  if (file.bytes.length > limits.bytesMax) {
    return badRequest(`the file has more than ${limits.bytesMax} bytes`, field)
  }
  return countLines(file.bytes, limits.requestsMax + 1) > limits.requestsMax
    ? badRequest(`a batch has at most ${limits.requestsMax} requests, this file has more`, field)
    : undefined
}

function inputOf({ body, key, atMs }: Call, state: ServerState): StoredFile | undefined {
  return findFileOf(key, textOf(body, 'input_file_id'), { atMs, state })
}

function describe(batch: Batch, nowMs: number, { time }: ServerState): JsonObject {
  const { details, createdAtMs } = batch
  const { error, modelId, requestCount } = details
  const done = doneCount(batch, nowMs)
  const failed = failedCount(batch, nowMs)
  const isOver = isFinished(batch, nowMs)
  const isCompleted = statusOf(batch, nowMs) === 'COMPLETED'
  // No field is ever null: the API description allows that for none of them.
  return {
    id: batch.id,
    user_id: 'mock-user',
    input_file_id: details.inputFileId,
    file_size_bytes: details.inputBytes,
    status: statusOf(batch, nowMs),
    job_deadline: time.isoTime(createdAtMs + COMPLETION_WINDOW_MS),
    created_at: time.isoTime(createdAtMs),
    endpoint: details.endpoint,
    progress: isCompleted ? 100 : Math.floor((100 * done) / Math.max(1, requestCount)),
    ...(modelId === undefined ? {} : { model_id: modelId }),
    ...(isOver && done > failed ? { output_file_id: details.outputFileId } : {}),
    ...(isOver && failed > 0 ? { error_file_id: details.errorFileId } : {}),
    ...(isOver && error !== undefined ? { error } : {}),
    ...(isCompleted ? { completed_at: time.isoTime(endsAtMs(batch)) } : {}),
  }
}

const emptyFile = new Uint8Array()
