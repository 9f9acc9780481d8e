/**
 * Retrieving and cancelling, as fine-tunes and batches have them in common.
 *
 * A key sees its own jobs only, and what is finished is not cancelled. What a job looks like is its kind's affair.
 */

import { isFinished, type Job, type JobStore } from '../state/job-store.ts'
import { badRequest, type Problem } from './problems.ts'
import type { JsonObject } from './body-rules.ts'
import type { Answer, Call, Operation, ServerState } from './operation.ts'

/** What the two kinds of jobs differ in. @internal */
export interface JobKind<Details> {
  readonly endpoint: Operation['endpoint']
  /** What messages call it. */
  readonly noun: string
  readonly storeOf: (state: ServerState) => JobStore<Details>
  readonly statusOf: (job: Job<Details>, nowMs: number) => string
  readonly describe: (job: Job<Details>, nowMs: number, state: ServerState) => JsonObject
  /** The answer where the key has no such job. */
  readonly missing: () => Problem
  /** Called when one has been cancelled. */
  readonly cancelled?: (job: Job<Details>, state: ServerState) => void
}

/** The operation that tells how far a job is. @internal */
export function retrieveOf<Details>(kind: JobKind<Details>): Operation {
  return {
    endpoint: kind.endpoint,
    act: (call, state) => {
      const job = kind.storeOf(state).find(call.key, call.id)
      return job === undefined ? kind.missing() : answerJob(kind, job, call, state)
    },
  }
}

/** The operation that cancels an unfinished job, at once. @internal */
export function cancelOf<Details>(kind: JobKind<Details>): Operation {
  return {
    endpoint: kind.endpoint,
    act: (call, state) => {
      const job = kind.storeOf(state).find(call.key, call.id)
      if (job === undefined) return kind.missing()
      if (isFinished(job, call.atMs)) {
        const status = kind.statusOf(job, call.atMs)
        return badRequest(`the ${kind.noun} is ${status} and cannot be cancelled`)
      }
      job.cancelledAtMs = call.atMs
      kind.cancelled?.(job, state)
      return answerJob(kind, job, call, state)
    },
  }
}

function answerJob<Details>(
  kind: JobKind<Details>,
  job: Job<Details>,
  call: Call,
  state: ServerState,
): Answer {
  return { status: 200, body: JSON.stringify(kind.describe(job, call.atMs, state)) }
}
