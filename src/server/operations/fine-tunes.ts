/**
 * `/v1/fine-tunes`: create, list, retrieve, cancel, with the life of a job in simulated time.
 *
 * A job passes through pending, queued, running, compressing and uploading to completed; its place among the concurrent
 * jobs is free again from the instant at which it is completed or cancelled.
 */

import { cancelOf, retrieveOf, type JobKind } from './job-operations.ts'
import { endsAtMs, progressOf, type Job } from '../state/job-store.ts'
import { notFound } from './problems.ts'
import { numberOf, textOf, type BodyRules, type JsonObject } from './body-rules.ts'
import type { FineTuneDetails, Operation, ServerState } from './operation.ts'

type FineTune = Job<FineTuneDetails>

/** The stages of a job that is left alone, each with the share of the whole time at which it is over. */
const stages = [
  ['pending', 0.05],
  ['queued', 0.15],
  ['running', 0.85],
  ['compressing', 0.92],
  ['uploading', 1],
] as const

const rules: BodyRules = [
  ['training_file', { kind: 'string', isRequired: true, min: 1, max: 256 }],
  ['model', { kind: 'string', isRequired: true, min: 1 }],
  ['n_epochs', { kind: 'whole', min: 1, max: 100 }],
  ['n_checkpoints', { kind: 'whole', min: 0, max: 10 }],
  ['suffix', { kind: 'string', max: 64 }],
  ['learning_rate', { kind: 'number', min: 0 }],
]

/** Starts a job. @internal */
export const createFineTune: Operation = {
  endpoint: 'fine-tunes',
  rules,
  model: { field: 'model', types: ['chat'] },
  startsJob: true,
  act: (call, state) => {
    const job: FineTune = {
      id: state.nextUuid(),
      key: call.key,
      createdAtMs: call.atMs,
      durationMs: state.drawDurationMs('fine-tunes'),
      details: readDetails(call.body),
      cancelledAtMs: undefined,
    }
    state.fineTunes.add(job)
    return { status: 200, body: JSON.stringify(describe(job, call.atMs, state)) }
  },
}

/** Lists the key's jobs, the oldest first. @internal */
export const listFineTunes: Operation = {
  endpoint: 'fine-tunes',
  act: (call, state) => {
    const data = state.fineTunes.list(call.key).map((job) => describe(job, call.atMs, state))
    return { status: 200, body: JSON.stringify({ data }) }
  },
}

const fineTuneKind: JobKind<FineTuneDetails> = {
  endpoint: 'fine-tunes',
  noun: 'job',
  storeOf: (state) => state.fineTunes,
  statusOf,
  describe,
  missing: () => notFound('there is no such fine-tune job', 'job_not_found'),
}

/** Tells how far a job is. @internal */
export const retrieveFineTune: Operation = retrieveOf(fineTuneKind)

/** Cancels an unfinished job, at once. @internal */
export const cancelFineTune: Operation = cancelOf(fineTuneKind)

/** The job's stage at an instant. */
function statusOf(job: FineTune, nowMs: number): string {
  if (job.cancelledAtMs !== undefined) return 'cancelled'
  const progress = progressOf(job, nowMs)
  return stages.find(([, until]) => progress < until)?.[0] ?? 'completed'
}

function describe(job: FineTune, nowMs: number, { time }: ServerState): JsonObject {
  const updatedAtMs = Math.min(nowMs, job.cancelledAtMs ?? endsAtMs(job))
  const { trainingFile, model, suffix, epochs } = job.details
  const status = statusOf(job, nowMs)
  return {
    id: job.id,
    status,
    created_at: time.isoTime(job.createdAtMs),
    updated_at: time.isoTime(updatedAtMs),
    user_id: 'mock-user',
    training_file: trainingFile,
    model,
    suffix,
    n_epochs: epochs,
    ...(status === 'completed'
      ? { output_name: `mock-user/${model.split('/').at(-1)}-${job.id}` }
      : {}),
  }
}

function readDetails(body: JsonObject): FineTuneDetails {
  return {
    trainingFile: textOf(body, 'training_file'),
    model: textOf(body, 'model'),
    suffix: textOf(body, 'suffix'),
    epochs: numberOf(body, 'n_epochs') ?? 1,
  }
}
