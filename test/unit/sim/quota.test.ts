import { describe, expect, it } from 'vitest'
import { meanFill, quotasOf, slotFreeAtMs, tellsLimiter, type Quota } from '../../../sim/quota.ts'
import { makeScenario, RunBuilder } from '../../helpers/run-record.ts'

const quota: Quota = { id: 'two', endpoints: ['chat'], requestsMax: 2 }

describe('quotasOf', () => {
  it.each([
    ['chat', { chat: 600, 'chat-and-embeddings': 600 }],
    ['embeddings', { embeddings: 300, 'chat-and-embeddings': 600 }],
    ['images', { images: 60 }],
    ['fine-tunes', {}],
    ['batches', {}],
  ] as const)('knows what the profile allows %s', (endpoint, limits) => {
    const found = quotasOf(endpoint).map(({ id, requestsMax }) => [id, requestsMax])
    expect(Object.fromEntries(found)).toEqual(limits)
  })
})

describe('slotFreeAtMs', () => {
  const scenario = makeScenario({ arrivalBoundMs: 5_000 })
  const run = new RunBuilder()
  const answered = run.attempt(run.call(), 1_000, { headersAtMs: 9_000 })
  const lost = run.lost(run.call(), 1_000)

  it('is a window after the headers, however late they came', () => {
    expect(slotFreeAtMs(answered, scenario, true)).toBe(69_000)
  })

  it('is a window after the bound without headers, or where nobody tells the limiter', () => {
    expect(slotFreeAtMs(lost, scenario, true)).toBe(66_000)
    expect(slotFreeAtMs(answered, scenario, false)).toBe(66_000)
  })
})

describe('tellsLimiter', () => {
  it('is true once a permit is released; that it could be is not enough', () => {
    const run = new RunBuilder()
    expect(tellsLimiter(run.build())).toBe(false)
    run.acquire(0, { released: false })
    expect(tellsLimiter(run.build())).toBe(false)
    run.acquire(0)
    expect(tellsLimiter(run.build())).toBe(true)
  })
})

describe('meanFill', () => {
  it('adds up what each slot is held within the span, over the span and the limit', () => {
    const run = new RunBuilder()
    run.acquire(0)
    // Held from 0 to 60,100 and from 30,000 to 90,100.
    run.attempt(run.call(), 0)
    run.attempt(run.call(), 30_000)
    const record = run.build()
    expect(meanFill(record, quota, 0, 30_000)).toBe(0.5)
    expect(meanFill(record, quota, 30_000, 60_000)).toBe(1)
    expect(meanFill(record, quota, 60_000, 90_100)).toBeCloseTo((100 + 30_100) / 30_100 / 2, 12)
    expect(meanFill(record, quota, 100_000, 200_000)).toBe(0)
  })

  it('counts only the classes of the quota', () => {
    const run = new RunBuilder()
    run.attempt(run.call(0, { endpoint: 'images' }), 0)
    expect(meanFill(run.build(), quota, 0, 1_000)).toBe(0)
  })
})
