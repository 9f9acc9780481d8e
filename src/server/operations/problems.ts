/**
 * Refusals and their bodies, in the shapes that Together documents per endpoint.
 *
 * Batches answer `{"error": "text"}`, almost everything else `{"error": {message, type, param, code}}`.
 */

import type { ServerEndpoint } from '../profiles/server-profile.ts'

/** Why a request is refused. @internal */
export interface Problem {
  readonly status: number
  readonly message: string
  readonly type: string
  readonly param?: string
  readonly code?: string
  /** The body is `{"message": "text"}`, as the limits of a model that cannot be fine-tuned are answered. */
  readonly isBare?: true
}

/** A request that is wrong in itself: 400, naming the field. @internal */
export function badRequest(message: string, param?: string): Problem {
  const problem = { status: 400, message, type: 'invalid_request_error' }
  return param === undefined ? problem : { ...problem, param }
}

/** Something that does not exist: 404. @internal */
export function notFound(message: string, code: string): Problem {
  return { status: 404, message, type: 'invalid_request_error', code }
}

/** The problem as a JSON body, in the endpoint's shape. @internal */
export function formatProblem(problem: Problem, endpoint: ServerEndpoint | undefined): string {
  if (problem.isBare === true) return JSON.stringify({ message: problem.message })
  if (endpoint === 'batches') return JSON.stringify({ error: problem.message })
  const { message, type, param = null, code = null } = problem
  return JSON.stringify({ error: { message, type, param, code } })
}

const texts: Readonly<Record<number, readonly [message: string, type: string]>> = {
  400: ['The request is not valid.', 'invalid_request_error'],
  401: ['The API key is missing or not valid.', 'invalid_request_error'],
  402: ['The spending limit of this account is reached.', 'credit_limit'],
  403: ['Input and max_tokens together exceed the context of the model.', 'invalid_request_error'],
  404: ['There is nothing here.', 'invalid_request_error'],
  408: ['The request took too long to arrive.', 'timeout'],
  409: ['The request conflicts with the present state.', 'conflict'],
  413: ['The request body is too large.', 'invalid_request_error'],
  415: ['The content type cannot be read.', 'invalid_request_error'],
  422: ['The request cannot be processed.', 'invalid_request_error'],
  429: ['Too many requests.', 'credit_limit'],
  431: ['The request headers are too large.', 'invalid_request_error'],
  500: ['Internal error.', 'server_error'],
  502: ['Bad gateway.', 'server_error'],
  503: ['The engine is overloaded.', 'overloaded'],
  504: ['The engine did not answer in time.', 'timeout'],
}

/** The usual problem for a status, where nothing more is known. @internal */
export function problemForStatus(status: number): Problem {
  const fallback = status < 500 ? texts[400] : texts[500]
  const [message, type] = texts[status] ?? fallback ?? ['', 'server_error']
  return { status, message, type }
}
