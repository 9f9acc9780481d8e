/**
 * `POST /v1/models` takes a model in, `GET /v1/jobs` tells how far that is. Nothing is fetched from anywhere.
 */

import { endsAtMs, progressOf, type Job } from '../state/job-store.ts'
import { notFound } from './problems.ts'
import { findOrMakeUp } from './stand-in.ts'
import { textOf, type BodyRules, type JsonObject } from './body-rules.ts'
import type { ModelUploadDetails, Operation, ServerState } from './operation.ts'

type Upload = Job<ModelUploadDetails>

/** The stages of an upload, each with the share of the whole time at which it begins. */
const stages = [
  ['Queued', 0],
  ['Running', 0.2],
  ['Complete', 1],
] as const

/** What is said of an upload that nobody started. */
const madeUpDetails: ModelUploadDetails = { name: 'mock', source: 'mock', description: '' }
/** What is kept of an upload is listed with a thousand others. */
const NAME_LENGTH_MAX = 256
const TEXT_LENGTH_MAX = 1_024

const rules: BodyRules = [
  ['model_name', { kind: 'string', isRequired: true, min: 1, max: NAME_LENGTH_MAX }],
  ['model_source', { kind: 'string', isRequired: true, min: 1, max: TEXT_LENGTH_MAX }],
  ['model_type', { kind: 'string', oneOf: ['model', 'adapter'] }],
  ['hf_token', { kind: 'string' }],
  ['description', { kind: 'string', max: TEXT_LENGTH_MAX }],
  ['base_model', { kind: 'string' }],
  ['lora_model', { kind: 'string' }],
]

/** Starts an upload. @internal */
export const uploadModel: Operation = {
  endpoint: 'models',
  rules,
  act: (call, state) => {
    const details = {
      name: textOf(call.body, 'model_name'),
      source: textOf(call.body, 'model_source'),
      description: textOf(call.body, 'description'),
    }
    const upload: Upload = {
      id: state.nextId('job'),
      key: call.key,
      createdAtMs: call.atMs,
      durationMs: state.drawDurationMs('fine-tunes'),
      details,
      cancelledAtMs: undefined,
    }
    state.uploads.add(upload)
    const data = {
      job_id: upload.id,
      model_id: state.nextId('model'),
      model_name: details.name,
      model_source: details.source,
    }
    const message = 'The upload has begun.'
    return { status: 200, body: JSON.stringify({ data, message }) }
  },
}

/** Lists the key's uploads, the oldest first. @internal */
export const listUploads: Operation = {
  endpoint: 'models',
  act: (call, state) => {
    const data = state.uploads.list(call.key).map((upload) => describe(upload, call.atMs, state))
    return { status: 200, body: JSON.stringify({ data }) }
  },
}

/** Tells how far an upload is. @internal */
export const retrieveUpload: Operation = {
  endpoint: 'models',
  act: (call, state) => {
    const found = findOrMakeUp(state.uploads, call, state, madeUpDetails)
    if (found === undefined) return notFound('there is no such job', 'job_not_found')
    return { status: 200, body: JSON.stringify(describe(found.job, call.atMs, state)) }
  },
}

function describe(upload: Upload, nowMs: number, { time }: ServerState): JsonObject {
  const progress = progressOf(upload, nowMs)
  const reached = stages.filter(([, from]) => from <= progress)
  const { name, source, description } = upload.details
  return {
    type: 'model_upload',
    job_id: upload.id,
    status: reached.at(-1)?.[0],
    status_updates: reached.map(([status, from]) => ({
      status,
      message: `The job is ${status}.`,
      timestamp: time.isoTime(upload.createdAtMs + from * upload.durationMs),
    })),
    args: { description, modelName: name, modelSource: source },
    created_at: time.isoTime(upload.createdAtMs),
    updated_at: time.isoTime(Math.min(nowMs, endsAtMs(upload))),
  }
}
