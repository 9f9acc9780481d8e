/** The retry inside the client of `openai`, with a limiter in the `fetch` that it is given. */
import OpenAI from 'openai'
import type { SubjectLimiter } from '../types.ts'
import { sdkOptions } from './sdk-options.ts'

/** The subject contract's retry. @internal */
export async function retry(
  limiter: SubjectLimiter,
  fn: () => Promise<Response>,
  maxRetries = 2,
): Promise<unknown> {
  const client = new OpenAI(sdkOptions(limiter, fn, maxRetries))
  return client.post('/chat/completions', { body: {} })
}
