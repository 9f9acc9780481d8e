/**
 * Limits in tokens under the official clients, against the mock over loopback: what an answer used is what is taken
 * afterwards, and no call is refused.
 */
import OpenAI from 'openai'
import Together from 'together-ai'
import { afterEach, describe, expect, it } from 'vitest'
import type { Profile, TokenAccounting } from '../../src/core/profile.ts'
import { rateLimited } from '../../src/fetch/index.ts'
import { TogetherRateLimiter } from '../../src/limiter/index.ts'
import { createMockTogether, type FaultRule, type RunningMock } from '../../src/server/index.ts'

const model = 'Qwen/Qwen2.5-7B-Instruct-Turbo'
const embedder = 'BAAI/bge-base-en-v1.5'
const messages = [{ role: 'user' as const, content: 'Say nothing, or что-нибудь.' }]
const apiKey = 'test'

let mock: RunningMock

afterEach(() => mock.close())

interface Limits {
  readonly tokensMax: number
  readonly windowMs: number
  readonly tokenAccounting: TokenAccounting
}

type Name = 'together' | 'openai'

interface Setup {
  readonly limiter: TogetherRateLimiter
  readonly used: () => number | undefined
  /** The clients have the same methods, as far as they are called here. */
  readonly client: OpenAI
}

async function setUp(
  name: Name,
  { tokensMax, windowMs, tokenAccounting }: Limits,
  faults: FaultRule[] = [],
): Promise<Setup> {
  mock = await createMockTogether({
    faults,
    profile: {
      name: 'tokens',
      tokenAccounting,
      rateLimits: [{ id: 'tokens', endpoints: ['chat', 'embeddings'], tokensMax, windowMs }],
      concurrencyLimits: [],
      enforcement: { kind: 'sliding-log' },
    },
  })
  const profile: Profile = {
    name: 'tokens',
    tokenAccounting,
    rateLimits: [
      { id: 'tokens', endpoints: ['chat', 'embeddings'], tokensMax, windowMs, strict: true },
    ],
    concurrencyLimits: [],
  }
  const limiter = new TogetherRateLimiter({ profile, pacing: 'burst' })
  const baseURL = `${mock.url}/v1`
  const options = { ...rateLimited({ limiter, baseURL }), baseURL, apiKey }
  const together = new Together(options) as unknown as OpenAI
  return {
    limiter,
    used: () => limiter.snapshot().rateLimits[0]?.used,
    client: name === 'together' ? together : new OpenAI(options),
  }
}

const roomy: Limits = { tokensMax: 100_000, windowMs: 60_000, tokenAccounting: 'used' }

describe.each(['together', 'openai'] as const)('%s', (name) => {
  it('has used what its answer says', async () => {
    const { client, used } = await setUp(name, roomy)
    const answer = await client.chat.completions.create({ model, messages })
    expect(answer.usage?.total_tokens).toBeGreaterThan(0)
    expect(used()).toBe(answer.usage?.total_tokens)
  })

  it('has used what the end of its stream says', async () => {
    const { client, used } = await setUp(name, roomy)
    const parts = await client.chat.completions.create({ model, messages, stream: true })
    let said: number | undefined
    for await (const part of parts) {
      // While it streams, all of the estimate is taken.
      expect(used()).toBeGreaterThan(2_048)
      said = part.usage?.total_tokens ?? said
    }
    expect(said).toBeGreaterThan(0)
    expect(used()).toBe(said)
  })

  it('keeps the estimate of a stream that was cut', async () => {
    const cut: FaultRule = { id: 'cut', do: { kind: 'cut-stream', afterParts: 3 } }
    const { client, used, limiter } = await setUp(name, roomy, [cut])
    const parts = await client.chat.completions.create({ model, messages, stream: true })
    const reserved = used()
    const reading = async (): Promise<void> => {
      for await (const _part of parts);
    }
    await expect(reading()).rejects.toThrow(Error)
    expect(reserved).toBeGreaterThan(2_048)
    expect(used()).toBe(reserved)
    expect(limiter.snapshot().counters).toMatchObject({ granted: 1, settled: 1, abandoned: 0 })
  })

  it('has used nothing where it was refused', async () => {
    const { client, used } = await setUp(name, roomy)
    const asking = client.chat.completions.create({ model: 'no/such-model', messages })
    await expect(asking).rejects.toMatchObject({ status: 404 })
    expect(used()).toBe(0)
  })

  it('estimates embeddings by their texts, and gets what they came to', async () => {
    const { client, used } = await setUp(name, roomy)
    const input = ['one', 'two words', 'три']
    const answer = await client.embeddings.create({ model: embedder, input })
    expect(answer.data).toHaveLength(3)
    const journal = mock.journal()
    expect(journal).toHaveLength(1)
    expect(used()).toBeLessThan(100)
    expect(used()).toBeGreaterThanOrEqual(journal[0]?.tokens ?? Infinity)
  })

  it.each(['reserved', 'used'] as const)(
    'is never refused by a server of %s tokens, however many calls there are',
    async (tokenAccounting) => {
      const limits = { tokensMax: 2_000, windowMs: 500, tokenAccounting }
      const { client, limiter } = await setUp(name, limits)
      const calls = Array.from({ length: 60 }, (_, index) => async () => {
        const body = { model, messages, max_tokens: 10 + index }
        if (index % 2 === 0) return client.chat.completions.create(body)
        const parts = await client.chat.completions.create({ ...body, stream: true })
        for await (const _part of parts);
        return undefined
      })
      await Promise.all(calls.map((call) => call()))
      const journal = mock.journal()
      expect(journal).toHaveLength(60)
      expect(journal.filter(({ status }) => status !== 200)).toEqual([])
      expect(limiter.snapshot().counters).toMatchObject({ granted: 60, settled: 60 })
    },
  )
})
