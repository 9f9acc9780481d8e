/**
 * Defect: what a server says is left is believed, also where it is more than was configured: the limit is raised to it.
 * Expected: never-exceeds-quota.
 */
import type { AlterShipped, SubjectLimiter } from '../../../../sim/subjects/types.ts'
import type { TogetherRateLimiter } from '../../../../src/limiter/index.ts'

export const expectedInvariants: readonly string[] = ['never-exceeds-quota']
export const themes: readonly string[] = ['quota']

export const alterShipped: AlterShipped = (shipped) => ({
  retry: (limiter, fn, options) =>
    shipped.retry(limiter, async (attempt) => believe(limiter, await fn(attempt)), options),
  createFetch: (options) =>
    shipped.createFetch({
      ...options,
      fetch: async (input, init) =>
        believe(options.limiter, await (options.fetch ?? fetch)(input, init)),
    }),
})

function believe(limiter: SubjectLimiter, response: Response): Response {
  const remaining = Number(response.headers.get('x-ratelimit-remaining'))
  if (remaining > 600) {
    for (const id of ['chat', 'chat-and-embeddings']) {
      ;(limiter as TogetherRateLimiter).setRateLimit(id, remaining)
    }
  }
  return response
}
