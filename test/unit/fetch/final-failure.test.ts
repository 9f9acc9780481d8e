import { describe, expect, it } from 'vitest'
import { RetriesExhaustedError } from '../../../src/core/errors.ts'
import type { StartedJob } from '../../../src/fetch/index.ts'
import type { LimiterOptions } from '../../../src/limiter/index.ts'
import {
  chatInit,
  chatUrl,
  createFetchWorld,
  placesUsed,
  settle,
  watch,
  type FetchStep,
} from '../../helpers/fetch-world.ts'
import { collectUnhandled } from '../../helpers/event-log.ts'
import { answer, networkError, streamedAnswer } from '../../helpers/retry-world.ts'
import { createRetryBudget } from '../../../src/retry/index.ts'

const hangs: FetchStep = () => new Promise<Response>(() => undefined)
const oneAtOnce: LimiterOptions = { concurrencyMax: 1 }

/** Something that fails without an answer, as a response or as what is thrown. */
async function fail(name: string, finalFailure: 'respond' | 'throw') {
  const limits = name === 'QUEUE_FULL' ? { ...oneAtOnce, queueLengthMax: 0 } : oneAtOnce
  const retry = name === 'DEADLINE' ? { deadlineMs: 100 } : {}
  const { fetch, limiter, clock } = createFetchWorld([hangs], { limits, retry, finalFailure })
  if (name === 'CLOSED') limiter.close()
  else if (name === 'LIMIT_EXCEEDED') limiter.pause({ model: 'a/model', delayMs: 300_000 })
  else {
    watch(fetch(chatUrl, chatInit))
    await settle()
  }
  const call = watch(fetch(chatUrl, chatInit))
  await settle()
  await clock.run(100)
  return call
}

describe('an error of the limiter', () => {
  it.each([
    ['LIMIT_EXCEEDED', 429, '300'],
    ['QUEUE_FULL', 429, null],
    ['DEADLINE', 503, null],
    ['CLOSED', 503, null],
  ])('%s is a marked %i', async (code, status, retryAfter) => {
    const { value } = await fail(code, 'respond')
    expect(value?.status).toBe(status)
    expect(value?.headers.get('x-should-retry')).toBe('false')
    expect(value?.headers.get('retry-after')).toBe(retryAfter)
    expect(await value?.json()).toEqual({
      error: {
        message: expect.stringMatching(/^together-rate-limits: ./),
        type: 'rate_limits_client',
        param: null,
        code,
      },
    })
  })

  it.each(['LIMIT_EXCEEDED', 'QUEUE_FULL', 'DEADLINE', 'CLOSED'])(
    '%s is thrown as itself where failures are to be thrown',
    async (code) => {
      expect(await fail(code, 'throw')).toMatchObject({ error: { code } })
    },
  )
})

describe('a final failure that is to be thrown', () => {
  it('is, and a clone of it too', async () => {
    const { fetch } = createFetchWorld([() => answer(503)], { retry: { maxRetries: 0 } })
    const response = await fetch(chatUrl, chatInit)
    expect(response.clone().headers.get('x-should-retry')).toBe('false')
  })

  it('of the network is, with its cause', async () => {
    const error = networkError()
    const retry = { maxRetries: 1 }
    const { fetch, clock } = createFetchWorld([error], { finalFailure: 'throw', retry })
    const call = watch(fetch(chatUrl, chatInit))
    await settle()
    await clock.run(10_000)
    // Not as its cause: the AI SDK follows causes, and would send again for the sake of their codes.
    expect(call.error).toMatchObject({ code: 'RETRIES_EXHAUSTED', attempts: 2, cause: { error } })
    expect(call.error).toBeInstanceOf(RetriesExhaustedError)
    expect(call.error).not.toHaveProperty('cause.code')
  })

  it.each([408, 409, 429, 500, 503])(
    'is for a status that clients send again: %i',
    async (status) => {
      const retry = { maxRetries: 0 }
      const { fetch, clock } = createFetchWorld([answer(status)], { finalFailure: 'throw', retry })
      const call = watch(fetch(chatUrl, chatInit))
      await settle()
      expect(call.error).toMatchObject({ code: 'RETRIES_EXHAUSTED', status })
      expect(clock.timerCount).toBe(0)
    },
  )

  it('gives up the body that nobody will see', async () => {
    const { response, cancelled } = streamedAnswer(409)
    const { fetch, clock } = createFetchWorld([response], { finalFailure: 'throw' })
    await expect(fetch(chatUrl, chatInit)).rejects.toMatchObject({ status: 409 })
    expect([cancelled(), clock.timerCount]).toEqual([true, 0])
  })

  it.each([400, 401, 402, 404, 422])('is not for any other: %i', async (status) => {
    const { fetch } = createFetchWorld([answer(status)], { finalFailure: 'throw' })
    const response = await fetch(chatUrl, chatInit)
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([status, 'false'])
  })
})

describe('a bug of the transport', () => {
  it('is thrown untouched', async () => {
    const error = new RangeError('a bug')
    const { fetch, limiter, clock } = createFetchWorld([error])
    await expect(fetch(chatUrl, chatInit)).rejects.toBe(error)
    expect([placesUsed(limiter), clock.timerCount]).toEqual([0, 0])
  })

  it('is no answer, also where there was one before and nothing is thrown', async () => {
    let sent = 0
    const transport = async (): Promise<Response> => {
      sent += 1
      if (sent === 1) return answer(503)
      // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error -- that is the point.
      throw undefined
    }
    const { fetch, clock } = createFetchWorld([], { fetch: transport })
    const call = watch(fetch(chatUrl, chatInit))
    await settle()
    await clock.run(10_000)
    expect(call).toEqual({ isSettled: true, error: undefined })
    expect(sent).toBe(2)
  })

  it('that gives no response is named', async () => {
    const { fetch } = createFetchWorld([], { fetch: (async () => ({})) as never })
    await expect(fetch(chatUrl, chatInit)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      option: 'fetch',
    })
  })
})

describe('what a failure says', () => {
  it('holds no key, no address and nothing of the body', async () => {
    const secret = 'sk-secret'
    const cause = Object.assign(new Error(`to ${secret}`), { code: `E ${secret}` })
    const error = new TypeError(`fetch failed for ${secret}`, { cause })
    const { fetch, clock } = createFetchWorld([error])
    const init = {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}` },
      body: JSON.stringify({ model: 'm', prompt: secret }),
    }
    const call = watch(fetch(`${chatUrl}?key=${secret}`, init))
    await settle()
    await clock.run(100_000)
    expect(call.value?.status).toBe(503)
    expect(await call.value?.text()).not.toContain(secret)
    expect(JSON.stringify([...(call.value?.headers ?? [])])).not.toContain(secret)
  })

  it('is the last answer too where the budget or the deadline ended it', async () => {
    const budget = createRetryBudget({ capacity: 1, start: 0 })
    const spent = createFetchWorld([answer(503, { a: 1 })], { retry: { budget } })
    expect(await (await spent.fetch(chatUrl, chatInit)).json()).toEqual({ a: 1 })
    expect(spent.sent).toHaveLength(1)
    const refusal = answer(429, { b: 1 }, { 'retry-after': '50' })
    const late = createFetchWorld([refusal], { retry: { deadlineMs: 10_000 } })
    const response = await late.fetch(chatUrl, chatInit)
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '50'])
    expect(await response.json()).toEqual({ b: 1 })
    expect(late.clock.timerCount).toBe(0)
  })

  it('is the last answer where the limiter then grants no other attempt', async () => {
    // The pause that the 429 sets is longer than the limiter lets its callers wait.
    const refusal = answer(429, { c: 1 }, { 'retry-after': '50' })
    const { fetch, sent } = createFetchWorld([refusal], { limits: { pauseMsMax: 1_000 } })
    const response = await fetch(chatUrl, chatInit)
    expect([response.status, response.headers.get('x-should-retry')]).toEqual([429, 'false'])
    expect(await response.json()).toEqual({ c: 1 })
    expect(sent).toHaveLength(1)
  })
})

describe('a job', () => {
  const url = 'https://api.together.xyz/v1/fine-tunes'
  const init = { method: 'POST', body: '{"model":"m","training_file":"f"}' }

  it('gives its place back with its answer where nobody could later', async () => {
    const { fetch, limiter, sent } = createFetchWorld([() => answer(200)])
    for (let count = 0; count < 5; count += 1) await (await fetch(url, init)).json()
    expect(sent).toHaveLength(5)
    expect(placesUsed(limiter)).toBe(0)
  })

  it('keeps its place until whoever was told of it releases it', async () => {
    const jobs: StartedJob[] = []
    const { fetch, limiter } = createFetchWorld([() => answer(200)], {
      onJobStarted: (job) => jobs.push(job),
    })
    await fetch(url, init)
    expect(jobs).toEqual([{ endpoint: 'fine-tunes', model: 'm', permit: expect.anything() }])
    expect(placesUsed(limiter)).toBe(1)
    jobs[0]?.permit.release()
    expect(placesUsed(limiter)).toBe(0)
  })

  it('that was refused keeps none, and nobody is told', async () => {
    const jobs: StartedJob[] = []
    const { fetch, limiter } = createFetchWorld([() => answer(400)], {
      onJobStarted: (job) => jobs.push(job),
    })
    await fetch(url, init)
    await fetch(url, { method: 'GET' })
    expect([jobs.length, placesUsed(limiter)]).toEqual([0, 0])
  })

  it('whose listener fails gives its place back, and its answer', async () => {
    const error = new Error('a bug')
    const { fetch, limiter, clock } = createFetchWorld([() => answer(200, { id: 'ft-1' })], {
      onJobStarted: () => {
        throw error
      },
    })
    const errors = await collectUnhandled(async () => {
      const response = await fetch(url, init)
      expect(await response.json()).toEqual({ id: 'ft-1' })
    })
    expect(errors).toEqual([error])
    expect([placesUsed(limiter), clock.timerCount]).toEqual([0, 0])
  })
})
