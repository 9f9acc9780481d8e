/**
 * What happened to a job, in order. An event appears at its instant and never changes afterwards.
 */

import { findFineTune } from './find.ts'
import {
  epochsAfter,
  instantAt,
  livedUntilMs,
  pathOf,
  phases,
  savedSteps,
  stepAtMs,
  stepsOf,
  tokensAfter,
  type FineTune,
} from './progress.ts'
import type { JsonObject } from '../body-rules.ts'
import type { Operation } from '../operation.ts'
import type { ServerTime } from '../../state/server-time.ts'

interface Happening {
  readonly atMs: number
  readonly type: string
  readonly message: string
  readonly step?: number
  readonly checkpointPath?: string
  readonly modelPath?: string
}

/** Lists what happened to a job, the oldest first. @internal */
export const listFineTuneEvents: Operation = {
  endpoint: 'fine-tunes',
  act: (call, state) => {
    const found = findFineTune(call, state)
    if ('message' in found) return found
    const data = eventsOf(found.job, call.atMs, state.time)
    return { status: 200, body: JSON.stringify({ data }) }
  },
}

/** The events up to an instant. @internal */
export function eventsOf(job: FineTune, nowMs: number, time: ServerTime): readonly JsonObject[] {
  const untilMs = livedUntilMs(job, nowMs)
  const life = [...prepare(job), ...train(job), ...finish(job)].filter(
    ({ atMs }) => atMs <= untilMs,
  )
  return [...life, ...cancel(job)].map((happening) => describe(happening, job, time))
}

/** Everything before the first step. */
function prepare(job: FineTune): readonly Happening[] {
  const { hasValidation, hasWandb } = job.details
  const at = (perMille: number, type: string, message: string): Happening => ({
    atMs: instantAt(job, perMille),
    type,
    message,
  })
  const { started, modelLoaded, dataLoaded, trainingStarted } = phases
  return [
    at(0, 'job_pending', 'The job is waiting to be queued.'),
    at(started, 'job_start', 'The job has started.'),
    at(started, 'model_downloading', 'The model is being loaded.'),
    at(modelLoaded, 'model_download_complete', 'The model is loaded.'),
    at(modelLoaded, 'training_data_downloading', 'The training file is being read.'),
    at(dataLoaded, 'training_data_download_complete', 'The training file is read.'),
    ...(hasValidation
      ? [
          at(dataLoaded, 'validation_data_downloading', 'The validation file is being read.'),
          at(trainingStarted, 'validation_data_download_complete', 'The validation file is read.'),
        ]
      : []),
    ...(hasWandb ? [at(trainingStarted, 'wandb_init', 'Metrics are reported elsewhere too.')] : []),
    at(trainingStarted, 'training_start', 'The training has started.'),
  ]
}

/** Saved versions and whole epochs, as their steps come. */
function train(job: FineTune): readonly Happening[] {
  const total = stepsOf(job.details)
  const saved = new Set(savedSteps(job))
  const happenings: Happening[] = []
  for (let step = 1; step <= total; step += 1) {
    const atMs = stepAtMs(job, step)
    if (saved.has(step)) {
      const checkpointPath = pathOf(job, `step-${step}`)
      const message = `Step ${step} is saved.`
      happenings.push({ atMs, type: 'checkpoint_save', message, step, checkpointPath })
    }
    const epoch = epochsAfter(step)
    if (epoch > epochsAfter(step - 1)) {
      happenings.push({
        atMs,
        type: 'epoch_complete',
        message: `Epoch ${epoch} is complete.`,
        step,
      })
    }
  }
  return happenings
}

/** Everything after the last step. */
function finish(job: FineTune): readonly Happening[] {
  const step = stepsOf(job.details)
  const modelPath = pathOf(job, 'model')
  const at = (perMille: number, type: string, message: string): Happening => ({
    atMs: instantAt(job, perMille),
    type,
    message,
    step,
  })
  const { trained, compressed, uploaded } = phases
  return [
    at(trained, 'training_complete', 'The training is complete.'),
    at(trained, 'model_compressing', 'The model is being compressed.'),
    at(compressed, 'model_compression_complete', 'The model is compressed.'),
    at(compressed, 'model_uploading', 'The model is being uploaded.'),
    { ...at(uploaded, 'model_upload_complete', 'The model is uploaded.'), modelPath },
    { ...at(uploaded, 'job_complete', 'The job is complete.'), modelPath },
  ]
}

/** The end of a job that is not left alone. */
function cancel({ cancelledAtMs: atMs }: FineTune): readonly Happening[] {
  if (atMs === undefined) return []
  return [
    { atMs, type: 'cancel_requested', message: 'The job is to be cancelled.' },
    { atMs, type: 'job_stopped', message: 'The job is cancelled.' },
  ]
}

/** The description asks for every field in every event: what does not apply is empty or 0, never null. */
function describe(happening: Happening, job: FineTune, time: ServerTime): JsonObject {
  const { atMs, type, message, step = 0, checkpointPath = '', modelPath = '' } = happening
  return {
    object: 'fine-tune-event',
    created_at: time.isoTime(atMs),
    level: 'info',
    message,
    type,
    param_count: 0,
    token_count: tokensAfter(step),
    total_steps: stepsOf(job.details),
    wandb_url: '',
    step,
    checkpoint_path: checkpointPath,
    model_path: modelPath,
    training_offset: 0,
    hash: '',
  }
}
