import { describe, expect, it } from 'vitest'
import { createRateLimitedFetch } from '../../../src/fetch/index.ts'
import { TogetherRateLimiter } from '../../../src/limiter/index.ts'
import { createRetryBudget, togetherRetry } from '../../../src/retry/index.ts'
import {
  chatInit,
  chatUrl,
  createFetchWorld,
  watch,
  type FetchStep,
} from '../../helpers/fetch-world.ts'
import { answer, fixedRandom, networkError } from '../../helpers/retry-world.ts'

/** Ours around ours, each with a limiter of its own. */
function nest(script: FetchStep[], maxRetries = 2) {
  const inner = createFetchWorld(script, { retry: { maxRetries } })
  const { clock } = inner
  const limiter = new TogetherRateLimiter({ clock })
  const budget = createRetryBudget({ capacity: 1e6, start: 1e6 })
  const retry = { maxRetries, budget, random: fixedRandom(0.5) }
  return {
    ...inner,
    outer: createRateLimitedFetch({ limiter, retry, fetch: inner.fetch }),
    limiter,
  }
}

describe('a fetch of ours around another', () => {
  it.each([
    ['a refusal that a retry may cure', () => answer(503), 503],
    ['a refusal for the rate', () => answer(429), 429],
    ['a failure of the network', () => networkError(), 503],
  ])('does not begin again after %s', async (_what, step, status) => {
    const { clock, outer, sent } = nest([step])
    const call = watch(outer(chatUrl, chatInit))
    await clock.run(200_000)
    expect(call.value?.status).toBe(status)
    expect(call.value?.headers.get('x-should-retry')).toBe('false')
    await expect(call.value?.text()).resolves.toContain(status === 503 ? '' : '429')
    expect(sent).toHaveLength(3)
  })

  it('hands the answer of a retry through', async () => {
    const { clock, outer, sent } = nest([answer(503), answer(200, { a: 1 })])
    const call = watch(outer(chatUrl, chatInit))
    await clock.run(200_000)
    expect(call.value?.status).toBe(200)
    await expect(call.value?.json()).resolves.toEqual({ a: 1 })
    expect(sent).toHaveLength(2)
  })

  it('leaves the pause of a 429 to the one that gave up', async () => {
    const { clock, outer, limiter } = nest([() => answer(429)])
    watch(outer(chatUrl, chatInit))
    await clock.run(200_000)
    expect(limiter.snapshot().counters.paused).toBe(0)
  })

  it('does retry what only the server has marked', async () => {
    const marked = answer(503, {}, { 'x-should-retry': 'false' })
    const { clock, fetch, sent } = createFetchWorld([marked, answer(200)])
    const call = watch(fetch(chatUrl, chatInit))
    await clock.run(200_000)
    expect(call.value?.status).toBe(200)
    expect(sent).toHaveLength(2)
  })
})

describe('togetherRetry around a fetch of ours', () => {
  it('does not begin again either', async () => {
    const { clock, fetch, sent } = createFetchWorld([() => answer(503)], {
      retry: { maxRetries: 2 },
    })
    const limiter = new TogetherRateLimiter({ clock })
    const call = watch(togetherRetry(limiter, () => fetch(chatUrl, chatInit)))
    await clock.run(200_000)
    expect(call.error).toMatchObject({ reason: 'not-retryable', status: 503, attempts: 1 })
    expect(sent).toHaveLength(3)
  })
})
