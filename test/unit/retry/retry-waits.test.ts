import { beforeEach, describe, expect, it } from 'vitest'
import {
  answer,
  fixedRandom,
  LoggingLimiter,
  never,
  networkError,
  PausingLimiter,
  startCall,
  streamedAnswer,
} from '../../helpers/retry-world.ts'
import { VirtualClock } from '../../helpers/virtual-clock.ts'

let clock: VirtualClock
let limiter: LoggingLimiter
let pausing: PausingLimiter

beforeEach(() => {
  clock = new VirtualClock()
  limiter = new LoggingLimiter(clock)
  pausing = new PausingLimiter(clock)
})

describe('after a 429', () => {
  it('waits for the delay named and a little more, never less', async () => {
    for (const unit of [0, 0.5]) {
      const call = startCall(limiter, [answer(429, {}, { 'retry-after': '7' }), answer(200)], {
        random: fixedRandom(unit),
      })
      const startMs = clock.now()
      await clock.run(10_000)
      expect(call.sentAtMs.map((ms) => ms - startMs)).toEqual([0, 7_000 + unit * 700])
    }
  })

  it('does not come early where the host fires its timers early', async () => {
    clock.earlyMs = 0.75
    const call = startCall(limiter, [answer(429, {}, { 'retry-after': '7' }), answer(200)], {
      random: fixedRandom(0),
    })
    await clock.run(10_000)
    expect(call.sentAtMs[1]).toBeGreaterThanOrEqual(7_000)
  })

  it('waits at least a second where no delay, or none at all, is named', async () => {
    const unnamed = startCall(limiter, [answer(429), answer(429), answer(200)])
    const zero = startCall(limiter, [answer(429, {}, { 'retry-after': '0' }), answer(200)])
    await clock.run(10_000)
    expect(unnamed.sentAtMs).toEqual([0, 1_000, 2_000])
    expect(zero.sentAtMs).toEqual([0, 1_000])
  })

  it('pauses the limiter before the body is read, and lets it hold the call', async () => {
    const slow = streamedAnswer(429, { 'x-ratelimit-reset': '2.5' })
    const call = startCall(pausing, [slow.response, answer(200)], { model: 'm' })
    await clock.run(40)
    expect(pausing.pauses).toEqual([{ endpoint: 'chat', model: 'm', delayMs: 2_625 }])
    slow.end()
    await clock.run(10)
    expect(pausing.requests).toHaveLength(2)
    await clock.run(10_000)
    expect(call.sentAtMs).toEqual([0, 2_625])
    expect(pausing.pauses).toHaveLength(1)
  })

  it('leaves the model out of the pause where there is none', async () => {
    startCall(pausing, [answer(429), answer(200)], { endpoint: 'images' })
    await clock.run(5_000)
    expect(pausing.pauses).toEqual([{ endpoint: 'images', delayMs: 1_000 }])
  })

  it('fails at once when the delay is beyond the cap, with the limiter paused all the same', async () => {
    const call = startCall(pausing, [answer(429, {}, { 'retry-after': '121' })])
    await clock.run(0)
    expect(call.ending?.error).toMatchObject({
      reason: 'server-delay',
      status: 429,
      retryAfterMs: 121_000,
    })
    // At first for as long as the body may keep its reason to itself.
    expect(pausing.pauses.map(({ delayMs }) => delayMs)).toEqual([10_000, 121_500])
  })

  it('fails at once when the delay passes the deadline', async () => {
    const call = startCall(pausing, [answer(429, {}, { 'retry-after': '5' })], {
      deadlineMs: 5_000,
    })
    await clock.run(0)
    expect(call.ending?.error).toMatchObject({ reason: 'deadline', retryAfterMs: 5_000 })
  })

  it('does not wait for a quota that money would have to refill', async () => {
    const body = { error: { code: 'insufficient_quota' } }
    const call = startCall(limiter, [answer(429, body, { 'retry-after': '1' })])
    await clock.run(0)
    expect(call.ending?.error).toMatchObject({ reason: 'not-retryable', status: 429 })
  })

  it('does not let a slow body postpone the retry beyond what was named', async () => {
    const slow = streamedAnswer(429, { 'retry-after': '9' })
    const call = startCall(limiter, [slow.response, answer(200)], { random: fixedRandom(0) })
    await clock.run(20_000)
    expect(slow.cancelled()).toBe(true)
    expect(call.sentAtMs).toEqual([0, 9_000])
  })
})

describe('after another failure', () => {
  it('never pauses the limiter', async () => {
    startCall(pausing, [answer(503, {}, { 'retry-after': '3' }), answer(200)])
    await clock.run(10_000)
    expect(pausing.pauses).toEqual([])
  })

  it('backs off at least as long as the server named', async () => {
    const call = startCall(limiter, [answer(503, {}, { 'retry-after': '3' }), answer(200)])
    await clock.run(10_000)
    expect(call.sentAtMs).toEqual([0, 3_150])
  })

  it('fails at once for a delay beyond the cap', async () => {
    const call = startCall(limiter, [answer(503, {}, { 'retry-after': '3600' })])
    await clock.run(0)
    expect(call.ending?.error).toMatchObject({ reason: 'server-delay', retryAfterMs: 3_600_000 })
  })

  it('fails at once when the backoff passes the deadline', async () => {
    const call = startCall(limiter, [answer(503)], { deadlineMs: 200 })
    await clock.run(0)
    expect(call.ending?.error).toMatchObject({ reason: 'deadline', attempts: 1, status: 503 })
  })

  it('ignores a retry-after on a success', async () => {
    const call = startCall(pausing, [answer(200, 1, { 'retry-after': '60' })])
    await clock.run(0)
    expect(call.ending).toEqual({ value: 1 })
    expect(pausing.pauses).toEqual([])
  })
})

describe('for fine-tunes and batches', () => {
  it('waits for a place for 30 to 60 s, with its own place free meanwhile', async () => {
    const call = startCall(limiter, [answer(409), answer(409), answer(200)], {
      endpoint: 'fine-tunes',
    })
    await clock.run(100_000)
    expect(call.sentAtMs).toEqual([0, 45_000, 90_000])
    expect(limiter.log.slice(0, 4)).toEqual([
      '0 grant 1',
      '0 settle 1',
      '0 release 1',
      '45000 grant 2',
    ])
  })

  it.each([
    ['a network error', (): Response | Error => networkError()],
    ['a 500', (): Response | Error => answer(500)],
    ['a body that is no JSON', (): Response | Error => new Response('{"id":')],
  ])('does not send again after %s', async (_name, makeStep) => {
    for (const endpoint of ['fine-tunes', 'batches'] as const) {
      const call = startCall(limiter, [makeStep()], { endpoint })
      await clock.run(0)
      expect(call.ending?.error).toMatchObject({ reason: 'not-retryable', attempts: 1 })
    }
  })

  it('does not send again after a timeout', async () => {
    const call = startCall(limiter, [never], { endpoint: 'batches' })
    await clock.run(60_000)
    expect(call.ending?.error).toMatchObject({ reason: 'not-retryable', attempts: 1 })
  })

  it('sends again what was never sent, or refused', async () => {
    const script = [networkError('ECONNREFUSED'), answer(503), answer(429), answer(200, 1)]
    const call = startCall(limiter, script, { endpoint: 'batches' })
    await clock.run(60_000)
    expect(call.ending).toEqual({ value: 1 })
  })
})
