/**
 * Answers the requests of a batch the way the operation itself answers them, and writes the two files.
 */

import { createChat } from '../chat.ts'
import { LineWriter } from './line-writer.ts'
import { vetBody } from '../vet.ts'
import type { Answer, Call, ServerState } from '../operation.ts'
import type { BatchRequest } from './read-input.ts'
import type { Problem } from '../problems.ts'

/** Bytes that the answers of one batch may have together; requests beyond that fail. */
const OUTPUT_BYTES_MAX = 268_435_456

/** What became of the requests. @internal */
export interface BatchResults {
  /** One line for each request that was answered, in the order in which they were. */
  readonly output: Uint8Array
  /** One line for each request that failed. */
  readonly errors: Uint8Array
  /** The places of the failed ones in the order of all. */
  readonly failedPlaces: readonly number[]
}

/** Where the requests of a batch come from. @internal */
export interface BatchOrigin {
  /** The request that started the batch. */
  readonly call: Call
  readonly endpoint: string
  /** The model of requests that name none. */
  readonly modelId: string | undefined
}

type Failure = Pick<Problem, 'message' | 'type' | 'code'>

/** Runs requests, in the order given. @internal */
export function runRequests(
  requests: readonly BatchRequest[],
  origin: BatchOrigin,
  state: ServerState,
): BatchResults {
  const output = new LineWriter()
  const errors = new LineWriter()
  const failedPlaces: number[] = []
  for (const [place, request] of requests.entries()) {
    const result =
      output.length > OUTPUT_BYTES_MAX ? tooLarge : answerRequest(request, origin, state)
    const id = JSON.stringify(request.customId)
    if ('message' in result) {
      const { message, type, code = type } = result
      errors.write(`{"custom_id":${id},"error":${JSON.stringify({ message, code })}}`)
      failedPlaces.push(place)
    } else {
      const { status, body } = result
      output.write(`{"custom_id":${id},"response":{"status_code":${status},"body":${body}}}`)
    }
  }
  return { output: output.join(), errors: errors.join(), failedPlaces }
}

const tooLarge: Failure = {
  message: 'the output of this batch is too large',
  type: 'output_too_large',
}
const injected: Failure = { message: 'Internal error.', type: 'server_error' }
const transcript = JSON.stringify({ text: 'This is what the mock server has heard.' })

function answerRequest(
  { body: given }: BatchRequest,
  { call, endpoint, modelId }: BatchOrigin,
  state: ServerState,
): Answer | Failure {
  if (call.batchFate?.fails() === true) return injected
  if (endpoint !== '/v1/chat/completions') return { status: 200, body: transcript }
  // A line of a file holds a whole answer, never a stream.
  const body = { ...given, model: given['model'] ?? modelId, stream: false }
  const vetted = vetBody(body, createChat, state)
  if ('message' in vetted) return vetted
  const one = { ...call, id: '', body, model: vetted.model }
  return createChat.check?.(one, state) ?? createChat.act(one, state)
}
