import { describe, expect, it } from 'vitest'
import type { Profile } from '../../../src/core/profile.ts'
import { createRateLimitedFetch, type RateLimitedFetchOptions } from '../../../src/fetch/index.ts'
import { TogetherRateLimiter } from '../../../src/limiter/index.ts'
import { createFetchWorld } from '../../helpers/fetch-world.ts'
import { answer } from '../../helpers/retry-world.ts'

const baseURL = 'https://api.example.com/openai/v1'
const post = { method: 'POST', body: '{"model":"a"}' }
const one: Profile = {
  name: 'one',
  rateLimits: [{ id: 'one', endpoints: ['chat'], requestsMax: 1, windowMs: 60_000 }],
  concurrencyLimits: [],
}

describe('more paths', () => {
  it.each([
    ['/responses', 'chat'],
    ['/responses/', 'chat'],
    ['/deployments/a/chat', 'embeddings'],
    ['/embeddings', 'images'],
    ['/chat/completions', 'chat'],
  ] as const)('are limited as what they are said to be: %s as %s', async (path, endpoint) => {
    const paths = {
      '/responses': 'chat',
      '/deployments/a/chat': 'embeddings',
      '/embeddings': 'images',
    } as const
    const { fetch, limiter } = createFetchWorld([() => answer(200)], { baseURL, paths })
    await fetch(baseURL + path, post)
    const idsOf = {
      chat: ['chat', 'chat-and-embeddings'],
      embeddings: ['embeddings', 'chat-and-embeddings'],
      images: ['images'],
    }
    const used = limiter.snapshot().rateLimits.filter((limit) => limit.used === 1)
    expect(used.map(({ id }) => id)).toEqual(idsOf[endpoint])
  })

  it('are so for POST requests only, and nothing else changes', async () => {
    const { fetch, limiter } = createFetchWorld([() => answer(200)], {
      baseURL,
      paths: { '/responses': 'chat' },
    })
    await fetch(`${baseURL}/responses`)
    await fetch(`${baseURL}/responses/x`, post)
    expect(limiter.snapshot().granted).toBe(0)
  })

  it('that start jobs are not sent twice', async () => {
    const { fetch, sent } = createFetchWorld([answer(500), answer(200)], {
      baseURL,
      paths: { '/jobs': 'batches' },
    })
    expect((await fetch(`${baseURL}/jobs`, post)).status).toBe(500)
    expect(sent).toHaveLength(1)
  })

  it.each([
    ['paths', 'chat'],
    ['paths', { responses: 'chat' }],
    ['paths', { '/responses/': 'chat' }],
    ["paths['/responses']", { '/responses': 'chats' }],
  ])('are checked: %s', (option, paths) => {
    const options = { paths } as unknown as RateLimitedFetchOptions
    expect(() => createRateLimitedFetch(options)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', option }),
    )
  })
})

describe('a profile', () => {
  it('is that of the limiter which is made', async () => {
    const retry = { deadlineMs: 50, maxRetries: 0 }
    const fetch = createRateLimitedFetch({
      profile: one,
      baseURL,
      retry,
      fetch: async () => answer(200),
    })
    const statuses = [
      await fetch(`${baseURL}/chat/completions`, post),
      await fetch(`${baseURL}/chat/completions`, post),
    ]
    expect(statuses.map(({ status }) => status)).toEqual([200, 503])
  })

  it('does not stand beside a limiter', () => {
    const options = { profile: one, limiter: new TogetherRateLimiter() }
    expect(() => createRateLimitedFetch(options)).toThrow(
      expect.objectContaining({ option: 'profile' }),
    )
  })
})
