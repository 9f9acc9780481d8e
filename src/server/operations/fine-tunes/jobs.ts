/**
 * `/v1/fine-tunes`: create, list, retrieve, cancel and delete jobs, which live in simulated time.
 *
 * A job's place among the concurrent jobs is free again from the instant at which it is completed, cancelled or deleted.
 * Whether its files exist is not looked at.
 */

import { cancelOf, type JobKind } from '../job-operations.ts'
import { readDetails } from './details.ts'
import { eventsOf } from './events.ts'
import { findFineTune, madeUpFineTune, missingFineTune } from './find.ts'
import { findConflict, trainableTypes } from './limits.ts'
import {
  epochsAfter,
  evaluatedTokensAfter,
  livedUntilMs,
  pathOf,
  priceOf,
  secondsToNextStage,
  stageOf,
  statusOf,
  stepsDone,
  stepsOf,
  tokensAfter,
  type FineTune,
} from './progress.ts'
import { jobRules } from './rules.ts'
import type { JsonObject } from '../body-rules.ts'
import type { FineTuneDetails, Operation, ServerState } from '../operation.ts'

/** Starts a job. @internal */
export const createFineTune: Operation = {
  endpoint: 'fine-tunes',
  rules: jobRules,
  model: { field: 'model', types: trainableTypes },
  startsJob: true,
  act: (call, state) => {
    // Here and not in a check, because a lenient profile lets it pass.
    const conflict = state.profile.isLenient === true ? undefined : findConflict(call.body)
    if (conflict !== undefined) return conflict
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

/** Tells all about a job. @internal */
export const retrieveFineTune: Operation = {
  endpoint: 'fine-tunes',
  act: (call, state) => {
    const found = findFineTune(call, state)
    if ('message' in found) return found
    return { status: 200, body: JSON.stringify(describeWhole(found.job, call.atMs, state)) }
  },
}

const fineTuneKind: JobKind<FineTuneDetails> = {
  endpoint: 'fine-tunes',
  noun: 'job',
  storeOf: (state) => state.fineTunes,
  statusOf,
  describe,
  madeUp: madeUpFineTune,
  missing: missingFineTune,
}

/** Cancels an unfinished job, at once. @internal */
export const cancelFineTune: Operation = cancelOf(fineTuneKind)

/** Forgets a job, finished or not. Its `force` is deprecated and unused. @internal */
export const deleteFineTune: Operation = {
  endpoint: 'fine-tunes',
  act: (call, state) => {
    const isDeleted = state.fineTunes.delete(call.key, call.id)
    if (!isDeleted && state.profile.isLenient !== true) return missingFineTune()
    return { status: 200, body: JSON.stringify({ message: 'The fine-tune job is deleted.' }) }
  },
}

/** The short form, which all but a retrieved job have. */
function describe(job: FineTune, nowMs: number, { time }: ServerState): JsonObject {
  const { status, sinceMs } = stageOf(job, nowMs)
  const { model, suffix, settings } = job.details
  const seconds = secondsToNextStage(job, nowMs)
  const steps = stepsDone(job, nowMs)
  const tokens = tokensAfter(steps)
  const ending = [model.split('/').at(-1), suffix, job.id.slice(0, 8)].filter(Boolean).join('-')
  return {
    ...settings,
    id: job.id,
    status,
    created_at: time.isoTime(job.createdAtMs),
    updated_at: time.isoTime(livedUntilMs(job, nowMs)),
    started_at: time.isoTime(sinceMs),
    user_id: 'mock-user',
    model_output_name: `mock-user/${ending}`,
    token_count: tokens,
    total_price: priceOf(tokens + evaluatedTokensAfter(job.details, steps)),
    progress: { estimate_available: seconds !== undefined, seconds_remaining: seconds ?? 0 },
  }
}

function describeWhole(job: FineTune, nowMs: number, state: ServerState): JsonObject {
  const isCompleted = statusOf(job, nowMs) === 'completed'
  const { evaluations } = job.details
  return {
    ...describe(job, nowMs, state),
    events: eventsOf(job, nowMs, state.time),
    epochs_completed: epochsAfter(stepsDone(job, nowMs)),
    ...(evaluations === 0 ? {} : { eval_steps: Math.ceil(stepsOf(job.details) / evaluations) }),
    param_count: 0,
    queue_depth: 0,
    ...(isCompleted ? { model_output_path: pathOf(job, 'model') } : {}),
  }
}
