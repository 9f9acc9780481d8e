/** The retry inside the client of `together-ai`, with a limiter in the `fetch` that it is given. */
import Together from 'together-ai'
import type { SubjectLimiter } from '../types.ts'
import { sdkOptions } from './sdk-options.ts'

/** The subject contract's retry. @internal */
export async function retry(
  limiter: SubjectLimiter,
  fn: () => Promise<Response>,
  maxRetries = 2,
): Promise<unknown> {
  const client = new Together(sdkOptions(limiter, fn, maxRetries))
  return client.post('/chat/completions', { body: {} })
}
