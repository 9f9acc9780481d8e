/**
 * What a failed answer means for a run of many requests. Pure.
 *
 * The retry below has done what it can; here it is decided between this request, all of them, and waiting.
 */
import type { StopReason } from '../core/errors.ts'
import type { ApiAnswer } from './api.ts'

/**
 * - `content`: it is about what was sent; others may succeed.
 * - `outage`: it may succeed later.
 * - `stop`: no request of this run will succeed.
 *
 * @internal
 */
export type Verdict = 'content' | 'outage' | StopReason

/** @internal */
export function judgeAnswer({ status, text }: ApiAnswer): Verdict {
  const byCode = verdictsByCode.get(readErrorCode(text) ?? '')
  if (byCode !== undefined) return byCode
  return verdictsByStatus.get(status) ?? (status >= 500 ? 'outage' : 'refused')
}

/**
 * The same for requests about jobs and files, which hold no prompt: a 403 is about the key.
 *
 * @internal
 */
export function judgeJobAnswer(answer: ApiAnswer): Verdict {
  const verdict = judgeAnswer(answer)
  return answer.status === 403 && verdict === 'content' ? 'unauthorised' : verdict
}

const verdictsByCode: ReadonlyMap<string, Verdict> = new Map([
  // OpenAI says by a 429 that the money is gone; Together's `credit_limit` is a rate limit.
  ['insufficient_quota', 'spending-limit'],
  ['invalid_api_key', 'unauthorised'],
  ['model_not_available', 'model-unavailable'],
  ['model_not_found', 'model-unavailable'],
  // What our own limiter says of a request that is larger than a limit, and when it is over.
  ['COST_TOO_LARGE', 'content'],
  ['CLOSED', 'closed'],
])

const verdictsByStatus: ReadonlyMap<number, Verdict> = new Map<number, Verdict>([
  [0, 'outage'],
  [400, 'content'],
  [401, 'unauthorised'],
  [402, 'spending-limit'],
  // Together's word for a prompt that is too long for the model. Where it is about the key, everything is refused.
  [403, 'content'],
  [404, 'model-unavailable'],
  [408, 'outage'],
  [409, 'outage'],
  [413, 'content'],
  [422, 'content'],
  [425, 'outage'],
  [429, 'outage'],
])

/** Whether a server may answer so because of what it was sent: it stumbles over it. @internal */
export function mayBeOfContent({ status }: ApiAnswer): boolean {
  return status >= 500 && status !== 503 && status !== 529
}

/** The error's message, for people. @internal */
export function readErrorMessage({ status, text }: Pick<ApiAnswer, 'status' | 'text'>): string {
  const { message } = readError(text)
  if (message !== undefined) return message.slice(0, messageLengthMax)
  return status === 0 ? 'no answer' : `status ${status}`
}

/** So much of what a server says is kept. @internal */
export const messageLengthMax = 500

function readErrorCode(text: string): string | undefined {
  return readError(text).code
}

function readError(text: string): { code?: string; message?: string } {
  // Only errors come here, and long ones are none of an API's.
  if (text.length > errorLengthMax) return {}
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    return {}
  }
  const error = fieldOf(answer, 'error')
  const holder = typeof error === 'object' && error !== null ? error : answer
  const code = fieldOf(holder, 'code') ?? fieldOf(holder, 'type')
  const message = fieldOf(holder, 'message') ?? (typeof error === 'string' ? error : undefined)
  return {
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof message === 'string' ? { message } : {}),
  }
}

const errorLengthMax = 65_536

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Reflect.get(value, name) ?? undefined
}
