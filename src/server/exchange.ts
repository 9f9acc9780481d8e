/**
 * One request on its way through the server: what has been found out about it so far.
 *
 * The steps of the handler fill it in; the journal entry and the answer's headers are made from it at the end.
 */

import { isJsonObject, parseJsonObject, type JsonObject } from './operations/body-rules.ts'
import { formatProblem, type Problem } from './operations/problems.ts'
import type { Delivery, FaultAction, MockRequest } from './contract.ts'
import type { Answer, BatchFate, Operation } from './operations/operation.ts'
import type { QuotaVerdict } from './quota/quota.ts'
import { MODEL_NAME_LENGTH_MAX } from './state/models.ts'
import { shorten } from './state/shorten.ts'
import type { ServerEndpoint } from './profiles/server-profile.ts'

/** Faults of an answer that is there. @internal */
export type SpoilAction = Extract<FaultAction, { kind: 'malformed' | 'cut-stream' }>

/** A request and what is known about it. @internal */
export interface Exchange {
  readonly request: MockRequest
  readonly atMs: number
  /** Undefined until the path is known to exist. */
  endpoint: ServerEndpoint | undefined
  readonly query: URLSearchParams
  /** The bearer token, whether or not it is let in; empty where there is none. */
  readonly key: string
  isAuthorised: boolean
  /** The parsed body, an empty object where the operation takes none, undefined where it is not a JSON object. */
  body: JsonObject | undefined
  /** The model that the body names, known or not. */
  modelId: string | undefined
  verdict: QuotaVerdict | undefined
  isCounted: boolean
  /** Tokens of the prompt and the answer, where there are any. */
  tokens: number | undefined
  /** What the refusal says. */
  reason: string | undefined
  refusedBy: string | undefined
  freesAtMs: number | undefined
  faultId: string | undefined
  /** Milliseconds that faults and latency add to the time to answer. */
  delayMs: number
  /** The fault that the request asks for itself. */
  ownFault: FaultAction | undefined
  /** What a refusal says about the wait in place of the truth. */
  hints: Extract<FaultAction, { kind: 'hints' }> | undefined
  /** What befalls the batch that the request starts. */
  batchFate: BatchFate | undefined
  /** What befalls the answer before it leaves. */
  spoil: SpoilAction | undefined
  /** What befalls the answer on its way. */
  fate: Omit<Delivery, 'delayMs'> | undefined
}

/** A request that just arrived. @internal */
export function createExchange(request: MockRequest, atMs: number): Exchange {
  return {
    request,
    atMs,
    endpoint: undefined,
    query: readQuery(request.path),
    key: readBearer(request.headers['authorization']),
    isAuthorised: false,
    body: undefined,
    modelId: undefined,
    verdict: undefined,
    isCounted: false,
    tokens: undefined,
    reason: undefined,
    refusedBy: undefined,
    freesAtMs: undefined,
    faultId: undefined,
    delayMs: 0,
    ownFault: undefined,
    hints: undefined,
    batchFate: undefined,
    spoil: undefined,
    fate: undefined,
  }
}

/** Reads the body as the operation needs it. Faults may ask for the model before anything is checked. @internal */
export function readBody(exchange: Exchange, operation: Operation): void {
  exchange.endpoint = operation.endpoint
  exchange.body = operation.rules === undefined ? {} : parseJsonObject(textOfBody(exchange.request))
  if (operation.model === undefined || !isJsonObject(exchange.body)) return
  const modelId = exchange.body[operation.model.field]
  // What is too long for a name is refused later; kept until then is as much as shows that.
  if (typeof modelId === 'string') exchange.modelId = shorten(modelId, MODEL_NAME_LENGTH_MAX + 1)
}

/** The problem as an answer, in the shape of the exchange's endpoint. @internal */
export function refuse(
  exchange: Exchange,
  problem: Problem,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  exchange.reason = problem.message
  return { status: problem.status, headers, body: formatProblem(problem, exchange.endpoint) }
}

const NO_QUERY = new URLSearchParams()

function readQuery(path: string): URLSearchParams {
  const start = path.indexOf('?')
  return start === -1 ? NO_QUERY : new URLSearchParams(path.slice(start + 1))
}

const decoder = new TextDecoder()

function textOfBody({ body }: MockRequest): string | undefined {
  return body === undefined || typeof body === 'string' ? body : decoder.decode(body)
}

const BEARER = 'bearer '

function readBearer(authorization: string | undefined): string {
  if (authorization === undefined) return ''
  const scheme = authorization.slice(0, BEARER.length).toLowerCase()
  return scheme === BEARER ? authorization.slice(BEARER.length).trim() : ''
}
