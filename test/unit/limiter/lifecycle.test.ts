import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { ClosedError, DeadlineError, QueueFullError } from '../../../src/core/errors.ts'
import { Fixture, profileOf } from '../../helpers/limiter-fixture.ts'
import { drainPromises, VirtualClock } from '../../helpers/virtual-clock.ts'

const onePerMinute = { profile: profileOf({ requestsMax: 1 }), arrivalBoundMs: 0 }

describe('abort', () => {
  it('ends the wait at once with the reason untouched, spends nothing and leaves no listener', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, burstMax: 1 })
    const { limiter, clock } = fixture
    const controller = new AbortController()
    fixture.call('running')
    const aborted = fixture.calls(3, 'aborted', { signal: controller.signal })
    fixture.call('next')
    await clock.run(50)
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(3)
    const reason = { any: 'thing' }
    controller.abort(reason)
    await clock.run(0)
    expect(aborted.map((call) => call.error)).toEqual([reason, reason, reason])
    expect(aborted[0]?.error).toBe(reason)
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    await clock.run(50)
    expect(fixture.granted).toEqual(['running', 'next'])
    expect(limiter.snapshot().counters).toMatchObject({ granted: 2, aborted: 3 })
  })

  it('lets those behind a large call go in the same instant', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, burstMax: 10 })
    const controller = new AbortController()
    fixture.call('running', { cost: 5 })
    fixture.call('large', { cost: 9, signal: controller.signal })
    fixture.call('small')
    await fixture.clock.run(10)
    expect(fixture.granted).toEqual(['running'])
    controller.abort()
    await fixture.clock.run(0)
    expect(fixture.granted).toEqual(['running', 'small'])
    expect(fixture.clock.timerCount).toBe(0)
  })

  it('rejects without queueing where it came before the call', async () => {
    const fixture = new Fixture()
    const signal = AbortSignal.abort('no longer wanted')
    await expect(fixture.limiter.acquire({ signal })).rejects.toBe('no longer wanted')
    expect(() => fixture.limiter.tryAcquire({ signal })).toThrow('no longer wanted')
    expect(fixture.limiter.snapshot().counters).toMatchObject({ granted: 0, aborted: 0 })
  })

  it('leaves no listener behind a call that was granted, expired or closed out', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, burstMax: 1 })
    const { signal } = new AbortController()
    const call = (name: string, deadlineMs?: number) => fixture.call(name, { signal, deadlineMs })
    call('at once')
    call('granted')
    fixture.call('slow', { cost: 10, priority: 1 })
    call('expired', 1_300)
    call('closed out')
    await fixture.clock.run(1_250)
    fixture.limiter.setRateLimit('chat', 1)
    await fixture.clock.run(100)
    fixture.limiter.close()
    await fixture.clock.run(0)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})

describe('deadline', () => {
  it('fails at once where it is known that it cannot be met, and says by how much', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, burstMax: 1 })
    fixture.calls(11, 'c')
    const late = fixture.call('late', { deadlineMs: 1_099 })
    const inTime = fixture.call('in time', { deadlineMs: 1_100 })
    await fixture.clock.run(0)
    expect(late.error).toBeInstanceOf(DeadlineError)
    expect(late.error).toMatchObject({ neededMs: 1_100, availableMs: 1_099 })
    await fixture.clock.run(1_100)
    expect(inTime.permit?.grantedAtMs).toBe(1_100)
  })

  it('counts window cycles: 600 calls ahead of a quota of 600 a minute take a minute', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, pacing: 'burst', arrivalBoundMs: 0 })
    fixture.calls(1_200, 'c')
    expect(fixture.limiter.snapshot()).toMatchObject({ queueLength: 600, waitMs: 2 * 60_031 })
    const late = fixture.call('late', { deadlineMs: 120_061 })
    await fixture.clock.run(0)
    expect(late.error).toBeInstanceOf(DeadlineError)
  })

  it('expires in time where the wait turned out longer', async () => {
    const fixture = new Fixture()
    fixture.calls(3, 'job', { endpoint: 'fine-tunes' })
    const call = fixture.call('late', { endpoint: 'fine-tunes', deadlineMs: 500 })
    await fixture.clock.run(499)
    expect(call.error).toBeUndefined()
    await fixture.clock.run(1)
    expect(call.error).toMatchObject({ code: 'DEADLINE', availableMs: 0 })
    expect(fixture.clock.timerCount).toBe(0)
    expect(fixture.limiter.snapshot()).toMatchObject({ queueLength: 0, counters: { expired: 1 } })
  })

  it('of a later call ends in time, though others wait without one', async () => {
    const fixture = new Fixture()
    fixture.calls(4, 'job', { endpoint: 'fine-tunes' })
    const call = fixture.call('late', { endpoint: 'fine-tunes', deadlineMs: 500 })
    await fixture.clock.run(500)
    expect(call.error).toBeInstanceOf(DeadlineError)
  })

  it('of zero means now or never', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, burstMax: 1 })
    const [first, second] = fixture.calls(2, 'c', { deadlineMs: 0 })
    await fixture.clock.run(0)
    expect(first?.permit).toBeDefined()
    expect(second?.error).toBeInstanceOf(DeadlineError)
    fixture.calls(4, 'job', { endpoint: 'fine-tunes' })
    const third = fixture.call('third', { endpoint: 'fine-tunes', deadlineMs: 0 })
    await drainPromises()
    expect(third.error).toBeInstanceOf(DeadlineError)
  })

  it('is not met by a timer that comes too late', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, burstMax: 1 })
    fixture.call('running')
    const call = fixture.call('asleep', { deadlineMs: 150 })
    fixture.clock.jump(10_000)
    await fixture.clock.run(0)
    expect(call.error).toBeInstanceOf(DeadlineError)
  })

  it('lets those behind an expired large call go in the same instant', async () => {
    const fixture = new Fixture()
    const jobs = { endpoint: 'fine-tunes' } as const
    fixture.call('running', { ...jobs, cost: 2 })
    const large = fixture.call('large', { ...jobs, cost: 2, deadlineMs: 500 })
    fixture.call('small', jobs)
    await fixture.clock.run(499)
    expect(fixture.granted).toEqual(['running'])
    await fixture.clock.run(1)
    expect(large.error).toBeInstanceOf(DeadlineError)
    expect(fixture.granted).toEqual(['running', 'small'])
  })
})

describe('queue bound', () => {
  it('refuses the call that finds the queue full, and no call that can go at once', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, burstMax: 1, queueLengthMax: 2 })
    fixture.calls(3, 'c')
    const refused = fixture.call('refused')
    fixture.call('image', { endpoint: 'images' })
    await fixture.clock.run(0)
    expect(refused.error).toBeInstanceOf(QueueFullError)
    expect(refused.error).toMatchObject({ queueLength: 2, queueLengthMax: 2 })
    expect(fixture.granted).toEqual(['c0', 'image'])
    await fixture.clock.run(1_000)
    expect(fixture.granted).toEqual(['c0', 'image', 'c1', 'c2'])
    expect(fixture.limiter.snapshot().counters).toMatchObject({ refused: 1, granted: 4 })
  })

  it('of zero never queues', async () => {
    const fixture = new Fixture({ ...onePerMinute, queueLengthMax: 0 })
    const [first, second] = fixture.calls(2, 'c')
    await fixture.clock.run(0)
    expect(first?.permit).toBeDefined()
    expect(second?.error).toBeInstanceOf(QueueFullError)
    expect(fixture.clock.timerCount).toBe(0)
  })
})

describe('close', () => {
  it('rejects who waits and who comes later, clears the timer, and leaves permits usable', async () => {
    const fixture = new Fixture({ ...onePerMinute })
    const [first, second] = fixture.calls(2, 'c')
    await fixture.clock.run(10)
    fixture.limiter.close()
    fixture.limiter.close()
    const third = fixture.call('third')
    await fixture.clock.run(0)
    expect(second?.error).toBeInstanceOf(ClosedError)
    expect(third.error).toBeInstanceOf(ClosedError)
    expect(() => fixture.limiter.tryAcquire()).toThrow(ClosedError)
    expect(fixture.clock.timerCount).toBe(0)
    first?.permit?.settle()
    first?.permit?.abandon()
    fixture.limiter.pause({ delayMs: 5 })
    fixture.limiter.setRateLimit('limit-0', 4)
    expect(fixture.limiter.snapshot()).toMatchObject({ queueLength: 0, counters: { settled: 1 } })
  })
})

describe('timer', () => {
  it('is one for all who wait, and none while nobody does', async () => {
    const fixture = new Fixture({ maxPerMinute: 600 })
    const { clock } = fixture
    fixture.calls(10, 'c')
    await clock.run(0)
    expect(clock.timersSet).toBe(0)
    fixture.calls(100, 'c')
    fixture.calls(100, 'e', { endpoint: 'embeddings', deadlineMs: 100_000 })
    await clock.run(500)
    expect(clock.timerCount).toBe(1)
    await clock.run(30_000)
    expect(fixture.granted).toHaveLength(210)
    expect(clock.timerCount).toBe(0)
  })

  it('that fires too early is set again, and grants nothing early', async () => {
    const clock = new VirtualClock({ earlyMs: 1 })
    const fixture = new Fixture({ maxPerMinute: 600, burstMax: 1 }, clock)
    fixture.calls(5, 'c')
    await clock.run(500)
    expect(fixture.grantedAtMs).toEqual([0, 100, 200, 300, 400])
    expect(clock.timersSet).toBe(8)
  })

  it('that fires late makes up for lost time, within the burst', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, burstMax: 5 })
    fixture.calls(40, 'c')
    await fixture.clock.run(0)
    fixture.clock.jump(10_000)
    await fixture.clock.run(0)
    expect(fixture.granted).toHaveLength(10)
  })

  it('reaches beyond 2^31 ms', async () => {
    const { vi } = await import('vitest')
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    try {
      const { TogetherRateLimiter } = await import('../../../src/limiter/index.ts')
      const profile = profileOf({ requestsMax: 1, windowMs: 30 * 86_400_000 })
      const limiter = new TogetherRateLimiter({ profile, arrivalBoundMs: 0 })
      let grants = 0
      for (let count = 0; count < 3; count += 1) void limiter.acquire().then(() => (grants += 1))
      await vi.advanceTimersByTimeAsync(10_000)
      expect([grants, vi.getTimerCount()]).toEqual([1, 1])
      await vi.advanceTimersByTimeAsync(31 * 86_400_000)
      expect(grants).toBe(2)
    } finally {
      vi.useRealTimers()
    }
  })

  it('is kept while calls wait for a place, so that the process stays alive', async () => {
    const fixture = new Fixture()
    const jobs = fixture.calls(4, 'job', { endpoint: 'fine-tunes' })
    await fixture.clock.run(86_400_000)
    expect(fixture.clock.timerCount).toBe(1)
    jobs[0]?.permit?.release()
    await fixture.clock.run(0)
    expect(fixture.granted).toHaveLength(4)
    expect(fixture.clock.timerCount).toBe(0)
  })

  it('takes a clock that goes back for one that stands still', async () => {
    const fixture = new Fixture({ maxPerMinute: 600, burstMax: 1 })
    fixture.clock.advance(1_000)
    expect(fixture.limiter.tryAcquire().granted).toBe(true)
    fixture.clock.jump(-900)
    expect(fixture.limiter.tryAcquire()).toEqual({ granted: false, retryAfterMs: 100 })
  })
})

describe('Permit', () => {
  it('works detached, in any order, any number of times', async () => {
    const fixture = new Fixture({ concurrencyMax: 2 })
    const calls = fixture.calls(3, 'job', { endpoint: 'fine-tunes' })
    await fixture.clock.run(0)
    const permit = calls[0]?.permit
    if (permit === undefined) throw new Error('not granted')
    const { settle, release, abandon } = permit
    for (const end of [abandon, release, settle, release, abandon, settle]) end()
    await fixture.clock.run(0)
    expect(fixture.granted).toHaveLength(3)
    const { concurrency, counters } = fixture.limiter.snapshot()
    expect(concurrency.map(({ used }) => used)).toEqual([2, 0, 2])
    expect(counters).toMatchObject({ settled: 0, abandoned: 1 })
  })

  it.each([
    { what: 'abandoned', end: ['abandon'], used: 1 },
    { what: 'abandoned, then released', end: ['abandon', 'release'], used: 1 },
    { what: 'settled, then abandoned', end: ['settle', 'abandon'], used: 0 },
    { what: 'released', end: ['release'], used: 0 },
  ] as const)(
    'keeps the slot to its bound only where no headers came: $what',
    async ({ end, used }) => {
      const fixture = new Fixture({ maxPerMinute: 10 })
      const call = fixture.call('c')
      await fixture.clock.run(100)
      for (const method of end) call.permit?.[method]()
      await fixture.clock.run(60_031)
      expect(fixture.limiter.snapshot().rateLimits[0]?.used).toBe(used)
      await fixture.clock.run(4_900)
      expect(fixture.limiter.snapshot().rateLimits[0]?.used).toBe(0)
    },
  )
})

describe('TogetherRateLimiter.run', () => {
  it('releases when the function resolves, and hands its result on', async () => {
    const fixture = new Fixture()
    const result = await fixture.limiter.run({ endpoint: 'fine-tunes' }, async (permit) => {
      permit.settle()
      expect(fixture.limiter.snapshot().concurrency[0]?.used).toBe(1)
      return permit.endpoint
    })
    expect(result).toBe('fine-tunes')
    expect(fixture.limiter.snapshot().concurrency[0]?.used).toBe(0)
    expect(fixture.limiter.snapshot().counters).toMatchObject({ settled: 1, abandoned: 0 })
  })

  it('abandons when it throws, and throws the same', async () => {
    const fixture = new Fixture()
    const error = new TypeError('fetch failed')
    const fail = (): Promise<never> => {
      throw error
    }
    await expect(fixture.limiter.run({ endpoint: 'fine-tunes' }, fail)).rejects.toBe(error)
    expect(fixture.limiter.snapshot()).toMatchObject({
      concurrency: [{ used: 0 }, {}],
      counters: { settled: 0, abandoned: 1 },
    })
  })
})
