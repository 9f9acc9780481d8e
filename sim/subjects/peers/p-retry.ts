/**
 * p-retry as its readme has it: what cannot be cured aborts, the rest throws, and its own backoff does the waiting.
 *
 * As there, nobody looks at the headers or reads the body of a failed attempt.
 */
import pRetry, { AbortError } from 'p-retry'
import type { SubjectLimiter } from '../types.ts'
import { sendOne } from './send-one.ts'

/** The subject contract's retry. @internal */
export function retry(
  limiter: SubjectLimiter,
  fn: () => Promise<Response>,
  maxRetries = 10,
): Promise<unknown> {
  const attempt = async (): Promise<unknown> => {
    const response = await sendOne(limiter, fn)
    if (response.status === 429 || response.status >= 500) throw new Error(`${response.status}`)
    if (!response.ok) throw new AbortError(`${response.status}`)
    return response.json()
  }
  return pRetry(attempt, { retries: maxRetries })
}
