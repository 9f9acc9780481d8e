import { describe, expect, it } from 'vitest'
import { documentedProfile } from '../../../src/core/profile.ts'
import type { LimiterOptions } from '../../../src/limiter/index.ts'
import { EventLog } from '../../helpers/event-log.ts'
import { Fixture, profileOf } from '../../helpers/limiter-fixture.ts'
import { createTokenFixture, tokenLimit } from '../../helpers/token-fixture.ts'
import { drainPromises } from '../../helpers/virtual-clock.ts'

const model = 'a/model'

/** One request a second, one at once. */
const slow: LimiterOptions = { name: 'slow', profile: profileOf({ id: 'chat', requestsMax: 60 }) }

function watched(options: LimiterOptions = slow): { fixture: Fixture; log: EventLog } {
  const log = new EventLog()
  return { fixture: new Fixture({ ...options, onEvent: log.onEvent }), log }
}

describe('a granted call', () => {
  it('is told once where it need not wait, with all that is known of it', () => {
    const { fixture, log } = watched()
    fixture.clock.advance(5)
    fixture.call('a', { model, priority: 2 })
    expect(log.events).toEqual([
      {
        type: 'granted',
        atMs: 5,
        limiter: 'slow',
        endpoint: 'chat',
        model,
        waitMs: 0,
        priority: 2,
        requests: 1,
        tokensReserved: 0,
        queueLength: 0,
      },
    ])
  })

  it('is told by tryAcquire, too, and its refusal is not', () => {
    const { fixture, log } = watched()
    expect(fixture.limiter.tryAcquire().granted).toBe(true)
    expect(fixture.limiter.tryAcquire().granted).toBe(false)
    fixture.call('waits')
    expect(fixture.limiter.tryAcquire({ endpoint: 'images' }).granted).toBe(true)
    expect(log.lines).toEqual(['0 granted after 0', '0 queued limit', '0 granted after 0'])
  })

  it('is told before acquire returns, also where calls of another endpoint wait', () => {
    const { fixture, log } = watched({})
    fixture.limiter.pause({ endpoint: 'images', delayMs: 60_000 })
    fixture.call('waits', { endpoint: 'images' })
    fixture.call('goes')
    expect(log.lines).toEqual(['0 paused until 60000', '0 queued pause', '0 granted after 0'])
  })

  it('is told as queued before it is granted where it waits, with how long', () => {
    const { fixture, log } = watched()
    fixture.call('a')
    fixture.call('b', { priority: 1, cost: 1, tokens: 70 })
    fixture.call('c')
    fixture.clock.advance(10_000)
    expect(log.lines).toEqual([
      '0 granted after 0',
      '0 queued limit',
      '0 queued limit',
      '1000 granted after 1000',
      '2000 granted after 2000',
    ])
    expect(log.only('queued')[0]).toEqual({
      type: 'queued',
      atMs: 0,
      limiter: 'slow',
      endpoint: 'chat',
      model: undefined,
      cause: 'limit',
      limit: 'chat',
      priority: 1,
      requests: 1,
      tokensEstimated: 70,
      queueLength: 1,
    })
    expect(log.only('queued')[1]?.queueLength).toBe(2)
    expect(log.only('granted').map(({ queueLength }) => queueLength)).toEqual([0, 1, 0])
    expect(log.only('granted').map(({ priority }) => priority)).toEqual([0, 1, 0])
  })

  it('says what holds it: a limit, a pause, or only those before it', () => {
    const { fixture, log } = watched({
      profile: profileOf(
        { id: 'minute', requestsMax: 600 },
        { id: 'slower', requestsMax: 60 },
        { id: 'images', endpoints: ['images'] },
      ),
    })
    fixture.call('a')
    fixture.call('b')
    fixture.limiter.pause({ model, delayMs: 90_000 })
    fixture.call('c', { model })
    fixture.limiter.pause({ endpoint: 'images', delayMs: 2_000 })
    fixture.call('d', { endpoint: 'images', priority: -1 })
    fixture.clock.advance(2_000)
    expect(log.only('queued').map(({ cause, limit }) => [cause, limit])).toEqual([
      ['limit', 'slower'],
      ['pause', undefined],
      ['pause', undefined],
    ])
    const { fixture: places, log: placesLog } = watched({
      profile: documentedProfile,
      concurrencyMax: 1,
    })
    places.call('holds')
    places.call('images', { endpoint: 'images' })
    places.call('behind', { endpoint: 'embeddings' })
    expect(placesLog.only('queued').map(({ limit }) => limit)).toEqual([
      'concurrencyMax',
      'concurrencyMax',
    ])
  })

  it('waits for the queue alone where it could go but for those before it', () => {
    const { fixture, log } = watched({
      profile: profileOf({ id: 'burst', requestsMax: 60 }),
      pacing: 'burst',
    })
    fixture.calls(30, 'first')
    fixture.call('large', { cost: 40 })
    fixture.call('small')
    expect(log.only('queued').map(({ cause, limit }) => [cause, limit])).toEqual([
      ['limit', 'burst'],
      ['queue', undefined],
    ])
  })
})

describe('a call that leaves', () => {
  it('is told with its reason and its wait: aborted, late, too many, closed', async () => {
    const { fixture, log } = watched({ ...slow, queueLengthMax: 3 })
    const controller = new AbortController()
    fixture.call('a')
    fixture.call('aborted', { signal: controller.signal })
    fixture.call('first')
    // It would be third, and the first is granted after a second.
    fixture.call('late', { deadlineMs: 5_000, priority: 100 })
    fixture.call('too many')
    fixture.call('far too late', { deadlineMs: 1 })
    fixture.clock.advance(500)
    controller.abort()
    fixture.limiter.close()
    await drainPromises()
    const left = log
      .only('left')
      .map(({ reason, waitMs, queueLength }) => [reason, waitMs, queueLength])
    expect(left).toEqual([
      ['queue-full', 0, 3],
      ['queue-full', 0, 3],
      ['aborted', 500, 2],
      ['closed', 500, 0],
      ['closed', 500, 0],
    ])
    expect(log.types.slice(0, 4)).toEqual(['granted', 'queued', 'queued', 'queued'])
  })

  it('is told when its deadline passes, and at once where that is known before', async () => {
    const { fixture, log } = watched()
    fixture.call('a')
    fixture.call('known', { deadlineMs: 10 })
    fixture.call('hopes', { deadlineMs: 1_500 })
    fixture.call('pushes in', { priority: 1 })
    fixture.clock.advance(3_000)
    await drainPromises()
    expect(log.lines).toEqual([
      '0 granted after 0',
      '0 left deadline',
      '0 queued limit',
      '0 queued limit',
      '1000 granted after 1000',
      '1500 left deadline',
    ])
    expect(log.only('left').map(({ waitMs }) => waitMs)).toEqual([0, 1_500])
    const { counters } = fixture.limiter.snapshot()
    expect(counters).toMatchObject({ granted: 2, expired: 2 })
  })

  it('is told with the instant at which the limiter is closed', () => {
    const { fixture, log } = watched()
    fixture.calls(2, 'a')
    fixture.clock.advance(400)
    fixture.limiter.close()
    expect(log.lines.at(-1)).toBe('400 left closed')
    expect(log.only('left').map(({ waitMs }) => waitMs)).toEqual([400])
  })

  it('is told where a pause is too long, by who waits and by who comes', async () => {
    const { fixture, log } = watched({ ...slow, pauseMsMax: 1_000 })
    fixture.call('a')
    fixture.call('waits')
    fixture.limiter.pause({ delayMs: 1_001 })
    fixture.call('comes')
    await drainPromises()
    expect(log.lines).toEqual([
      '0 granted after 0',
      '0 queued limit',
      '0 paused until 1001',
      '0 left paused',
      '0 left paused',
    ])
    expect(fixture.limiter.snapshot().counters.turnedAway).toBe(2)
  })

  it('is told where a limit falls below its cost', async () => {
    const { fixture, log } = watched({ profile: profileOf({ id: 'chat', requestsMax: 60 }) })
    fixture.call('a', { cost: 10 })
    fixture.call('large', { cost: 50 })
    fixture.limiter.setRateLimit('chat', 20)
    await drainPromises()
    expect(log.lines).toEqual(['0 granted after 0', '0 queued limit', '0 left cost'])
  })
})

describe('a pause', () => {
  it('is told with its key and its end, a longer one that is in force included', () => {
    const { fixture, log } = watched()
    fixture.clock.advance(100)
    fixture.limiter.pause({ model, delayMs: 5_000 })
    fixture.limiter.pause({ model, delayMs: 1_000 })
    fixture.limiter.pause({ endpoint: 'images', delayMs: 1 })
    expect(log.events[0]).toEqual({
      type: 'paused',
      atMs: 100,
      limiter: 'slow',
      endpoint: 'chat',
      model,
      key: `model:${model}`,
      delayMs: 5_000,
      untilMs: 5_100,
      queueLength: 0,
    })
    expect(log.only('paused').map(({ key, untilMs }) => [key, untilMs])).toEqual([
      [`model:${model}`, 5_100],
      [`model:${model}`, 5_100],
      ['endpoint:images', 101],
    ])
  })
})

describe('a permit that is given back', () => {
  it('is told once, with the time to the headers or to the end without any', async () => {
    const { fixture, log } = watched({ profile: profileOf({ requestsMax: 600 }), pacing: 'burst' })
    const [first, second] = fixture.calls(2, 'a')
    await drainPromises()
    fixture.clock.advance(40)
    first?.permit?.settle()
    first?.permit?.settle()
    first?.permit?.release()
    first?.permit?.abandon()
    second?.permit?.abandon()
    second?.permit?.settle()
    expect(log.only('settled')).toMatchObject([
      { part: 'headers', heldMs: 40, requests: 1, tokensReserved: 0, tokensUsed: undefined },
      { part: 'abandoned', heldMs: 40 },
    ])
    expect(log.only('settled')).toHaveLength(2)
  })

  it('comes back before those are granted whom it held', async () => {
    const { fixture, log } = watched({ pacing: 'burst', concurrencyMax: 1 })
    const first = fixture.call('a')
    fixture.call('b')
    await drainPromises()
    fixture.clock.advance(10)
    first.permit?.release()
    expect(log.lines).toEqual([
      '0 granted after 0',
      '0 queued limit',
      '10 settled headers',
      '10 granted after 10',
    ])
  })

  it('tells of its tokens where a limit counts them', async () => {
    const log = new EventLog()
    const fixture = createTokenFixture('used', { onEvent: log.onEvent }, tokenLimit())
    const call = fixture.call('a', { tokens: 300 })
    await drainPromises()
    fixture.clock.advance(30)
    call.permit?.settleTokens(120)
    call.permit?.settleTokens(500)
    expect(log.only('granted')[0]?.tokensReserved).toBe(300)
    expect(log.only('settled')).toMatchObject([
      { part: 'headers', heldMs: 30, tokensReserved: 300, tokensUsed: undefined },
      { part: 'tokens', heldMs: 30, tokensReserved: 300, tokensUsed: 120 },
    ])
    expect(log.only('settled')).toHaveLength(2)
    const { counters } = fixture.limiter.snapshot()
    expect(counters).toMatchObject({ tokensReserved: 300, tokensUsed: 120 })
  })

  it('tells of the place of a job, released or abandoned after its headers', async () => {
    const { fixture, log } = watched({})
    const jobs = fixture.calls(3, 'job', { endpoint: 'fine-tunes' })
    await fixture.clock.run(60_000)
    const [released, abandoned, unanswered] = jobs.map(({ permit }) => permit)
    released?.settle()
    abandoned?.settle()
    log.events.length = 0
    fixture.clock.advance(7)
    released?.release()
    released?.release()
    abandoned?.abandon()
    unanswered?.abandon()
    expect(log.only('settled').map(({ part, endpoint }) => [part, endpoint])).toEqual([
      ['job', 'fine-tunes'],
      ['job', 'fine-tunes'],
      ['abandoned', 'fine-tunes'],
    ])
  })

  it('tells of the place of a job once, also where its tokens are given up later', async () => {
    const limit = tokenLimit({ endpoints: ['fine-tunes'] })
    const { concurrencyLimits } = documentedProfile
    const { fixture, log } = watched({ profile: { ...profileOf(limit), concurrencyLimits } })
    const call = fixture.call('job', { endpoint: 'fine-tunes', tokens: 10 })
    await drainPromises()
    call.permit?.release()
    call.permit?.abandon()
    expect(log.only('settled').map(({ part }) => part)).toEqual(['headers', 'job'])
  })
})

describe('the name', () => {
  it("is the profile's, or the one that is given, in events and snapshots", () => {
    expect(new Fixture().limiter.snapshot().name).toBe('documented')
    expect(new Fixture({ name: 'mine' }).limiter.snapshot().name).toBe('mine')
    const { fixture, log } = watched({})
    fixture.call('a')
    expect(log.events[0]?.limiter).toBe('documented')
  })

  it.each([
    [{ name: 7 }, 'name'],
    [{ onEvent: 'log' }, 'onEvent'],
  ])('and the listener are checked: %o', (options, option) => {
    expect(() => new Fixture(options as unknown as LimiterOptions)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', option }),
    )
  })
})
