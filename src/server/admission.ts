/**
 * Whether a request may be acted on: key, body, model, quota, free places, in that order.
 *
 * Each step either lets the request pass or answers for good; only the quota changes anything.
 */

import { findProblem } from './operations/body-rules.ts'
import { refuse, type Exchange } from './exchange.ts'
import { badRequest, notFound, type Problem } from './operations/problems.ts'
import { secondsUntil, wholeSecondsUntil } from './state/server-time.ts'
import { completeModel, MODEL_NAME_LENGTH_MAX, type CatalogueModel } from './state/models.ts'
import type { Answer, Call, Operation, ServerState, TokenUsage } from './operations/operation.ts'
import type { Quota, QuotaVerdict } from './quota/quota.ts'
import type { ServerConcurrencyLimit } from './profiles/server-profile.ts'
import type { Settings } from './settings.ts'

const MODEL_SHOWN_LENGTH_MAX = 100

/** Either the call, admitted and counted, or the answer that refuses it. @internal */
export type Admitted = { readonly call: Call } | { readonly answer: Answer }

/** What admission looks at. @internal */
export interface Gate {
  readonly settings: Settings
  readonly quota: Quota
  readonly state: ServerState
}

/** Takes a request through all checks. @param about.share - The part of the limits that is in force. @internal */
export function admit(
  exchange: Exchange,
  operation: Operation,
  { gate, id, share }: { gate: Gate; id: string; share: number },
): Admitted {
  const unauthorised = authorise(exchange, gate.settings)
  if (unauthorised !== undefined) return { answer: refuse(exchange, unauthorised) }
  const { body } = exchange
  if (body === undefined) {
    return { answer: refuse(exchange, badRequest('the body must be a JSON object')) }
  }
  const malformed = findProblem(body, operation.rules ?? [])
  if (malformed !== undefined) return { answer: refuse(exchange, malformed) }
  const model = findModel(exchange, operation, gate.state)
  const { atMs, key, query, request } = exchange
  const call = { atMs, key, id, body, model, query, request }
  const unfit = checkModel(exchange, operation, model) ?? operation.check?.(call)
  if (unfit !== undefined) return { answer: refuse(exchange, unfit) }
  const estimate = operation.countTokens?.(call)
  const cost = estimate === undefined ? { share } : { share, estimate }
  const answer = charge(exchange, gate, cost) ?? findPlace(exchange, operation, gate)
  return answer === undefined ? { call } : { answer }
}

function authorise(exchange: Exchange, { apiKeys }: Settings): Problem | undefined {
  exchange.isAuthorised = exchange.key !== '' && (apiKeys?.has(exchange.key) ?? true)
  if (exchange.isAuthorised) return undefined
  const message =
    exchange.key === ''
      ? 'no API key: send the header `authorization: Bearer KEY`'
      : 'this API key is not known'
  return { status: 401, message, type: 'invalid_request_error', code: 'invalid_api_key' }
}

/** The model that the body names. Under a lenient profile any name is one, of whatever type is needed. */
function findModel(
  { modelId }: Exchange,
  operation: Operation,
  { catalogue, profile }: ServerState,
): CatalogueModel | undefined {
  if (operation.model === undefined || modelId === undefined) return undefined
  const model = catalogue.get(modelId)
  if (profile.isLenient !== true || (model && operation.model.types.includes(model.type))) {
    return model
  }
  return completeModel({ id: modelId, type: operation.model.types[0] })
}

function checkModel(
  { modelId }: Exchange,
  operation: Operation,
  model: CatalogueModel | undefined,
): Problem | undefined {
  if (operation.model === undefined || modelId === undefined) return undefined
  if (modelId.length > MODEL_NAME_LENGTH_MAX) {
    const { field } = operation.model
    return badRequest(`${field} must have at most ${MODEL_NAME_LENGTH_MAX} characters`, field)
  }
  if (model === undefined) {
    const name = modelId.slice(0, MODEL_SHOWN_LENGTH_MAX)
    const message = `there is no model ${JSON.stringify(name)}; GET /v1/models lists all`
    return { ...notFound(message, 'model_not_available'), param: operation.model.field }
  }
  const { types } = operation.model
  if (types.includes(model.type)) return undefined
  const wanted = types.join(', ')
  const message = `${model.id} is of type ${model.type}, this operation takes type ${wanted}`
  return badRequest(message, operation.model.field)
}

function charge(
  exchange: Exchange,
  { quota, settings }: Gate,
  cost: { share: number; estimate?: TokenUsage },
): Answer | undefined {
  const { key, endpoint, atMs, modelId: model } = exchange
  if (endpoint === undefined) return undefined
  const verdict = quota.decide({ key, endpoint, model }, atMs, cost)
  exchange.verdict = verdict
  if (verdict === undefined) return undefined
  exchange.isCounted = verdict.isAllowed || countsRefused(settings)
  return verdict.isAllowed ? undefined : refuseForRate(exchange, verdict)
}

/** @internal */
export function countsRefused({ countsRefused: chosen, profile }: Settings): boolean {
  return chosen ?? profile.countsRefused ?? false
}

function refuseForRate(exchange: Exchange, { limit, allowAtMs }: QuotaVerdict): Answer {
  exchange.refusedBy = limit.id
  exchange.freesAtMs = allowAtMs
  const { requestsMax, tokensMax, windowMs, statusOver = 429 } = limit
  if (statusOver === 503) {
    const message = `the model’s capacity is used up (limit ${limit.id}); this is not your rate limit`
    return refuse(exchange, { status: 503, message, type: limit.errorType ?? 'overloaded' })
  }
  const units = tokensMax === undefined ? `${requestsMax} requests` : `${tokensMax} tokens`
  const atLeast = limit.dynamic === undefined ? '' : ' at least'
  const message = `rate limit ${limit.id} is reached: ${units} per ${windowMs / 1_000} s${atLeast}`
  // Together calls it `credit_limit`, although it has nothing to do with billing.
  return refuse(exchange, { status: 429, message, type: limit.errorType ?? 'credit_limit' })
}

function findPlace(
  exchange: Exchange,
  operation: Operation,
  { settings, state }: Gate,
): Answer | undefined {
  if (operation.startsJob !== true) return undefined
  for (const limit of settings.profile.concurrencyLimits) {
    if (limit.endpoint !== operation.endpoint) continue
    const jobs = limit.endpoint === 'fine-tunes' ? state.fineTunes : state.batches
    const { count, freesAtMs } = jobs.occupancy(exchange.key, exchange.atMs)
    if (count >= limit.concurrentMax) return refusePlace(exchange, limit, freesAtMs)
  }
  return undefined
}

function refusePlace(exchange: Exchange, limit: ServerConcurrencyLimit, freesAtMs: number): Answer {
  exchange.refusedBy = limit.id
  exchange.freesAtMs = freesAtMs
  const message = `limit ${limit.id} is reached: ${limit.concurrentMax} at once`
  const status = limit.statusOver
  const problem = { status, message, type: status === 409 ? 'conflict' : 'credit_limit' }
  // A conflict ends when a job does, which a server cannot promise; a 429 always names a wait.
  return refuse(exchange, problem, status === 429 ? waitHeaders(freesAtMs, exchange.atMs) : {})
}

function waitHeaders(dueMs: number, nowMs: number): Record<string, string> {
  return {
    'retry-after': wholeSecondsUntil(dueMs, nowMs),
    'x-ratelimit-reset': secondsUntil(dueMs, nowMs),
  }
}
