import { describe, expect, it, vi } from 'vitest'
import { outbox } from '../../../src/core/event-outbox.ts'
import { eventTypes, type RateLimitEvent } from '../../../src/core/events.ts'
import { TogetherRateLimiter, type LimiterOptions } from '../../../src/limiter/index.ts'
import { createRetryBudget, togetherRetry, type RetryOptions } from '../../../src/retry/index.ts'
import { collectUnhandled, EventLog, subscribeToAll } from '../../helpers/event-log.ts'
import { chatInit, chatUrl, createFetchWorld, settle, watch } from '../../helpers/fetch-world.ts'
import {
  answer,
  fixedRandom,
  LoggingLimiter,
  networkError,
  streamedAnswer,
} from '../../helpers/retry-world.ts'
import { VirtualClock } from '../../helpers/virtual-clock.ts'

const model = 'a/model'

interface World {
  readonly clock: VirtualClock
  readonly limiter: TogetherRateLimiter
  readonly log: EventLog
  readonly send: (script: (Response | Error)[], options?: RetryOptions) => Promise<unknown>
}

function createWorld(limits: LimiterOptions = {}): World {
  const clock = new VirtualClock()
  const log = new EventLog()
  const limiter = new TogetherRateLimiter({ clock, onEvent: log.onEvent, ...limits })
  const send: World['send'] = async (script, options = {}) => {
    const steps = [...script]
    const fn = async (): Promise<Response> => {
      const step = steps.shift()
      if (step instanceof Response) return step
      throw step ?? new RangeError('not in the script')
    }
    const call = watch(togetherRetry(limiter, fn, { random: fixedRandom(0.5), model, ...options }))
    await clock.run(300_000)
    return call.error ?? call.value
  }
  return { clock, limiter, log, send }
}

describe('a call', () => {
  it('tells of a 429: limited, the pause of everybody, another attempt, its success', async () => {
    const { limiter, log, send } = createWorld()
    const limited = answer(429, { error: {} }, { 'retry-after': '2' })
    expect(await send([limited, answer(200)])).toEqual({ status: 200 })
    expect(log.lines).toEqual([
      '0 granted after 0',
      '0 limited',
      '0 paused until 2100',
      '0 settled headers',
      '0 retried server-paced',
      '0 queued pause',
      '2100 granted after 2100',
      '2100 settled headers',
    ])
    const origin = { atMs: 0, limiter: 'documented', endpoint: 'chat', model }
    expect(log.only('limited')).toEqual([
      { type: 'limited', ...origin, status: 429, attempt: 1, serverDelayMs: 2_000, delayMs: 2_100 },
    ])
    expect(log.only('retried')).toEqual([
      {
        type: 'retried',
        ...origin,
        attempt: 1,
        reason: 'server-paced',
        status: 429,
        delayMs: 2_100,
        isPaid: false,
      },
    ])
    const { counters } = limiter.snapshot()
    expect(counters).toMatchObject({ attempts: 2, limited: 1, retried: 1, gaveUp: 0, granted: 2 })
  })

  it('tells of each retry, of what failed it, and of giving up', async () => {
    const { limiter, log, send } = createWorld()
    const error = await send([answer(503), networkError(), answer(500)], { maxRetries: 2 })
    expect(error).toMatchObject({ code: 'RETRIES_EXHAUSTED' })
    expect(log.types.filter((type) => type !== 'granted' && type !== 'settled')).toEqual([
      'retried',
      'retried',
      'gaveUp',
    ])
    expect(log.only('retried')).toMatchObject([
      { attempt: 1, reason: 'backoff', status: 503, delayMs: 250, isPaid: true },
      { attempt: 2, reason: 'backoff', status: undefined, delayMs: 500, isPaid: true },
    ])
    expect(log.only('gaveUp')).toEqual([
      {
        type: 'gaveUp',
        atMs: 750,
        limiter: 'documented',
        endpoint: 'chat',
        model,
        reason: 'attempts',
        attempts: 3,
        status: 500,
        serverDelayMs: undefined,
      },
    ])
    expect(log.only('settled').map(({ part }) => part)).toEqual(['headers', 'abandoned', 'headers'])
    const { counters } = limiter.snapshot()
    expect(counters).toMatchObject({ attempts: 3, limited: 0, retried: 2, gaveUp: 1 })
  })

  it.each([
    ['not-retryable', answer(400), {}],
    ['budget', answer(503), { budget: createRetryBudget({ capacity: 0 }) }],
    ['deadline', answer(429, {}, { 'retry-after': '50' }), { deadlineMs: 5_000 }],
    ['server-delay', answer(503, {}, { 'retry-after': '500' }), {}],
  ])('that gives up says why: %s', async (reason, response, options) => {
    const { log, send } = createWorld()
    await send([response], options)
    expect(log.only('gaveUp')).toMatchObject([{ reason, attempts: 1, status: response.status }])
    const delayMs = Number(response.headers.get('retry-after') ?? Number.NaN) * 1_000
    expect(log.only('gaveUp')[0]?.serverDelayMs ?? Number.NaN).toBe(delayMs)
  })

  it('waits for a place of a fine-tune, and says so', async () => {
    const { log, send } = createWorld()
    await send([answer(409), answer(200)], { endpoint: 'fine-tunes' })
    expect(log.only('retried')).toMatchObject([
      { endpoint: 'fine-tunes', reason: 'place', status: 409, delayMs: 45_000, isPaid: false },
    ])
  })

  it('that is aborted, or was never sent, has not given up', async () => {
    const { clock, limiter, log } = createWorld()
    const controller = new AbortController()
    const { signal } = controller
    const call = watch(togetherRetry(limiter, async () => answer(503), { signal }))
    await clock.run(0)
    controller.abort(new Error('enough'))
    const late = watch(togetherRetry(limiter, async () => answer(200), { deadlineMs: 0 }))
    await clock.run(10_000)
    expect([call.isSettled, late.isSettled]).toEqual([true, true])
    expect(log.types).toEqual(['granted', 'settled', 'retried'])
  })
})

function throwType({ type }: RateLimitEvent): void {
  throw new Error(type)
}

describe('the listener of a call', () => {
  it('hears of the retry instead of the limiter, which still hears of the rest', async () => {
    const { limiter, log, send } = createWorld({ name: 'mine' })
    const own = new EventLog()
    await send([answer(503), answer(200)], { onEvent: own.onEvent })
    expect(own.types).toEqual(['retried'])
    expect(own.events[0]?.limiter).toBe('mine')
    expect(new Set(log.types)).toEqual(new Set(['granted', 'settled']))
    expect(limiter.snapshot().counters).toMatchObject({ attempts: 2, retried: 1 })
  })

  it('hears of a limiter of another make, which has no name here', async () => {
    const clock = new VirtualClock()
    const own = new EventLog()
    const options = { random: fixedRandom(0.5), onEvent: own.onEvent, maxRetries: 1 }
    const limiter = new LoggingLimiter(clock)
    const call = watch(togetherRetry(limiter, async () => answer(429), options))
    await clock.run(60_000)
    expect(call.isSettled).toBe(true)
    expect(own.lines).toEqual([
      '0 limited',
      '0 retried server-paced',
      '1000 limited',
      '1000 gaveUp attempts',
    ])
    expect(new Set(own.events.map(({ limiter: name }) => name))).toEqual(new Set([undefined]))
  })

  it('hears of a 429 before its body is read', async () => {
    const clock = new VirtualClock()
    const own = new EventLog()
    const { response, end } = streamedAnswer(429)
    const script = [response, answer(200)]
    const fn = async (): Promise<Response> => script.shift() ?? answer(200)
    const limiter = new LoggingLimiter(clock)
    const call = watch(togetherRetry(limiter, fn, { onEvent: own.onEvent }))
    await clock.run(2_000)
    expect(own.lines).toEqual(['0 limited'])
    end()
    await clock.run(60_000)
    expect([call.value, own.types]).toEqual([{ status: 200 }, ['limited', 'retried']])
  })

  it('must be a function', async () => {
    const { limiter } = createWorld()
    const options = { onEvent: 'log' } as unknown as RetryOptions
    await expect(togetherRetry(limiter, async () => answer(200), options)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      option: 'onEvent',
    })
  })

  it('that throws harms nobody', async () => {
    const { clock, limiter } = createWorld()
    const errors = await collectUnhandled(async () => {
      const script = [answer(429), answer(400)]
      const fn = async (): Promise<Response> => script.shift() ?? answer(200)
      const call = watch(togetherRetry(limiter, fn, { onEvent: throwType }))
      await clock.run(60_000)
      expect(call.error).toMatchObject({ code: 'RETRIES_EXHAUSTED', attempts: 2 })
    })
    expect(errors.map(String)).toEqual(['Error: limited', 'Error: retried', 'Error: gaveUp'])
  })

  it('finds everybody held already when it hears of a 429', async () => {
    const granted: boolean[] = []
    const { clock, limiter } = createWorld()
    const onEvent = ({ type }: RateLimitEvent): void => {
      if (type === 'limited') granted.push(limiter.tryAcquire({ model }).granted)
    }
    const script = [answer(429), answer(200)]
    const fn = async (): Promise<Response> => script.shift() ?? answer(200)
    const call = watch(togetherRetry(limiter, fn, { onEvent, model }))
    await clock.run(60_000)
    expect([call.isSettled, granted]).toEqual([true, [false]])
  })

  it('may abort its call at any event: it ends with the reason', async () => {
    for (const at of ['limited', 'retried'] as const) {
      const { clock, limiter } = createWorld()
      const controller = new AbortController()
      const onEvent = ({ type }: RateLimitEvent): void => {
        if (type === at) controller.abort(new Error(`at ${at}`))
      }
      const { signal } = controller
      const call = watch(togetherRetry(limiter, async () => answer(429), { onEvent, signal }))
      await clock.run(60_000)
      expect(String(call.error)).toBe(`Error: at ${at}`)
      expect(clock.timerCount).toBe(0)
    }
  })

  it('costs nothing where there is none', async () => {
    const add = vi.spyOn(outbox, 'add')
    const { limiter, send } = createWorld({ onEvent: undefined })
    await send([answer(429), answer(503), answer(400)])
    expect(limiter.snapshot().counters).toMatchObject({
      attempts: 3,
      limited: 1,
      retried: 2,
      gaveUp: 1,
    })
    expect(add).not.toHaveBeenCalled()
    vi.restoreAllMocks()
  })
})

describe('the fetch', () => {
  it('tells of its calls with endpoint and model, by the listener of its limiter', async () => {
    const log = new EventLog()
    const script = [answer(429), networkError(), answer(503), answer(503), answer(500)]
    const limits = { name: 'shared', onEvent: log.onEvent }
    const { fetch, clock } = createFetchWorld(script, { limits, retry: { maxRetries: 4 } })
    const call = watch(fetch(chatUrl, chatInit))
    await settle()
    for (let turn = 0; turn < 10; turn += 1) await clock.run(10_000)
    expect(call.value?.status).toBe(500)
    const origins = new Set(
      log.events.map(({ limiter, endpoint, model: of }) => `${limiter} ${endpoint} ${of}`),
    )
    expect(origins).toEqual(new Set([`shared chat ${model}`]))
    expect(log.only('retried').map(({ status }) => status)).toEqual([429, undefined, 503, 503])
    expect(log.only('gaveUp')).toMatchObject([{ reason: 'attempts', attempts: 5, status: 500 }])
  })

  it('names no endpoint for what has no limit, and counts it', async () => {
    const log = new EventLog()
    const script = [answer(503), answer(200)]
    const { fetch, clock, limiter } = createFetchWorld(script, { limits: { onEvent: log.onEvent } })
    const call = watch(fetch('https://api.together.xyz/v1/models'))
    await settle()
    await clock.run(10_000)
    expect(call.value?.status).toBe(200)
    expect(log.events).toMatchObject([{ type: 'retried', endpoint: undefined, model: undefined }])
    expect(limiter.snapshot().counters).toMatchObject({ granted: 0, attempts: 2, retried: 1 })
  })

  it('tells nothing that is not listed, on a channel of its name', async () => {
    const heard: RateLimitEvent[] = []
    const end = subscribeToAll((event) => heard.push(event))
    const { fetch, clock } = createFetchWorld([answer(429), answer(400)])
    const call = watch(fetch(chatUrl, chatInit))
    await settle()
    await clock.run(10_000)
    end()
    expect(call.value?.status).toBe(400)
    expect(heard.map(({ type }) => type)).toEqual([
      'granted',
      'limited',
      'paused',
      'settled',
      'retried',
      'queued',
      'granted',
      'settled',
      'gaveUp',
    ])
    expect(eventTypes).toEqual(expect.arrayContaining(heard.map(({ type }) => type)))
  })
})
