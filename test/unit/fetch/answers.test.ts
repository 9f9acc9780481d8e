import { describe, expect, it } from 'vitest'
import { chatInit, chatUrl, createFetchWorld, settle, watch } from '../../helpers/fetch-world.ts'
import { answer, networkError } from '../../helpers/retry-world.ts'

describe('a success', () => {
  it('is the very response of the underlying fetch, unread', async () => {
    const response = answer(200, { a: 1 }, { 'x-a': 'b' })
    Object.defineProperty(response, 'url', { value: chatUrl })
    const { fetch, clock } = createFetchWorld([response])
    const got = await fetch(chatUrl, chatInit)
    expect(got).toBe(response)
    expect([got.status, got.url, got.bodyUsed, got.headers.get('x-a')]).toEqual([
      200,
      chatUrl,
      false,
      'b',
    ])
    expect(got.headers.has('x-should-retry')).toBe(false)
    expect(await got.json()).toEqual({ a: 1 })
    expect(got.bodyUsed).toBe(true)
    expect(clock.timerCount).toBe(0)
  })

  it.each([204, 304, 302])('without a body is handed over as it is: %i', async (status) => {
    const response = new Response(null, { status })
    const { fetch, clock } = createFetchWorld([response])
    expect(await fetch(chatUrl, chatInit)).toBe(response)
    expect(Object.getOwnPropertyNames(response)).toEqual([])
    expect(clock.timerCount).toBe(0)
  })
})

describe('a retry', () => {
  it.each([408, 500, 502, 503, 504, 529])('cures a %i', async (status) => {
    const { fetch, sent, clock } = createFetchWorld([answer(status), answer(200)])
    const call = watch(fetch(chatUrl, chatInit))
    await settle()
    await clock.run(30_000)
    expect(call.value?.status).toBe(200)
    expect(sent.map(({ body }) => body)).toEqual([chatInit.body, chatInit.body])
  })

  it('waits as long as a 429 says, and everybody of that model with it, once', async () => {
    const { fetch, sent, limiter, clock } = createFetchWorld([
      answer(429, {}, { 'retry-after': '7' }),
      () => answer(200),
    ])
    void fetch(chatUrl, chatInit)
    await settle()
    void fetch(chatUrl, chatInit)
    void fetch(chatUrl, { ...chatInit, body: '{"model":"another"}' })
    await settle()
    await clock.run(1_000)
    expect(sent).toHaveLength(2)
    expect(limiter.snapshot().counters.paused).toBe(1)
    await clock.run(20_000)
    expect(sent).toHaveLength(4)
    expect(sent.slice(2).every(({ atMs }) => atMs >= 7_000)).toBe(true)
  })

  it('gives its place to nobody in the instant of a 429', async () => {
    const limited = answer(429, {}, { 'retry-after': '10' })
    const { fetch, sent, clock } = createFetchWorld([limited, answer(200)], {
      limits: { concurrencyMax: 1 },
    })
    const calls = [fetch(chatUrl, chatInit), fetch(chatUrl, chatInit)].map(watch)
    await settle()
    expect(sent).toHaveLength(1)
    await clock.run(9_999)
    expect(sent).toHaveLength(1)
    await clock.run(60_000)
    expect(calls.every(({ value }) => value?.status === 200)).toBe(true)
  })

  it('is not made for what a retry cannot cure', async () => {
    const { fetch, sent } = createFetchWorld([answer(400, { error: { message: 'no' } })])
    const response = await fetch(chatUrl, chatInit)
    expect(sent).toHaveLength(1)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ error: { message: 'no' } })
  })
})

describe('the final failure', () => {
  it.each([400, 404, 409, 429, 500, 503])('is the last answer, marked: %i', async (status) => {
    const script = [1, 2, 3].map((attempt) =>
      answer(status, { attempt }, { 'x-should-retry': 'true' }),
    )
    const { fetch, sent, clock } = createFetchWorld(script, { retry: { maxRetries: 2 } })
    const call = watch(fetch(chatUrl, chatInit))
    await settle()
    await clock.run(100_000)
    const last = script[sent.length - 1]
    expect(call.value?.status).toBe(status)
    expect(call.value?.headers.get('x-should-retry')).toBe('false')
    expect(call.value?.headers.get('content-type')).toBe(last?.headers.get('content-type'))
    expect(call.value?.bodyUsed).toBe(false)
    expect(await call.value?.json()).toEqual({ attempt: sent.length })
    expect(clock.timerCount).toBe(0)
  })

  it('has its address, and nothing to watch where its body is here already', async () => {
    const response = answer(503, { a: 1 })
    for (const [name, value] of Object.entries({ url: `${chatUrl}?a`, redirected: true })) {
      Object.defineProperty(response, name, { value })
    }
    const { fetch, clock } = createFetchWorld([response], { retry: { maxRetries: 0 } })
    const got = await fetch(chatUrl, chatInit)
    expect([got.url, got.redirected, got.status]).toEqual([`${chatUrl}?a`, true, 503])
    expect(clock.timerCount).toBe(0)
    expect(await got.json()).toEqual({ a: 1 })
  })

  it('of the network is a marked 503 that says why', async () => {
    const { fetch, clock } = createFetchWorld([networkError()], { retry: { maxRetries: 1 } })
    const call = watch(fetch(chatUrl, chatInit))
    await settle()
    await clock.run(60_000)
    expect(call.value?.status).toBe(503)
    expect(call.value?.headers.get('x-should-retry')).toBe('false')
    expect(await call.value?.json()).toEqual({
      error: {
        message: expect.stringContaining('ECONNRESET'),
        type: 'rate_limits_client',
        param: null,
        code: 'RETRIES_EXHAUSTED',
        reason: 'attempts',
      },
    })
  })
})
