/**
 * `/v1/batches`: create, list, retrieve, cancel, with the life of a batch in simulated time.
 *
 * A batch passes through VALIDATING and IN_PROGRESS to COMPLETED. The mock has no files yet: any input file id is taken.
 */

import { cancelOf, retrieveOf, type JobKind } from './job-operations.ts'
import { endsAtMs, progressOf, type Job } from '../state/job-store.ts'
import { notFound } from './problems.ts'
import { textOf, type BodyRules, type JsonObject } from './body-rules.ts'
import type { BatchDetails, Operation, ServerState } from './operation.ts'

type Batch = Job<BatchDetails>

/** The share of the whole time that validation takes. */
const VALIDATION_SHARE = 0.1
const DAY_MS = 86_400_000

const endpoints = ['/v1/chat/completions', '/v1/audio/transcriptions', '/v1/audio/translations']

const rules: BodyRules = [
  ['endpoint', { kind: 'string', isRequired: true, oneOf: endpoints }],
  ['input_file_id', { kind: 'string', isRequired: true, min: 1, max: 256 }],
  ['completion_window', { kind: 'string', max: 64 }],
  ['priority', { kind: 'whole' }],
  ['model_id', { kind: 'string', min: 1 }],
]

/** Starts a batch. @internal */
export const createBatch: Operation = {
  endpoint: 'batches',
  rules,
  model: { field: 'model_id', types: ['chat'] },
  startsJob: true,
  act: (call, state) => {
    const batch: Batch = {
      id: state.nextUuid(),
      key: call.key,
      createdAtMs: call.atMs,
      durationMs: state.drawDurationMs('batches'),
      details: {
        inputFileId: textOf(call.body, 'input_file_id'),
        endpoint: textOf(call.body, 'endpoint'),
        modelId: call.model?.id,
      },
      cancelledAtMs: undefined,
    }
    state.batches.add(batch)
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
}

/** Tells how far a batch is. @internal */
export const retrieveBatch: Operation = retrieveOf(batchKind)

/** Cancels an unfinished batch, at once. @internal */
export const cancelBatch: Operation = cancelOf(batchKind)

function statusOf(batch: Batch, nowMs: number): string {
  if (batch.cancelledAtMs !== undefined) return 'CANCELLED'
  const progress = progressOf(batch, nowMs)
  if (progress < VALIDATION_SHARE) return 'VALIDATING'
  return progress < 1 ? 'IN_PROGRESS' : 'COMPLETED'
}

function describe(batch: Batch, nowMs: number, { time }: ServerState): JsonObject {
  const { inputFileId, endpoint, modelId } = batch.details
  const status = statusOf(batch, nowMs)
  const isCompleted = status === 'COMPLETED'
  return {
    id: batch.id,
    user_id: 'mock-user',
    input_file_id: inputFileId,
    file_size_bytes: 0,
    status,
    job_deadline: time.isoTime(batch.createdAtMs + DAY_MS),
    created_at: time.isoTime(batch.createdAtMs),
    endpoint,
    progress: Math.floor(100 * progressOf(batch, nowMs)),
    ...(modelId === undefined ? {} : { model_id: modelId }),
    ...(isCompleted ? { output_file_id: `file-${batch.id}-output` } : {}),
    ...(isCompleted ? { completed_at: time.isoTime(endsAtMs(batch)) } : {}),
  }
}
