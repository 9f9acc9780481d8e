import { describe, expect, it } from 'vitest'
import { Quota } from '../../../../src/server/quota/quota.ts'
import type { ServerRateLimit } from '../../../../src/server/handler.ts'

const limits: readonly ServerRateLimit[] = [
  { id: 'embeddings', endpoints: ['embeddings'], requestsMax: 2, windowMs: 1_000 },
  { id: 'shared', endpoints: ['chat', 'embeddings'], requestsMax: 4, windowMs: 2_000 },
]
const slidingLog = { kind: 'sliding-log' } as const

function decideTimes(quota: Quota, count: number, endpoint: 'chat' | 'embeddings'): void {
  for (let index = 0; index < count; index += 1) quota.decide('key', endpoint, 0)
}

describe('Quota', () => {
  it('charges a request to all its limits', () => {
    const quota = new Quota(limits, slidingLog, false)
    decideTimes(quota, 2, 'embeddings')
    expect(quota.peek('key', 'chat', 0)).toMatchObject({ remaining: 2, limit: { id: 'shared' } })
  })

  it('charges a refused request to none', () => {
    const quota = new Quota(limits, slidingLog, false)
    decideTimes(quota, 10, 'embeddings')
    expect(quota.peek('key', 'chat', 0)?.remaining).toBe(2)
  })

  it('charges a refused request to all where refused ones count', () => {
    const quota = new Quota(limits, slidingLog, true)
    decideTimes(quota, 3, 'embeddings')
    expect(quota.peek('key', 'chat', 0)?.remaining).toBe(1)
  })

  it('names the limit that refuses and the instant at which all allow', () => {
    const quota = new Quota(limits, slidingLog, false)
    decideTimes(quota, 4, 'chat')
    const verdict = quota.decide('key', 'embeddings', 100)
    expect(verdict).toMatchObject({ isAllowed: false, limit: { id: 'shared' }, allowAtMs: 2_000 })
  })

  it('names the limit that frees last where several refuse', () => {
    const quota = new Quota(limits, slidingLog, false)
    decideTimes(quota, 2, 'embeddings')
    decideTimes(quota, 2, 'chat')
    expect(quota.decide('key', 'embeddings', 0)).toMatchObject({
      limit: { id: 'shared' },
      allowAtMs: 2_000,
    })
  })

  it('tells an instant at which the request passes even where counting it filled another limit', () => {
    const quota = new Quota(limits, slidingLog, true)
    decideTimes(quota, 1, 'chat')
    decideTimes(quota, 2, 'embeddings')
    const verdict = quota.decide('key', 'embeddings', 0)
    expect(verdict).toMatchObject({ isAllowed: false, limit: { id: 'embeddings' } })
    expect(verdict?.allowAtMs).toBe(2_000)
    expect(quota.decide('key', 'embeddings', 2_000)?.isAllowed).toBe(true)
  })

  it('keeps the keys apart', () => {
    const quota = new Quota(limits, slidingLog, false)
    decideTimes(quota, 4, 'chat')
    expect(quota.decide('other', 'chat', 0)?.isAllowed).toBe(true)
  })

  it('has nothing to say where no limit applies', () => {
    const quota = new Quota(limits, slidingLog, false)
    expect(quota.decide('key', 'models', 0)).toBeUndefined()
    expect(quota.peek('key', 'models', 0)).toBeUndefined()
  })

  it('forgets idle keys and no others', () => {
    const quota = new Quota(limits, slidingLog, false)
    decideTimes(quota, 4, 'chat')
    for (let index = 0; index < 50_000; index += 1) {
      // The first key stays busy while others come and go.
      if (index % 100 === 0) quota.decide('key', 'chat', index)
      quota.decide(`key ${index}`, 'chat', index)
    }
    expect(quota.keyCount).toBeLessThan(10_000)
    expect(quota.peek('key', 'chat', 49_999)?.remaining).toBe(0)
  })
})
