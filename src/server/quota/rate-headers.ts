/**
 * What an answer's headers tell of the limits, as the profile plans it.
 *
 * Numbers are those of the counter that decides, in its own terms: per second where the limit is enforced in slices of a
 * second. A reset is never earlier than the truth.
 */

import { secondsUntil, wholeSecondsUntil } from '../state/server-time.ts'
import type { ServerHeaderPlan, ServerRateHeader } from '../profiles/server-profile.ts'
import type { LimitState, QuotaVerdict } from './quota.ts'

const defaultPlan: ServerHeaderPlan = Object.freeze({
  always: ['x-ratelimit-limit', 'x-ratelimit-remaining'],
  refused: ['retry-after', 'x-ratelimit-reset'],
} as const)

/** Adds the headers to those of an answer. @internal */
export function addRateHeaders(
  headers: Record<string, string>,
  verdict: QuotaVerdict,
  { plan = defaultPlan, nowMs }: { plan: ServerHeaderPlan | undefined; nowMs: number },
): void {
  for (const name of plan.always) addHeader(headers, name, verdict, nowMs)
  const isRefusedForRate = !verdict.isAllowed && (verdict.limit.statusOver ?? 429) === 429
  if (isRefusedForRate) for (const name of plan.refused) addHeader(headers, name, verdict, nowMs)
}

function addHeader(
  headers: Record<string, string>,
  name: ServerRateHeader,
  verdict: QuotaVerdict,
  nowMs: number,
): void {
  const value = values[name](verdict, nowMs)
  if (value !== undefined) headers[name] = String(value)
}

type HeaderValue = (verdict: QuotaVerdict, nowMs: number) => string | number | undefined

const values: Readonly<Record<ServerRateHeader, HeaderValue>> = {
  'x-ratelimit-limit': ({ requests }) => requests?.base?.capacity ?? requests?.capacity,
  'x-ratelimit-remaining': ({ requests }) => requests?.base?.remaining ?? requests?.remaining,
  'x-ratelimit-reset': resetOf,
  'x-ratelimit-limit-dynamic': ({ requests }) => dynamicOf(requests, 'capacity'),
  'x-ratelimit-remaining-dynamic': ({ requests }) => dynamicOf(requests, 'remaining'),
  'x-tokenlimit-limit': ({ tokens }) => tokens?.base?.capacity ?? tokens?.capacity,
  'x-tokenlimit-remaining': ({ tokens }) => tokens?.base?.remaining ?? tokens?.remaining,
  'x-tokenlimit-limit-dynamic': ({ tokens }) => dynamicOf(tokens, 'capacity'),
  'x-tokenlimit-remaining-dynamic': ({ tokens }) => dynamicOf(tokens, 'remaining'),
  'retry-after': ({ allowAtMs }, nowMs) => wholeSecondsUntil(allowAtMs, nowMs),
  'retry-after-ms': ({ allowAtMs }, nowMs) => millisecondsUntil(allowAtMs, nowMs),
}

function millisecondsUntil(dueMs: number, nowMs: number): number {
  let waitMs = Math.max(0, Math.ceil(dueMs - nowMs))
  while (nowMs + waitMs < dueMs) waitMs += 1
  return waitMs
}

function dynamicOf(
  state: LimitState | undefined,
  field: 'capacity' | 'remaining',
): number | undefined {
  return state?.base === undefined ? undefined : state[field]
}

/** On a refusal the wait until the same request passes, otherwise that until everything counted is forgotten. */
function resetOf({ isAllowed, allowAtMs, requests }: QuotaVerdict, nowMs: number): string {
  return secondsUntil(isAllowed ? (requests?.resetAtMs ?? nowMs) : allowAtMs, nowMs)
}
