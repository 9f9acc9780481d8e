import { describe, expect, it } from 'vitest'
import { TogetherRateLimiter } from '../../../src/limiter/index.ts'
import { Fixture, profileOf } from '../../helpers/limiter-fixture.ts'

const HOLD_MS = 60_031

describe('TogetherRateLimiter.acquire', () => {
  it('grants in arrival order, evenly spaced after the burst', async () => {
    const fixture = new Fixture({ maxPerMinute: 600 })
    const { limiter, clock } = fixture
    fixture.calls(30, 'c')
    await clock.run(1_999)
    expect(fixture.granted).toEqual(Array.from({ length: 29 }, (_, index) => `c${index}`))
    expect(fixture.grantedAtMs.slice(8, 13)).toEqual([0, 0, 100, 200, 300])
    expect(limiter.snapshot().queueLength).toBe(1)
  })

  it('lets a whole window go at once with burst pacing, and the next when the slots are back', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, pacing: 'burst' })
    const { clock } = fixture
    const calls = fixture.calls(1_000, 'c')
    await clock.run(500)
    expect(fixture.granted).toHaveLength(600)
    for (const call of calls) call.permit?.settle()
    await clock.run(HOLD_MS - 1)
    expect(fixture.granted).toHaveLength(600)
    await clock.run(1)
    expect(fixture.granted).toHaveLength(1_000)
  })

  it('gives slots of permits that nobody settles back after the arrival bound', async () => {
    const fixture = new Fixture({ maxPerMinute: 3, pacing: 'burst' })
    const { clock } = fixture
    fixture.calls(4, 'c')
    await clock.run(HOLD_MS + 4_999)
    expect(fixture.granted).toHaveLength(3)
    await clock.run(1)
    expect(fixture.granted).toHaveLength(4)
  })

  it('works as a drop-in: a number, no argument, nothing settled', async () => {
    const fixture = new Fixture({ maxPerMinute: 60 })
    const { clock } = fixture
    fixture.calls(121, 'c')
    await clock.run(59_000)
    expect(fixture.granted).toHaveLength(60)
    await clock.run(2 * (HOLD_MS + 5_000))
    expect(fixture.granted).toHaveLength(121)
  })

  it('spaces by debt when a call costs more than the burst', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, burstMax: 2 })
    const { clock } = fixture
    fixture.call('large', { cost: 20 })
    fixture.calls(3, 'small')
    await clock.run(60_000)
    expect(fixture.grantedAtMs).toEqual([0, 1_900, 2_000, 2_100])
  })

  it('takes the given share of each window as used at the start', async () => {
    const fixture = new Fixture({ maxPerMinute: 10, initialUsage: 0.55, pacing: 'burst' })
    const { limiter, clock } = fixture
    expect(limiter.snapshot().rateLimits[0]).toMatchObject({ id: 'chat', used: 5 })
    fixture.calls(6, 'c')
    await clock.run(5_000 + HOLD_MS - 1)
    expect(fixture.granted).toHaveLength(5)
    await clock.run(1)
    expect(fixture.granted).toHaveLength(6)
  })

  it('takes the burst as spent too, where a predecessor used some', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, initialUsage: 0.1 })
    fixture.calls(3, 'c')
    await fixture.clock.run(1_000)
    expect(fixture.grantedAtMs).toEqual([0, 100, 200])
  })

  it('paces windows below 10 s at nine tenths of the limit, so that no window holds more', async () => {
    const profile = profileOf({ requestsMax: 20, windowMs: 1_000 })
    const fixture = new Fixture({ profile })
    const { clock } = fixture
    fixture.calls(200, 'c')
    await clock.run(5_001)
    expect(fixture.granted).toHaveLength(2 + 90)
    for (const atMs of fixture.grantedAtMs) {
      const inWindow = fixture.grantedAtMs.filter((other) => other >= atMs && other < atMs + 1_000)
      expect(inWindow.length).toBeLessThanOrEqual(20)
    }
  })

  it('keeps places until a job ends, and frees those of requests with the headers', async () => {
    const fixture = new Fixture({ concurrencyMax: 5 })
    const { clock } = fixture
    const jobs = fixture.calls(4, 'job', { endpoint: 'fine-tunes' })
    await clock.run(0)
    expect(fixture.granted).toEqual(['job0', 'job1', 'job2'])
    jobs[0]?.permit?.settle()
    await clock.run(0)
    expect(fixture.granted).toHaveLength(3)
    jobs[0]?.permit?.release()
    await clock.run(0)
    expect(fixture.granted).toHaveLength(4)
    // One of the five was given back, four jobs have no headers yet but one.
    const chats = fixture.calls(4, 'chat')
    await clock.run(0)
    expect(fixture.granted.slice(4)).toEqual(['chat0', 'chat1'])
    chats[0]?.permit?.settle()
    await clock.run(0)
    expect(fixture.granted.slice(4)).toEqual(['chat0', 'chat1', 'chat2'])
  })

  it('reads the time of fake timers that were installed after the import', async () => {
    const { vi } = await import('vitest')
    vi.useFakeTimers({
      now: 1_000_000,
      toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'],
    })
    try {
      const limiter = new TogetherRateLimiter({ burstMax: 1 })
      const atMs: number[] = []
      for (let count = 0; count < 3; count += 1) {
        void limiter.acquire().then((permit) => atMs.push(permit.grantedAtMs))
      }
      await vi.advanceTimersByTimeAsync(1_000)
      const startMs = atMs[0] ?? Number.NaN
      expect(atMs.map((each) => each - startMs)).toEqual([0, 100, 200])
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('TogetherRateLimiter.tryAcquire', () => {
  it('grants or says how long to stay away', () => {
    const { limiter, clock } = new Fixture({ maxPerMinute: 600, burstMax: 1 })
    const first = limiter.tryAcquire()
    expect(first).toMatchObject({ granted: true, permit: { endpoint: 'chat', grantedAtMs: 0 } })
    expect(limiter.tryAcquire()).toEqual({ granted: false, retryAfterMs: 100 })
    clock.advance(100)
    expect(limiter.tryAcquire().granted).toBe(true)
  })

  it('overtakes nobody who waits, and leaves nothing behind', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, burstMax: 1 })
    const { limiter, clock } = fixture
    fixture.calls(3, 'c')
    await clock.run(0)
    const refused = limiter.tryAcquire()
    expect(refused).toEqual({ granted: false, retryAfterMs: 300 })
    await clock.run(250)
    expect(limiter.tryAcquire().granted).toBe(false)
    await clock.run(50)
    expect(limiter.tryAcquire().granted).toBe(true)
    expect([limiter.snapshot().queueLength, clock.timerCount]).toEqual([0, 0])
  })

  it('lets those go first who were due while the event loop was busy, and leaves no timer', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, burstMax: 1 })
    const { limiter, clock } = fixture
    fixture.calls(2, 'c')
    await clock.run(0)
    clock.stall(150)
    expect(limiter.tryAcquire()).toEqual({ granted: false, retryAfterMs: 100 })
    expect(clock.timerCount).toBe(0)
    await clock.run(0)
    expect(fixture.granted).toEqual(['c0', 'c1'])
  })

  it('goes ahead of those it has priority over, and past lanes it shares nothing with', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, burstMax: 1 })
    const { limiter, clock } = fixture
    fixture.calls(5, 'c')
    await clock.run(0)
    expect(limiter.tryAcquire({ endpoint: 'images' }).granted).toBe(true)
    clock.jump(0)
    await clock.run(99)
    expect(limiter.tryAcquire({ priority: 1 })).toEqual({ granted: false, retryAfterMs: 1 })
  })

  it('asks for at least a millisecond where only a release can help', () => {
    const { limiter } = new Fixture({})
    for (let count = 0; count < 3; count += 1) limiter.tryAcquire({ endpoint: 'fine-tunes' })
    const refused = limiter.tryAcquire({ endpoint: 'fine-tunes' })
    expect(refused).toEqual({ granted: false, retryAfterMs: 1 })
  })
})

describe('priorities', () => {
  it('go first within a queue, first come first served among equals', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, burstMax: 1 })
    const { clock } = fixture
    fixture.call('running')
    fixture.calls(2, 'low', { priority: -1 })
    fixture.calls(2, 'normal')
    fixture.calls(2, 'high', { priority: 5 })
    await clock.run(10_000)
    expect(fixture.granted.slice(1)).toEqual([
      'high0',
      'high1',
      'normal0',
      'normal1',
      'low0',
      'low1',
    ])
  })

  it('starve nobody: a step counts as much as having waited priorityAgingMs longer', async () => {
    const fixture = new Fixture({ maxPerMinute: 60, priorityAgingMs: 5_000 })
    const { clock } = fixture
    fixture.call('running')
    fixture.call('patient')
    for (let second = 0; second < 30; second += 1) {
      fixture.calls(2, `urgent${second}-`, { priority: 2 })
      await clock.run(1_000)
    }
    // An urgent call of the eleventh second has the rank of a normal one of the first.
    expect(fixture.granted).toContain('patient')
    expect(fixture.granted.indexOf('patient')).toBeGreaterThan(10)
    expect(fixture.granted.indexOf('patient')).toBeLessThan(25)
  })

  it('put a retry where its call began', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, burstMax: 1 })
    const { clock } = fixture
    fixture.call('running')
    await clock.run(10)
    fixture.call('early')
    await clock.run(10)
    fixture.call('late')
    fixture.call('retry', { queuedAtMs: 15 })
    fixture.call('future', { queuedAtMs: 1_000 })
    fixture.call('next')
    await clock.run(1_000)
    expect(fixture.granted).toEqual(['running', 'early', 'retry', 'late', 'future', 'next'])
  })
})
