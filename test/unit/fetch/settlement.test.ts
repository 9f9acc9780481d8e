import { describe, expect, it } from 'vitest'
import type { TokenAccounting } from '../../../src/core/profile.ts'
import {
  chatUrl,
  createFetchWorld,
  settle,
  watch,
  type FetchStep,
  type FetchWorld,
} from '../../helpers/fetch-world.ts'
import { answer, networkError, streamedAnswer } from '../../helpers/retry-world.ts'

const estimate = 500
const usage = { prompt_tokens: 20, completion_tokens: 30, total_tokens: 50 }
const answerText = JSON.stringify({ id: 'é', choices: [], usage })
const init = { method: 'POST', body: '{"model":"a","messages":[]}' }

function createWorld(script: FetchStep[], tokenAccounting: TokenAccounting = 'used'): FetchWorld {
  const profile = {
    name: 'tokens',
    tokenAccounting,
    rateLimits: [{ id: 'tokens', endpoints: ['chat'], tokensMax: 10_000, windowMs: 60_000 }],
    concurrencyLimits: [],
  } as const
  return createFetchWorld(script, {
    limits: { profile, pacing: 'burst' },
    estimateTokens: () => estimate,
    retry: { maxRetries: 0, attemptTimeoutMs: 5_000 },
  })
}

function usedOf({ limiter }: FetchWorld): number | undefined {
  return limiter.snapshot().rateLimits[0]?.used
}

function event(content: string, sum: object | null = null): string {
  return `data: ${JSON.stringify({ choices: [{ delta: { content } }], usage: sum })}\n\n`
}

async function readAll(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true })
  return text
}

describe('the tokens of an answer that is read', () => {
  const readers: [string, (response: Response) => Promise<unknown>][] = [
    ['json', (response) => response.json()],
    ['text', (response) => response.text()],
    ['arrayBuffer', (response) => response.arrayBuffer()],
    ['blob', (response) => response.blob()],
    ['the stream', readAll],
    ['a clone', (response) => Promise.all([response.clone().json(), response.text()])],
    [
      'json, after a look at the stream',
      (response) => (response.body === null ? answer(204) : response).json(),
    ],
  ]

  it.each(readers)('are settled as its usage says: %s', async (_way, read) => {
    const world = createWorld([() => new Response(answerText)])
    const response = await world.fetch(chatUrl, init)
    expect(usedOf(world)).toBe(estimate)
    await read(response)
    expect(usedOf(world)).toBe(50)
  })

  it('are settled at its end and not before', async () => {
    const { response, push, end } = streamedAnswer(200)
    const world = createWorld([response])
    const reading = watch(world.fetch(chatUrl, init).then(readAll))
    push(answerText)
    await settle()
    expect(usedOf(world)).toBe(estimate)
    end()
    await settle()
    expect(reading.value).toBe(answerText)
    expect(usedOf(world)).toBe(50)
  })

  it('may be more than estimated', async () => {
    const world = createWorld([() => answer(200, { usage: { total_tokens: 900 } })])
    await (await world.fetch(chatUrl, init)).json()
    expect(usedOf(world)).toBe(900)
  })

  it('are at least as many as a part is said to be, whatever the total', async () => {
    const parts = { prompt_tokens: 12, total_tokens: 0 }
    const world = createWorld([() => answer(200, { usage: parts })])
    await (await world.fetch(chatUrl, init)).json()
    expect(usedOf(world)).toBe(12)
  })

  it('stay as many as estimated where the server counts those', async () => {
    const world = createWorld([() => new Response(answerText)], 'reserved')
    await (await world.fetch(chatUrl, init)).json()
    expect(usedOf(world)).toBe(estimate)
    // A settled hold is back a window after the answer; nobody has to wait for the bound of answers.
    await world.clock.run(60_100)
    expect(usedOf(world)).toBe(0)
  })
})

describe('the tokens of a stream', () => {
  const headers = { 'content-type': 'text/event-stream;charset=utf-8' }

  it.each([
    ['on the chunk that finishes, as Together sends it', event('hé') + event('', usage)],
    [
      'on a chunk of its own, as OpenAI sends it',
      `${event('hé')}data: {"choices":[],"usage":${JSON.stringify(usage)}}\n\n`,
    ],
    ['in a running sum', event('h', { total_tokens: 21 }) + event('é', usage)],
    [
      'beside it, as Groq sends it',
      `${event('hé')}data: {"x_groq":{"usage":${JSON.stringify(usage)}}}\n\n`,
    ],
  ])('are settled at its end: %s', async (_way, events) => {
    const { response, push, end } = streamedAnswer(200, headers)
    const world = createWorld([response])
    const reading = watch(world.fetch(chatUrl, init).then(readAll))
    push(`${events}data: [DONE]\n\n`)
    await settle()
    expect(usedOf(world)).toBe(estimate)
    end()
    await settle()
    expect(reading.value).toBe(`${events}data: [DONE]\n\n`)
    expect(usedOf(world)).toBe(50)
  })

  it('stay reserved where its type is written in another case, and it ends without its mark', async () => {
    const { response, push, end } = streamedAnswer(200, { 'content-type': 'Text/Event-Stream' })
    const world = createWorld([response])
    const reading = watch(world.fetch(chatUrl, init).then(readAll))
    push(event('a', usage))
    end()
    await settle()
    expect([reading.isSettled, usedOf(world)]).toEqual([true, estimate])
  })

  it('are settled where the caller stops at the mark of its end', async () => {
    const { response, push } = streamedAnswer(200, headers)
    const world = createWorld([response])
    const reader = (await world.fetch(chatUrl, init)).body?.getReader()
    push(`${event('', usage)}data: [DONE]\n\n`)
    await reader?.read()
    await reader?.cancel()
    expect(usedOf(world)).toBe(50)
  })

  it.each([
    ['the caller stops before its end', event('a', usage), 'cancel'],
    ['it breaks', event('a', usage), 'fail'],
    ['it ends without its mark, with a running sum', event('a', usage), 'end'],
    ['it says nothing of them', `${event('a')}data: [DONE]\n\n`, 'end'],
    ['the mark is only a part of what is said', event('data: [DONE]', usage), 'end'],
    ['they are no number', `${event('a', { total_tokens: 'many' })}data: [DONE]\n\n`, 'end'],
    ['only one part is named', `${event('a', { completion_tokens: 9 })}data: [DONE]\n\n`, 'end'],
  ] as const)('stay reserved where %s', async (_why, events, ending) => {
    const { response, push, end, fail } = streamedAnswer(200, headers)
    const world = createWorld([response])
    const reader = (await world.fetch(chatUrl, init)).body?.getReader()
    push(events)
    await reader?.read()
    if (ending === 'cancel') await reader?.cancel()
    else if (ending === 'fail') fail(networkError())
    else end()
    await reader?.read().catch(() => undefined)
    expect(usedOf(world)).toBe(estimate)
    await world.clock.run(60_000 + 60_000)
    expect(usedOf(world)).toBe(estimate)
    await world.clock.run(100)
    expect(usedOf(world)).toBe(0)
  })

  it('stay reserved where nobody reads it, and where its reading is cut', async () => {
    const { response, push } = streamedAnswer(200, headers)
    const world = createWorld([response])
    const reading = watch(world.fetch(chatUrl, init).then(readAll))
    push(event('', usage))
    await world.clock.run(5_000)
    expect(reading.error).toMatchObject({ name: 'TimeoutError' })
    expect(usedOf(world)).toBe(estimate)
    const unread = createWorld([() => new Response(answerText)])
    await unread.fetch(chatUrl, init)
    await unread.clock.run(5_000)
    expect(usedOf(unread)).toBe(estimate)
  })

  it('stay reserved where the caller aborts, who learns of it at once', async () => {
    const { response, push } = streamedAnswer(200, headers)
    const world = createWorld([response])
    const controller = new AbortController()
    const asking = world.fetch(chatUrl, { ...init, signal: controller.signal })
    const reading = watch(asking.then(readAll))
    push(event('', usage))
    await settle()
    const reason = new Error('enough')
    controller.abort(reason)
    await settle()
    expect(reading.error).toBe(reason)
    expect(usedOf(world)).toBe(estimate)
  })

  it('stay reserved where chunks are no bytes, and those are passed on as they are', async () => {
    const bytes = new TextEncoder().encode(answerText)
    const chunks = new ReadableStream({
      start: (controller) => {
        controller.enqueue('{')
        controller.enqueue(bytes)
        controller.close()
      },
    })
    const world = createWorld([new Response(chunks)])
    const reader = (await world.fetch(chatUrl, init)).body?.getReader()
    expect((await reader?.read())?.value).toBe('{')
    expect((await reader?.read())?.value).toBe(bytes)
    expect((await reader?.read())?.done).toBe(true)
    expect(usedOf(world)).toBe(estimate)
  })

  it('stay reserved where it is no stream of events, and the caller stops behind its usage', async () => {
    const { response, push } = streamedAnswer(200, { 'content-type': 'application/json' })
    const world = createWorld([response])
    const reader = (await world.fetch(chatUrl, init)).body?.getReader()
    push(`{"usage":${JSON.stringify(usage)},"choices":[`)
    await reader?.read()
    await reader?.cancel()
    expect(usedOf(world)).toBe(estimate)
  })

  it.each(['cancels', 'aborts'])(
    'stay reserved where the caller %s while the next chunk is asked for',
    async (way) => {
      const { response, push } = streamedAnswer(200, { 'content-type': 'application/x-ndjson' })
      const world = createWorld([response])
      const controller = new AbortController()
      const { signal } = controller
      const reader = (await world.fetch(chatUrl, { ...init, signal })).body?.getReader()
      push(`{"usage":${JSON.stringify(usage)}}\n`)
      await reader?.read()
      const next = watch(Promise.resolve(reader?.read()))
      await settle()
      if (way === 'cancels') await reader?.cancel()
      else controller.abort()
      await settle()
      expect([next.isSettled, usedOf(world)]).toEqual([true, estimate])
    },
  )

  it('are settled where the caller aborts behind the mark of its end', async () => {
    const { response, push } = streamedAnswer(200, headers)
    const world = createWorld([response])
    const controller = new AbortController()
    const { signal } = controller
    const reader = (await world.fetch(chatUrl, { ...init, signal })).body?.getReader()
    push(`${event('', usage)}data: [DONE]\n\n`)
    await reader?.read()
    controller.abort()
    expect(usedOf(world)).toBe(50)
  })
})

describe('the tokens of a refusal', () => {
  it.each([400, 401, 402, 403, 404, 413, 422, 429])('are free after a %i', async (status) => {
    const world = createWorld([() => answer(status)])
    expect((await world.fetch(chatUrl, init)).status).toBe(status)
    expect(usedOf(world)).toBe(0)
  })

  it.each([408, 499, 500, 502, 503, 504, 524, 529])('stay reserved after a %i', async (status) => {
    const world = createWorld([() => answer(status)])
    await (await world.fetch(chatUrl, init)).text()
    expect(usedOf(world)).toBe(estimate)
  })

  it('stay reserved without an answer', async () => {
    const world = createWorld([networkError()])
    await world.fetch(chatUrl, init)
    expect(usedOf(world)).toBe(estimate)
  })

  it('stay reserved where the server counts what it refuses', async () => {
    const world = createWorld([() => answer(429)], 'reserved')
    await world.fetch(chatUrl, init)
    expect(usedOf(world)).toBe(estimate)
  })
})

describe('a call without limits in tokens', () => {
  it('has neither its body nor its answer looked at', async () => {
    const limit = { id: 'a', endpoints: ['chat'], requestsMax: 9, windowMs: 60_000 } as const
    const rateLimits = [{ ...limit, scope: 'model' as const }]
    const world = createFetchWorld([() => new Response(answerText)], {
      limits: { profile: { name: 'none', rateLimits, concurrencyLimits: [] } },
      estimateTokens: () => {
        throw new Error('asked')
      },
    })
    // Not JSON: whoever parsed it would not find the model.
    const body = '{"model":"a","messages":'
    const response = await world.fetch(chatUrl, { method: 'POST', body })
    expect(await response.text()).toBe(answerText)
    const { rateLimits: shown } = world.limiter.snapshot({ model: 'a' })
    expect(shown).toMatchObject([{ model: 'a', used: 1 }])
  })
})
