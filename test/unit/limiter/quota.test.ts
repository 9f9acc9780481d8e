import { describe, expect, it } from 'vitest'
import { QuotaBook } from '../../../src/limiter/quota.ts'
import { Fixture, profileOf } from '../../helpers/limiter-fixture.ts'

function countOf(granted: string[], prefix: string): number {
  return granted.filter((name) => name.startsWith(prefix)).length
}

describe('shared quota', () => {
  const burst = { pacing: 'burst', arrivalBoundMs: 0 } as const

  it('leaves embeddings 300 of it at the most, also where chat is idle', async () => {
    const fixture = new Fixture(burst)
    fixture.calls(700, 'e', { endpoint: 'embeddings' })
    await fixture.clock.run(1_000)
    expect(countOf(fixture.granted, 'e')).toBe(300)
    fixture.calls(700, 'c')
    await fixture.clock.run(1_000)
    expect(countOf(fixture.granted, 'c')).toBe(300)
  })

  it('gives chat all 600 where embeddings are idle', async () => {
    const fixture = new Fixture(burst)
    fixture.calls(700, 'c')
    fixture.call('e', { endpoint: 'embeddings' })
    await fixture.clock.run(1_000)
    expect(countOf(fixture.granted, 'c')).toBe(600)
    expect(countOf(fixture.granted, 'e')).toBe(0)
  })

  it('is served in the order of the calls, whoever made them', async () => {
    const fixture = new Fixture({ maxPerMinute: 60, burstMax: 1 })
    const names: string[] = []
    for (let index = 0; index < 20; index += 1) {
      names.push(`c${index}`, `e${index}`)
      fixture.call(`c${index}`)
      fixture.call(`e${index}`, { endpoint: 'embeddings' })
    }
    await fixture.clock.run(50_000)
    expect(fixture.granted).toEqual(names)
  })

  it('is served in that order also where many slots come back at once', async () => {
    const profile = profileOf({ endpoints: ['chat', 'embeddings'], requestsMax: 6 })
    const fixture = new Fixture({ profile, pacing: 'burst' })
    fixture.call('running', { cost: 6 })
    const names = ['c0', 'e0', 'c1', 'e1', 'e2', 'c2']
    for (const name of names) {
      fixture.call(name, { endpoint: name.startsWith('c') ? 'chat' : 'embeddings' })
    }
    await fixture.clock.run(70_000)
    expect(fixture.granted.slice(1)).toEqual(names)
  })

  it('opens again for others once an older call has what it needs of it, and waits for something else', async () => {
    const profile = profileOf(
      { id: 'a', endpoints: ['chat', 'images'], requestsMax: 60 },
      { id: 'b', endpoints: ['chat'], requestsMax: 3 },
    )
    const fixture = new Fixture({ profile, burstMax: 3 })
    fixture.call('running', { cost: 3 })
    await fixture.clock.run(1_500)
    fixture.call('older', { cost: 3 })
    const younger = fixture.call('younger', { endpoint: 'images' })
    await fixture.clock.run(10_000)
    expect(younger.permit?.grantedAtMs).toBe(3_000)
  })

  it('is not taken by a cheap call where an older, dearer one is kept from it', async () => {
    const profile = profileOf(
      { id: 'all', endpoints: ['chat', 'embeddings', 'images'], requestsMax: 5 },
      { id: 'chat', endpoints: ['chat'], requestsMax: 2 },
    )
    const fixture = new Fixture({ profile, pacing: 'burst' })
    const first = fixture.call('first')
    fixture.call('second', { endpoint: 'images' })
    await fixture.clock.run(0)
    first.permit?.settle()
    fixture.call('two for the oldest', { cost: 2 })
    fixture.call('three would delay it', { endpoint: 'embeddings', cost: 3 })
    fixture.call('one would not', { endpoint: 'images' })
    await fixture.clock.run(60_030)
    expect(fixture.granted).toEqual(['first', 'second'])
    await fixture.clock.run(1)
    expect(fixture.granted[2]).toBe('two for the oldest')
    await fixture.clock.run(200_000)
    expect(fixture.granted).toHaveLength(5)
  })

  it('does not let small calls starve a large one of another lane', async () => {
    const fixture = new Fixture({ maxPerMinute: 60, burstMax: 10 })
    fixture.calls(10, 'c')
    fixture.call('large', { endpoint: 'embeddings', cost: 8 })
    for (let second = 0; second < 12; second += 1) {
      fixture.calls(1, `late${second}-`)
      await fixture.clock.run(1_000)
    }
    expect(fixture.granted.slice(10, 12)).toEqual(['large', 'late0-0'])
    expect(fixture.grantedAtMs[10]).toBe(8_000)
  })

  it('goes on for those who want nothing of what an older call waits for', async () => {
    const fixture = new Fixture(burst)
    fixture.calls(301, 'e', { endpoint: 'embeddings' })
    fixture.calls(4, 'job', { endpoint: 'fine-tunes' })
    fixture.calls(10, 'c')
    fixture.calls(10, 'i', { endpoint: 'images' })
    await fixture.clock.run(0)
    expect(countOf(fixture.granted, 'c')).toBe(10)
    expect(countOf(fixture.granted, 'i')).toBe(10)
  })

  it('gives a call that needs two limits at once its turn, though others take from each alone', async () => {
    const profile = profileOf(
      { id: 'a', endpoints: ['chat', 'images'], requestsMax: 60 },
      { id: 'b', endpoints: ['chat', 'embeddings'], requestsMax: 60 },
    )
    const fixture = new Fixture({ profile, burstMax: 1 })
    fixture.call('image', { endpoint: 'images' })
    await fixture.clock.run(500)
    fixture.call('embedding', { endpoint: 'embeddings' })
    fixture.call('both')
    fixture.calls(10, 'i', { endpoint: 'images' })
    fixture.calls(10, 'e', { endpoint: 'embeddings' })
    await fixture.clock.run(3_000)
    expect(fixture.granted.slice(0, 3)).toEqual(['image', 'embedding', 'both'])
    expect(fixture.grantedAtMs[2]).toBe(1_500)
  })

  it('does not lose quota to a call that waits for a place', async () => {
    const profile = {
      ...profileOf({ id: 'all', endpoints: ['chat', 'fine-tunes'], requestsMax: 60 }),
      concurrencyLimits: [
        { id: 'jobs', endpoints: ['fine-tunes'], concurrentMax: 2, heldUntil: 'job' },
      ],
    } as const
    const fixture = new Fixture({ profile, burstMax: 3 })
    const [job] = fixture.calls(2, 'job', { endpoint: 'fine-tunes', cost: 2 })
    fixture.calls(20, 'c')
    await fixture.clock.run(10_000)
    expect(countOf(fixture.granted, 'c')).toBe(11)
    job?.permit?.release()
    await fixture.clock.run(2_000)
    expect(fixture.granted.at(-1)).toBe('job1')
  })
})

describe('limits by model', () => {
  const profile = profileOf(
    { id: 'each', scope: 'model', requestsMax: 2 },
    { id: 'special', models: ['b', 'c'], requestsMax: 3 },
  )

  it('count each model for itself, and named models together', async () => {
    const fixture = new Fixture({ profile, pacing: 'burst' })
    for (const model of ['a', 'b', 'c']) fixture.calls(3, model, { model })
    fixture.calls(3, 'none')
    await fixture.clock.run(0)
    expect(['a', 'b', 'c', 'none'].map((name) => countOf(fixture.granted, name))).toEqual([
      2, 2, 1, 2,
    ])
    const { rateLimits } = fixture.limiter.snapshot()
    expect(rateLimits).toContainEqual({
      id: 'each',
      model: 'c',
      used: 1,
      requestsMax: 2,
      windowMs: 60_000,
    })
    expect(rateLimits).toContainEqual({ id: 'special', used: 3, requestsMax: 3, windowMs: 60_000 })
  })

  it('change for models known and to come', async () => {
    const fixture = new Fixture({ profile, pacing: 'burst' })
    fixture.calls(3, 'a', { model: 'a' })
    await fixture.clock.run(0)
    fixture.limiter.setRateLimit('each', 3)
    fixture.calls(4, 'z', { model: 'z' })
    await fixture.clock.run(0)
    expect([countOf(fixture.granted, 'a'), countOf(fixture.granted, 'z')]).toEqual([3, 3])
  })

  it('does not remember models for ever', async () => {
    const fixture = new Fixture({ profile })
    for (let index = 0; index < 5_000; index += 1) {
      fixture.call('c', { model: `m${index}` })
      if (index % 100 === 0) await fixture.clock.run(10_000)
    }
    await fixture.clock.run(100_000)
    fixture.call('d', { model: 'last' })
    expect(fixture.limiter.snapshot().rateLimits.length).toBeLessThan(2_100)
  })
})

describe('QuotaBook', () => {
  const options = {
    profile: profileOf({
      id: 'each',
      endpoints: ['chat', 'embeddings'],
      scope: 'model',
      requestsMax: 5,
    }),
    pacing: 'burst',
    burstMax: undefined,
    arrivalBoundMs: 0,
    answerBoundMs: 0,
    tokenAccounting: 'reserved',
    initialUsage: 0,
    startMs: 0,
    laneCountMax: 10,
  } as const

  it('forgets idle lanes, and keeps what holds slots, waits or is paused', () => {
    const book = new QuotaBook({ ...options, isPaused: (key) => key === 'model:paused' })
    const used = book.laneFor('chat', 'used', 0)
    used.take(0, { cost: 4, tokens: 0 })
    const waited = book.laneFor('chat', 'waited', 0)
    waited.queue.enqueue({ rank: 0, sequence: 0, cost: 1, tokens: 0, hasLeft: false })
    const paused = book.laneFor('chat', 'paused', 0)
    for (let index = 0; index < 100; index += 1) book.laneFor('chat', `idle${index}`, 0)
    expect([...book.lanes()].length).toBeLessThanOrEqual(20)
    expect(book.laneFor('chat', 'waited', 0)).toBe(waited)
    expect(book.laneFor('chat', 'paused', 0)).toBe(paused)
    expect(book.laneFor('chat', 'used', 0).allowAtMs(0, { cost: 2, tokens: 0 })).toBeGreaterThan(0)
    // A lane that was kept still shares its quota with a lane of the same model made later.
    paused.take(0, { cost: 4, tokens: 0 })
    expect(
      book.laneFor('embeddings', 'paused', 0).allowAtMs(0, { cost: 2, tokens: 0 }),
    ).toBeGreaterThan(0)
  })
})

describe('TogetherRateLimiter.setRateLimit', () => {
  it('lets waiting calls go at once when it grows', async () => {
    const profile = profileOf({ requestsMax: 2 })
    const fixture = new Fixture({ profile, pacing: 'burst' })
    fixture.calls(10, 'c')
    await fixture.clock.run(10)
    fixture.limiter.setRateLimit('limit-0', 7)
    await fixture.clock.run(0)
    expect(fixture.granted).toHaveLength(7)
  })

  it('lets nobody go until the slots in use fit, when it shrinks', async () => {
    const profile = profileOf({ requestsMax: 6 })
    const fixture = new Fixture({ profile, pacing: 'burst', arrivalBoundMs: 0 })
    fixture.calls(4, 'c')
    await fixture.clock.run(1_000)
    fixture.calls(4, 'd')
    await fixture.clock.run(0)
    fixture.limiter.setRateLimit('limit-0', 3)
    expect(fixture.limiter.snapshot().rateLimits[0]).toMatchObject({ used: 6, requestsMax: 3 })
    await fixture.clock.run(59_030)
    expect(fixture.granted).toHaveLength(6)
    await fixture.clock.run(1)
    expect(fixture.granted).toHaveLength(7)
  })

  it('rejects waiting calls that will never fit, so that they block nobody', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, pacing: 'burst' })
    fixture.call('running', { cost: 599 })
    const large = fixture.call('large', { cost: 50 })
    const small = fixture.call('small')
    fixture.limiter.setRateLimit('chat', 40)
    await fixture.clock.run(70_000)
    expect(large.error).toMatchObject({ code: 'COST_TOO_LARGE', cost: 50, costMax: 40 })
    expect(small.permit).toBeDefined()
  })
})

describe('TogetherRateLimiter.snapshot', () => {
  it('is plain JSON and says how long a new call would wait at least', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, burstMax: 1 })
    fixture.calls(11, 'c', { model: 'a' })
    await fixture.clock.run(0)
    const snapshot = fixture.limiter.snapshot()
    expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot)
    expect(snapshot).toMatchObject({ queueLength: 10, granted: 1, waitMs: 1_100 })
    // All models draw on the same limits here, so those who wait for another model go first too.
    expect(fixture.limiter.snapshot({ model: 'b' }).waitMs).toBe(1_100)
    expect(fixture.limiter.snapshot({ priority: 1 }).waitMs).toBe(100)
    expect(fixture.limiter.snapshot({ endpoint: 'images' }).waitMs).toBe(0)
    // Chat passes a limit that embeddings do not, so it is not certain that chat goes first.
    expect(fixture.limiter.snapshot({ endpoint: 'embeddings' }).waitMs).toBe(100)
  })
})
