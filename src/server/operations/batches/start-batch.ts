/**
 * Starts a batch: reads its input, draws how long it takes, and runs it in advance.
 *
 * What the files will hold is settled here; they appear when the batch is over, cut to what was done by then.
 */

import {
  COMPLETION_WINDOW_MS,
  doneCount,
  failedCount,
  VALIDATION_SHARE,
  type Batch,
} from './batch-life.ts'
import { readInput, type BatchRequest } from './read-input.ts'
import { runRequests, type BatchResults } from './run-requests.ts'
import { takeLines } from '../files/json-lines.ts'
import { endsAtMs } from '../../state/job-store.ts'
import { textOf } from '../body-rules.ts'
import type { BatchDetails, Call, ServerState } from '../operation.ts'

/** The new batch, which is in the store already, as are its files. @internal */
export function startBatch(call: Call, input: Uint8Array, state: ServerState): Batch {
  const requests = call.batchFate?.ending === 'FAILED' ? 'the engine failed' : readInput(input)
  const plannedMs = planDuration(call, state)
  const validationMs = plannedMs * VALIDATION_SHARE
  const isGood = typeof requests !== 'string'
  const first = isGood ? requests[0]?.body['model'] : undefined
  const modelId = typeof first === 'string' ? first : call.model?.id
  const endpoint = textOf(call.body, 'endpoint')
  const results = isGood ? run(requests, { call, endpoint, modelId: call.model?.id }, state) : none
  const endingMs = Math.min(plannedMs, COMPLETION_WINDOW_MS)
  const details: BatchDetails = {
    inputFileId: textOf(call.body, 'input_file_id'),
    inputBytes: input.length,
    endpoint,
    modelId,
    ending: isGood ? (plannedMs > COMPLETION_WINDOW_MS ? 'EXPIRED' : 'COMPLETED') : 'FAILED',
    error: isGood ? undefined : requests,
    validationMs,
    runMs: plannedMs - validationMs,
    requestCount: isGood ? requests.length : 0,
    failedPlaces: results.failedPlaces,
    outputFileId: state.nextId('file'),
    errorFileId: state.nextId('file'),
  }
  const batch: Batch = {
    id: state.nextUuid(),
    key: call.key,
    createdAtMs: call.atMs,
    durationMs: isGood ? endingMs : validationMs,
    details,
    cancelledAtMs: undefined,
  }
  state.batches.add(batch)
  putFiles(batch, results, state)
  return batch
}

/** Leaves in a cancelled batch's files what was done before. @internal */
export function cutFiles(batch: Batch, state: ServerState): void {
  const { outputFileId, errorFileId } = batch.details
  const output = state.files.get(outputFileId)?.bytes ?? nothing
  const errors = state.files.get(errorFileId)?.bytes ?? nothing
  putFiles(batch, { output, errors }, state)
}

const nothing = new Uint8Array()
const none: BatchResults = { output: nothing, errors: nothing, failedPlaces: [] }

/** Twice the time there is, where a fault wants the batch to expire: nearly half of it will be done. */
function planDuration({ batchFate }: Call, state: ServerState): number {
  const drawnMs = state.drawDurationMs('batches')
  return batchFate?.ending === 'EXPIRED' ? 2 * COMPLETION_WINDOW_MS : drawnMs
}

/** Requests are over in an order of chance, as Together does not keep that of the input. */
function run(
  requests: readonly BatchRequest[],
  origin: Parameters<typeof runRequests>[1],
  state: ServerState,
): BatchResults {
  const order = state.drawOrder(requests.length)
  const inOrder = order.map((place) => requests[place]).filter((request) => request !== undefined)
  return runRequests(inOrder, origin, state)
}

/** Puts the files into the store from where they are seen once the batch is over; files without a line do not exist. */
function putFiles(
  batch: Batch,
  { output, errors }: Pick<BatchResults, 'output' | 'errors'>,
  { files }: ServerState,
): void {
  const { details, id, key } = batch
  const failed = failedCount(batch, Infinity)
  const parts = [
    [details.outputFileId, 'output', output, doneCount(batch, Infinity) - failed],
    [details.errorFileId, 'errors', errors, failed],
  ] as const
  for (const [fileId, name, bytes, lines] of parts) {
    if (lines === 0) files.remove(fileId)
    else {
      files.put({
        id: fileId,
        key,
        name: `${id}-${name}.jsonl`,
        purpose: 'batch-api',
        type: 'jsonl',
        createdAtMs: batch.cancelledAtMs ?? endsAtMs(batch),
        bytes: takeLines(bytes, lines),
      })
    }
  }
}
