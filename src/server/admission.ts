/**
 * Whether a request may be acted on: key, body, model, quota, free places, in that order.
 *
 * Each step either lets the request pass or answers for good; only the quota changes anything.
 */

import { refuse, type Exchange } from './exchange.ts'
import { badRequest, type Problem } from './operations/problems.ts'
import { secondsUntil, wholeSecondsUntil } from './state/server-time.ts'
import { vetBody } from './operations/vet.ts'
import type { Answer, Call, Operation, ServerState, TokenUsage } from './operations/operation.ts'
import type { Quota, QuotaVerdict } from './quota/quota.ts'
import type { ServerConcurrencyLimit } from './profiles/server-profile.ts'
import type { Settings } from './settings.ts'

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
  const unauthorised = operation.isOpen === true ? undefined : authorise(exchange, gate.settings)
  if (unauthorised !== undefined) return { answer: refuse(exchange, unauthorised) }
  const { body } = exchange
  if (body === undefined) {
    return { answer: refuse(exchange, badRequest('the body must be a JSON object')) }
  }
  const vetted = vetBody(body, operation, gate.state)
  if ('message' in vetted) return { answer: refuse(exchange, vetted) }
  const { atMs, key, query, request } = exchange
  const call = { atMs, key, id, body, model: vetted.model, query, request }
  const unfit = operation.check?.(call, gate.state)
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
