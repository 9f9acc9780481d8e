import { describe, expect, it } from 'vitest'
import type { EndpointClass } from '../../../src/core/profile.ts'
import { chatUrl, createFetchWorld, settle, watch } from '../../helpers/fetch-world.ts'
import { answer } from '../../helpers/retry-world.ts'

const profile = {
  name: 'tokens',
  rateLimits: [{ id: 'tokens', endpoints: ['chat'], tokensMax: 100, windowMs: 60_000 }],
  concurrencyLimits: [],
} as const

function createWorld(estimateTokens: (body: unknown, endpoint: EndpointClass) => number) {
  const limits = { profile, pacing: 'burst' } as const
  return createFetchWorld([() => answer(200)], { limits, estimateTokens })
}

describe('an estimate of tokens', () => {
  it.each([
    ['a text', '{"model":"a","max_tokens":60}'],
    ['bytes', new TextEncoder().encode('{"model":"a","max_tokens":60}')],
    ['a blob', new Blob(['{"model":"a","max_tokens":60}'])],
    ['parameters', new URLSearchParams({ model: 'a', max_tokens: '60' })],
  ])('is made of what the body says, and reserved: %s', async (_kind, body) => {
    const seen: unknown[] = []
    const { fetch, sent } = createWorld((content, endpoint) => {
      seen.push([content, endpoint])
      return 60
    })
    watch(fetch(chatUrl, { method: 'POST', body }))
    watch(fetch(new Request(chatUrl, { method: 'POST', body })))
    await settle()
    const fields = { model: 'a', max_tokens: expect.toSatisfy((value) => Number(value) === 60) }
    expect(seen).toContainEqual([fields, 'chat'])
    // Two of 60 are more than the window has.
    expect(sent).toHaveLength(1)
  })

  it('is asked for where there is nothing to read, too', async () => {
    const seen: unknown[] = []
    const { fetch, sent } = createWorld((content) => {
      seen.push(content)
      return 1
    })
    await fetch(chatUrl, { method: 'POST', body: 'no JSON' })
    await fetch(chatUrl, { method: 'POST' })
    expect(seen).toEqual([undefined, undefined])
    expect(sent).toHaveLength(2)
  })

  it('is not made for what takes no permit', async () => {
    const { fetch, sent } = createWorld(() => {
      throw new Error('asked')
    })
    await fetch('https://api.together.xyz/v1/models')
    expect(sent).toHaveLength(1)
  })

  it('that makes no sense is named', async () => {
    const { fetch } = createWorld(() => Number.NaN)
    await expect(fetch(chatUrl, { method: 'POST' })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      option: 'tokens',
    })
  })
})

describe('the estimate of ours', () => {
  const limits = { profile, pacing: 'burst' } as const

  it('is reserved where none is given', async () => {
    const { fetch, limiter } = createFetchWorld([() => answer(200)], { limits })
    await fetch(chatUrl, { method: 'POST', body: '{"model":"a","max_tokens":10}' })
    const [tokens] = limiter.snapshot().rateLimits
    // The template's 64, the 10 and what little there is of a body.
    expect(tokens?.used).toBeGreaterThan(74)
    expect(tokens?.used).toBeLessThan(100)
  })

  it('is made only for the models that have a limit in tokens', async () => {
    const ofOne = { ...profile, rateLimits: [{ ...profile.rateLimits[0], models: ['a'] }] }
    const asked: unknown[] = []
    const { fetch } = createFetchWorld([() => answer(200)], {
      limits: { ...limits, profile: ofOne },
      estimateTokens: (body) => asked.push(body),
    })
    for (const model of ['b', 'a', 'c']) {
      await fetch(chatUrl, { method: 'POST', body: JSON.stringify({ model }) })
      await fetch(chatUrl, { method: 'POST', body: JSON.stringify({ n: 1, model }) })
    }
    expect(asked).toEqual([{ model: 'a' }, { n: 1, model: 'a' }])
  })
})
