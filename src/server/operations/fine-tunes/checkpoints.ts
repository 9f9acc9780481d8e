/**
 * The versions of a job's model: their list, and their content as bytes.
 */

import { badRequest, type Problem } from '../problems.ts'
import { findFineTune } from './find.ts'
import { checkpointsOf, statusOf, type Checkpoint, type FineTune } from './progress.ts'
import type { Operation } from '../operation.ts'

const artifacts = ['merged', 'adapter', 'model_output_path'] as const
const encoder = new TextEncoder()
const BYTE_VALUES = 256

/** Lists the versions that are saved so far, the oldest first. @internal */
export const listFineTuneCheckpoints: Operation = {
  endpoint: 'fine-tunes',
  act: (call, state) => {
    const found = findFineTune(call, state)
    if ('message' in found) return found
    const data = checkpointsOf(found.job, call.atMs).map((checkpoint) => ({
      checkpoint_type: nameOf(checkpoint, found.job),
      checkpoint: checkpoint.artifact,
      step: checkpoint.step,
      path: checkpoint.path,
      created_at: state.time.isoTime(checkpoint.atMs),
    }))
    return { status: 200, body: JSON.stringify({ data }) }
  },
}

/** Sends a version as bytes: the final one unless a step is named. @internal */
export const downloadFineTune: Operation = {
  endpoint: 'fine-tunes',
  check: ({ query }) => findQueryProblem(query),
  act: (call, state) => {
    const found = findFineTune({ ...call, id: call.query.get('ft_id') ?? '' }, state)
    if ('message' in found) return found
    const chosen = choose(found.job, call.atMs, call.query)
    if ('message' in chosen) return chosen
    return {
      status: 200,
      headers: { 'content-type': 'application/octet-stream' },
      body: '',
      bytes: contentOf(chosen),
    }
  },
}

function findQueryProblem(query: URLSearchParams): Problem | undefined {
  if ((query.get('ft_id') ?? '') === '') return badRequest('ft_id is required', 'ft_id')
  const artifact = query.get('checkpoint')
  if (artifact !== null && !artifacts.some((known) => known === artifact)) {
    return badRequest(`checkpoint must be one of ${artifacts.join(', ')}`, 'checkpoint')
  }
  const step = query.get('checkpoint_step')
  if (step === null || /^\d{1,9}$/.test(step)) return undefined
  return badRequest('checkpoint_step must be a whole number of at least 0', 'checkpoint_step')
}

/** A step of 0 means the end, and a step that is given makes the kind of checkpoint irrelevant, unless it is the last. */
function choose(job: FineTune, nowMs: number, query: URLSearchParams): Checkpoint | Problem {
  const step = Number(query.get('checkpoint_step') ?? 0)
  const checkpoints = checkpointsOf(job, nowMs)
  if (step > 0) {
    const chosen = checkpoints.find((checkpoint) => checkpoint.step === step)
    if (chosen !== undefined) return chosen
    const steps = [...new Set(checkpoints.map((checkpoint) => checkpoint.step))].join(', ')
    const message = `no checkpoint is saved for this step; saved are: ${steps || 'none yet'}`
    return badRequest(message, 'checkpoint_step')
  }
  const status = statusOf(job, nowMs)
  if (status !== 'completed') {
    return badRequest(`the job is ${status}; its model is there once it is completed`, 'ft_id')
  }
  const artifact = query.get('checkpoint') === 'adapter' ? 'adapter' : 'model'
  const chosen = checkpoints.find((one) => one.isFinal && one.artifact === artifact)
  return chosen ?? badRequest('a full training has no adapter', 'checkpoint')
}

function nameOf({ step, isFinal, artifact }: Checkpoint, { details }: FineTune): string {
  if (!isFinal) return `Intermediate (step ${step})`
  if (!details.isLora) return `Final (step ${step})`
  return `Final ${artifact === 'model' ? 'merged' : 'adapter'} (step ${step})`
}

/** A line that says what it is, then every byte there is: whoever reads it as text notices. */
function contentOf({ path, step, artifact }: Checkpoint): Uint8Array {
  const line = encoder.encode(`${JSON.stringify({ path, step, artifact })}\n`)
  const bytes = new Uint8Array(line.length + BYTE_VALUES)
  bytes.set(line)
  for (let value = 0; value < BYTE_VALUES; value += 1) bytes[line.length + value] = value
  return bytes
}
