/**
 * What the official clients are made with, so that they send through a subject's `fn` and wait for a limiter.
 *
 * Their time-out counts the wait in the limiter's queue, so it is raised out of the way: what is judged is the retry.
 */
import type { SubjectLimiter } from '../types.ts'
import { sendOne } from './send-one.ts'

const timeoutMs = 24 * 3_600_000

/** The options of a client. @internal */
export interface SdkOptions {
  readonly apiKey: string
  readonly baseURL: string
  readonly fetch: () => Promise<Response>
  readonly maxRetries: number
  readonly timeout: number
  readonly logLevel: 'off'
}

/** @internal */
export function sdkOptions(
  limiter: SubjectLimiter,
  fn: () => Promise<Response>,
  maxRetries: number,
): SdkOptions {
  return {
    apiKey: 'simulated',
    baseURL: 'http://simulated.invalid/v1',
    fetch: () => sendOne(limiter, fn),
    maxRetries,
    timeout: timeoutMs,
    logLevel: 'off',
  }
}
