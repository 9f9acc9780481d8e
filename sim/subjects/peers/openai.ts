/**
 * The retry inside the client of `openai`, with a limiter in the `fetch` that it is given.
 *
 * Its time-out counts the wait in the limiter's queue, so it is raised out of the way: what is judged is the retry.
 */
import OpenAI from 'openai'
import type { SubjectLimiter } from '../types.ts'
import { sendOne } from './send-one.ts'

const timeoutMs = 24 * 3_600_000

/** The subject contract's retry. @internal */
export async function retry(
  limiter: SubjectLimiter,
  fn: () => Promise<Response>,
  maxRetries = 2,
): Promise<unknown> {
  const client = new OpenAI({
    apiKey: 'simulated',
    baseURL: 'http://simulated.invalid/v1',
    fetch: () => sendOne(limiter, fn),
    maxRetries,
    timeout: timeoutMs,
    logLevel: 'off',
  })
  return client.post('/chat/completions', { body: {} })
}
