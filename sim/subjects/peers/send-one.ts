/** One attempt as users of these packages make it: acquire, send, and tell the limiter when the headers are here. */
import type { SubjectLimiter, SubjectPermit } from '../types.ts'

export async function sendOne(
  limiter: SubjectLimiter,
  fn: () => Promise<Response>,
): Promise<Response> {
  const permit = (await limiter.acquire()) as SubjectPermit | undefined
  try {
    return await fn()
  } finally {
    permit?.release?.()
  }
}
