import { afterEach, describe, expect, it, vi } from 'vitest'
import { createRateLimitedFetch, rateLimited } from '../../../src/fetch/index.ts'
import { TogetherRateLimiter } from '../../../src/limiter/index.ts'
import { chatInit, chatUrl, createFetchWorld } from '../../helpers/fetch-world.ts'
import { answer } from '../../helpers/retry-world.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('a request to another address', () => {
  it.each([
    'https://example.com/v1/chat/completions',
    'https://api.together.xyz/v2/chat/completions',
    'https://api.together.xyz/v1',
    'https://api.together.xyz/v11/models',
    'https://api.together.xyz.example.com/v1/models',
  ])('passes through with the very same arguments: %s', async (url) => {
    const calls: unknown[][] = []
    const response = answer(429)
    const limiter = new TogetherRateLimiter()
    const limited = createRateLimitedFetch({
      limiter,
      fetch: (...args) => {
        calls.push(args)
        return Promise.resolve(response)
      },
    })
    const init = { method: 'POST', body: 'x', signal: new AbortController().signal }
    expect(await limited(url, init)).toBe(response)
    const address = new URL(url)
    await limited(address)
    const request = new Request(url)
    await limited(request)
    expect(calls[0]).toEqual([url, init])
    expect(calls[0]?.[1]).toBe(init)
    expect(calls[1]).toHaveLength(1)
    expect(calls[1]?.[0]).toBe(address)
    expect(calls[2]?.[0]).toBe(request)
    expect(limiter.snapshot().granted).toBe(0)
  })

  it('is where an address that cannot be parsed belongs', async () => {
    await expect(createRateLimitedFetch()('no address')).rejects.toThrow(TypeError)
  })
})

describe('what is limited', () => {
  it.each([
    ['api.together.ai', {}],
    ['api.together.xyz', {}],
    ['other.example:8080', { hosts: ['other.example:8080'] }],
    ['other.example', { baseURL: 'https://other.example/v1/' }],
    ['other.example', { baseURL: new URL('https://other.example'), hosts: ['another.example'] }],
  ])('is below /v1 of %s with %o', async (host, options) => {
    const { fetch, limiter } = createFetchWorld([() => answer(200)], options)
    await fetch(`https://${host}/v1/embeddings`, chatInit)
    const isWhole = 'baseURL' in options && options.baseURL instanceof URL
    // Below an origin alone, `/v1/embeddings` is no known path.
    expect(limiter.snapshot().granted).toBe(isWhole ? 0 : 1)
    await fetch(new Request(`https://${host}/embeddings`, chatInit)).catch(() => undefined)
    expect(limiter.snapshot().granted).toBe(1)
  })

  it.each(['TOGETHER_BASE_URL', 'OPENAI_BASE_URL'])(
    'is below the address of %s too, unless another is given',
    async (name) => {
      const url = 'https://proxy.example:8443/together/v1/embeddings'
      vi.stubEnv(name, 'https://proxy.example:8443/together/v1/')
      const byDefault = createFetchWorld([() => answer(200)])
      const elsewhere = createFetchWorld([() => answer(200)], {
        baseURL: 'https://other.example/v1',
      })
      vi.stubEnv(name, 'no address')
      const without = createFetchWorld([() => answer(200)])
      vi.unstubAllEnvs()
      await byDefault.fetch(url, chatInit)
      await byDefault.fetch(chatUrl, chatInit)
      expect(byDefault.limiter.snapshot().granted).toBe(2)
      for (const { fetch, limiter } of [elsewhere, without]) {
        // It passes through, without the signal that this world's requests have.
        await fetch(url, chatInit).catch(() => undefined)
        expect(limiter.snapshot().granted).toBe(0)
      }
    },
  )

  it('is nothing of Together where another base is given', async () => {
    const limiter = new TogetherRateLimiter()
    const response = answer(200)
    const options = { limiter, baseURL: 'http://127.0.0.1:1/v1', fetch: async () => response }
    expect(await createRateLimitedFetch(options)(chatUrl, chatInit)).toBe(response)
    expect(limiter.snapshot().granted).toBe(0)
  })

  it.each([
    ['POST', '/chat/completions', 'chat'],
    ['POST', '/chat/completions/', 'chat'],
    ['post', '/completions', 'chat'],
    ['POST', '/embeddings?a=b', 'embeddings'],
    ['POST', '/images/generations', 'images'],
    ['POST', '/fine-tunes', 'fine-tunes'],
    ['POST', '/batches', 'batches'],
    ['GET', '/fine-tunes', undefined],
    ['GET', '/batches/1', undefined],
    ['POST', '/batches/1/cancel', undefined],
    ['POST', '/files/upload', undefined],
    ['GET', '/models', undefined],
    ['POST', '/rerank', undefined],
  ])('%s %s draws on %s', async (method, path, endpoint) => {
    const { fetch, limiter, sent } = createFetchWorld([() => answer(200)], {
      limits: { profile: profileOf('chat', 'embeddings', 'images', 'fine-tunes', 'batches') },
    })
    await fetch(`https://api.together.ai/v1${path}`, { method })
    expect(sent).toHaveLength(1)
    const used = limiter.snapshot().rateLimits.filter((limit) => limit.used > 0)
    expect(used.map(({ id }) => id)).toEqual(endpoint === undefined ? [] : [endpoint])
  })
})

function profileOf(...endpoints: ('chat' | 'embeddings' | 'images' | 'fine-tunes' | 'batches')[]) {
  const rateLimits = endpoints.map((id) => ({
    id,
    endpoints: [id],
    requestsMax: 10,
    windowMs: 60_000,
  }))
  return { name: 'one each', rateLimits, concurrencyLimits: [] }
}

describe('the underlying fetch', () => {
  it('is the global one at the time of the call', async () => {
    const limited = createRateLimitedFetch()
    const late = vi.fn(async () => answer(200, { late: true }))
    vi.stubGlobal('fetch', late)
    const response = await limited(chatUrl, chatInit)
    expect(await response.json()).toEqual({ late: true })
    await limited('https://example.com')
    expect(late).toHaveBeenCalledTimes(2)
  })

  it('is the one before where ours has become the global one', async () => {
    const before = vi.fn(async () => answer(200))
    vi.stubGlobal('fetch', before)
    const limited = createRateLimitedFetch()
    vi.stubGlobal('fetch', limited)
    await fetch(chatUrl, chatInit)
    await fetch('https://example.com')
    expect(before).toHaveBeenCalledTimes(2)
  })
})

describe('an option that cannot be used', () => {
  it.each([
    ['options', 5],
    ['limiter', { limiter: {} }],
    ['retry', { retry: 3 }],
    ['maxRetries', { retry: { maxRetries: -1 } }],
    ['fetch', { fetch: 'fetch' }],
    ['baseURL', { baseURL: '/v1' }],
    ['baseURL', { baseURL: 'file:///v1' }],
    ['hosts', { hosts: 'api.together.ai' }],
    ['hosts', { hosts: ['https://api.together.ai'] }],
    ['hosts', { hosts: ['api.together.ai/v1'] }],
    ['hosts', { hosts: [5] }],
    ['finalFailure', { finalFailure: 'reject' }],
    ['estimateTokens', { estimateTokens: 5 }],
    ['onJobStarted', { onJobStarted: true }],
  ])('is named: %s of %o', (option, options) => {
    const create = (): unknown => createRateLimitedFetch(options as never)
    expect(create).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', option }))
  })
})

describe('rateLimited', () => {
  it('gives the options of a client: one layer retries, and the longest timer there is', () => {
    const options = rateLimited()
    expect(options).toEqual({
      fetch: expect.any(Function),
      maxRetries: 0,
      timeout: 2_147_483_647,
    })
  })
})
