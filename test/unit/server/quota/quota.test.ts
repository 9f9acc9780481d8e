import { describe, expect, it } from 'vitest'
import { Quota, type QuotaRules } from '../../../../src/server/quota/quota.ts'
import type { QuotaSubject } from '../../../../src/server/quota/bounds.ts'
import type { ServerEndpoint, ServerRateLimit } from '../../../../src/server/handler.ts'

const limits: readonly ServerRateLimit[] = [
  { id: 'embeddings', endpoints: ['embeddings'], requestsMax: 2, windowMs: 1_000 },
  { id: 'shared', endpoints: ['chat', 'embeddings'], requestsMax: 4, windowMs: 2_000 },
]

function createQuota(countsRefused: boolean, rules: Partial<QuotaRules> = {}): Quota {
  return new Quota({
    limits,
    enforcement: { kind: 'sliding-log' },
    countsRefused,
    tokenAccounting: 'reserved',
    replicas: 1,
    seed: 1,
    ...rules,
  })
}

function subject(key: string, endpoint: ServerEndpoint, model?: string): QuotaSubject {
  return { key, endpoint, model }
}

function decideTimes(quota: Quota, count: number, endpoint: 'chat' | 'embeddings'): void {
  for (let index = 0; index < count; index += 1) quota.decide(subject('key', endpoint), 0)
}

describe('Quota', () => {
  it('charges a request to all its limits', () => {
    const quota = createQuota(false)
    decideTimes(quota, 2, 'embeddings')
    expect(quota.peek(subject('key', 'chat'), 0)).toMatchObject({
      requests: { remaining: 2 },
      limit: { id: 'shared' },
    })
  })

  it('charges a refused request to none', () => {
    const quota = createQuota(false)
    decideTimes(quota, 10, 'embeddings')
    expect(quota.peek(subject('key', 'chat'), 0)?.requests?.remaining).toBe(2)
  })

  it('charges a refused request to all where refused ones count', () => {
    const quota = createQuota(true)
    decideTimes(quota, 3, 'embeddings')
    expect(quota.peek(subject('key', 'chat'), 0)?.requests?.remaining).toBe(1)
  })

  it('names the limit that refuses and the instant at which all allow', () => {
    const quota = createQuota(false)
    decideTimes(quota, 4, 'chat')
    const verdict = quota.decide(subject('key', 'embeddings'), 100)
    expect(verdict).toMatchObject({ isAllowed: false, limit: { id: 'shared' }, allowAtMs: 2_000 })
  })

  it('names the limit that frees last where several refuse', () => {
    const quota = createQuota(false)
    decideTimes(quota, 2, 'embeddings')
    decideTimes(quota, 2, 'chat')
    expect(quota.decide(subject('key', 'embeddings'), 0)).toMatchObject({
      limit: { id: 'shared' },
      allowAtMs: 2_000,
    })
  })

  it('tells an instant at which the request passes even where counting it filled another limit', () => {
    const quota = createQuota(true)
    decideTimes(quota, 1, 'chat')
    decideTimes(quota, 2, 'embeddings')
    const verdict = quota.decide(subject('key', 'embeddings'), 0)
    expect(verdict).toMatchObject({ isAllowed: false, limit: { id: 'embeddings' } })
    expect(verdict?.allowAtMs).toBe(2_000)
    expect(quota.decide(subject('key', 'embeddings'), 2_000)?.isAllowed).toBe(true)
  })

  it('keeps the keys apart', () => {
    const quota = createQuota(false)
    decideTimes(quota, 4, 'chat')
    expect(quota.decide(subject('other', 'chat'), 0)?.isAllowed).toBe(true)
  })

  it('has nothing to say where no limit applies', () => {
    const quota = createQuota(false)
    expect(quota.decide(subject('key', 'models'), 0)).toBeUndefined()
    expect(quota.peek(subject('key', 'models'), 0)).toBeUndefined()
  })

  it('forgets idle keys and no others', () => {
    const quota = createQuota(false)
    decideTimes(quota, 4, 'chat')
    for (let index = 0; index < 50_000; index += 1) {
      // The first key stays busy while others come and go.
      if (index % 100 === 0) quota.decide(subject('key', 'chat'), index)
      quota.decide(subject(`key ${index}`, 'chat'), index)
    }
    expect(quota.size).toBeLessThan(10_000)
    expect(quota.peek(subject('key', 'chat'), 49_999)?.requests?.remaining).toBe(0)
  })
})
