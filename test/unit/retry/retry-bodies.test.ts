import { beforeEach, describe, expect, it } from 'vitest'
import {
  answer,
  lightAnswer,
  LoggingLimiter,
  startCall,
  streamedAnswer,
} from '../../helpers/retry-world.ts'
import { VirtualClock } from '../../helpers/virtual-clock.ts'

let clock: VirtualClock
let limiter: LoggingLimiter

beforeEach(() => {
  clock = new VirtualClock()
  limiter = new LoggingLimiter(clock)
})

describe('the body of a success', () => {
  it.each(['{"id":', 'plain text', '<html>'])('that is no JSON is retried: %s', async (text) => {
    const call = startCall(limiter, [new Response(text), answer(200, 1)])
    await clock.run(1_000)
    expect(call.ending).toEqual({ value: 1 })
  })

  it('that breaks off is retried, and the error tells what came of it', async () => {
    const broken = streamedAnswer(200)
    const failure = new TypeError('terminated')
    const call = startCall(limiter, [broken.response], { maxRetries: 0 })
    broken.push('{"id": 1')
    await clock.run(10)
    broken.fail(failure)
    await clock.run(0)
    expect(call.ending?.error).toMatchObject({ status: 200, bodyText: '{"id": 1', cause: failure })
  })

  it('is not quoted by any message when it is no JSON', async () => {
    const call = startCall(limiter, [new Response('secret text')], { maxRetries: 0 })
    await clock.run(0)
    expect(call.ending?.error).toMatchObject({
      bodyText: 'secret text',
      message: expect.not.stringContaining('secret'),
      cause: { message: expect.not.stringContaining('secret') },
    })
  })

  it('is put together from its chunks, across characters', async () => {
    const bytes = new TextEncoder().encode('"€"')
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
        controller.close()
      },
    })
    const call = startCall(limiter, [new Response(stream)])
    await clock.run(0)
    expect(call.ending).toEqual({ value: '€' })
  })

  it('may come from a light object without a stream', async () => {
    const call = startCall(limiter, [
      lightAnswer(503, async () => 'busy'),
      lightAnswer(200, async () => Promise.reject(new TypeError('terminated'))),
      lightAnswer(200, async () => '[1]'),
    ])
    await clock.run(5_000)
    expect(call.ending).toEqual({ value: [1] })
  })
})

describe('the body of a failure', () => {
  it('is kept up to the length asked for, and the rest cancelled', async () => {
    const long = streamedAnswer(400)
    long.push('x'.repeat(5_000))
    const call = startCall(limiter, [long.response], { bodyTextLengthMax: 10 })
    await clock.run(0)
    expect(call.ending?.error).toMatchObject({ status: 400, bodyText: 'x'.repeat(10) })
    expect(long.cancelled()).toBe(true)
  })

  it('counts for the decision also where nothing of it is kept', async () => {
    const body = { error: { code: 'insufficient_quota' } }
    const call = startCall(limiter, [answer(429, body)], { bodyTextLengthMax: 0 })
    await clock.run(0)
    expect(call.ending?.error).toMatchObject({ reason: 'not-retryable', bodyText: '' })
  })

  it('is drained when a retry follows', async () => {
    const failed = answer(503)
    startCall(limiter, [failed, answer(200)])
    await clock.run(1_000)
    expect(failed.bodyUsed).toBe(true)
  })

  it('that breaks off leaves the decision to the status', async () => {
    const broken = streamedAnswer(404)
    const call = startCall(limiter, [broken.response])
    broken.push('no such')
    await clock.run(10)
    broken.fail(new TypeError('terminated'))
    await clock.run(0)
    expect(call.ending?.error).toMatchObject({
      reason: 'not-retryable',
      status: 404,
      bodyText: 'no such',
      cause: undefined,
    })
  })

  it('that does not end is given up after 5 s', async () => {
    const hanging = streamedAnswer(503)
    hanging.push('busy')
    const call = startCall(limiter, [hanging.response, answer(200, 1)])
    await clock.run(4_999)
    expect(hanging.cancelled()).toBe(false)
    await clock.run(1)
    expect(hanging.cancelled()).toBe(true)
    expect(call.contexts[0]?.signal.aborted).toBe(true)
    await clock.run(1_000)
    expect(call.ending).toEqual({ value: 1 })
  })

  it('that does not end is given up with the attempt where that is sooner', async () => {
    const hanging = streamedAnswer(400)
    const call = startCall(limiter, [hanging.response], { attemptTimeoutMs: 300 })
    await clock.run(300)
    expect(call.ending?.error).toMatchObject({ status: 400, reason: 'not-retryable' })
  })
})
