import { describe, expect, it } from 'vitest'
import {
  chatUrl,
  CountingController,
  createFetchWorld,
  settle,
  watch,
  type FetchWorld,
} from '../../helpers/fetch-world.ts'
import { answer } from '../../helpers/retry-world.ts'

const json = JSON.stringify({
  messages: [{ role: 'user', content: '"model": "no"' }],
  model: 'a/b',
})
const bytes = new TextEncoder().encode(json)

/** The models that the limiter was asked for, each a pause of its own after a 429. */
async function pausedKeys(world: FetchWorld, call: Promise<Response>): Promise<string[]> {
  const ending = watch(call)
  await settle()
  const { pauses } = world.limiter.snapshot()
  await world.clock.run(60_000)
  expect(ending.value?.status).toBe(200)
  return pauses.map(({ key }) => key)
}

function createWorld(): FetchWorld {
  return createFetchWorld([answer(429, {}, { 'retry-after': '3' }), answer(200)])
}

function formOf(entries: Record<string, string>): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(entries)) form.set(name, value)
  return form
}

function streamOf(text: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      controller.enqueue(new TextEncoder().encode(text))
      controller.close()
    },
  })
}

describe('a body that can be sent again', () => {
  it.each([
    ['a text', json],
    ['a text that begins with the model', '{ "model" : "a/b" , "prompt": "x" }'],
    ['a text whose model has to be unescaped', '{"model":"a\\/b"}'],
    ['bytes', bytes],
    ['a part of a buffer', Buffer.from(`xx${json}`).subarray(2)],
    ['a buffer', bytes.buffer],
    ['a blob', new Blob([json])],
    ['parameters', new URLSearchParams({ model: 'a/b' })],
    ['a form', formOf({ model: 'a/b', n: '1' })],
  ])('is sent again as it is, and names the model: %s', async (_kind, body) => {
    const world = createWorld()
    const keys = await pausedKeys(world, world.fetch(chatUrl, { method: 'POST', body }))
    expect(keys).toEqual([expect.stringContaining('a/b')])
    expect(world.sent.map(({ args }) => args[1]?.body)).toEqual([body, body])
    expect(world.sent[0]?.args[1]?.body).toBe(body)
  })

  it.each([
    ['no JSON', 'model'],
    ['JSON without a model', '{"prompt":"x"}'],
    ['a model that is no text', '{"model":{"name":"x"}}'],
    ['a list', '[1]'],
    ['null', 'null'],
    ['a form with a file', formOf({ prompt: 'x' })],
    ['nothing', undefined],
  ])('names no model where there is none: %s', async (_kind, body) => {
    const world = createWorld()
    const init = body === undefined ? { method: 'POST' } : { method: 'POST', body }
    expect(await pausedKeys(world, world.fetch(chatUrl, init))).toEqual(['endpoint:chat'])
    expect(world.sent).toHaveLength(2)
  })
})

describe('a body that cannot be sent again', () => {
  it.each([
    ['a stream', () => streamOf(json)],
    ['an iterable', () => streamOf(json).values()],
  ])('is sent once, unread: %s', async (_kind, create) => {
    const { fetch, sent, clock } = createFetchWorld([answer(503), answer(200)])
    const body = create()
    const init = { method: 'POST', body, duplex: 'half' } as unknown as RequestInit
    const call = watch(fetch(chatUrl, init))
    await settle()
    await clock.run(60_000)
    expect(call.value?.status).toBe(503)
    expect(call.value?.headers.get('x-should-retry')).toBe('false')
    expect(sent).toHaveLength(1)
    expect(sent[0]?.args[1]?.body).toBe(body)
  })

  it('still tells everybody of a 429', async () => {
    const { fetch, limiter } = createFetchWorld([answer(429, {}, { 'retry-after': '3' })])
    const init = { method: 'POST', body: streamOf(json), duplex: 'half' } as RequestInit
    expect((await fetch(chatUrl, init)).status).toBe(429)
    expect(limiter.snapshot().pauses).toHaveLength(1)
  })
})

describe('a Request', () => {
  it('is read once and replayed whole', async () => {
    const world = createWorld()
    const request = new Request(chatUrl, {
      method: 'POST',
      body: json,
      headers: { authorization: 'Bearer a', 'content-type': 'application/json' },
    })
    expect(await pausedKeys(world, world.fetch(request))).toEqual([expect.stringContaining('a/b')])
    expect(request.bodyUsed).toBe(true)
    expect(world.sent.map(({ body, method, url }) => [body, method, url])).toEqual([
      [json, 'POST', chatUrl],
      [json, 'POST', chatUrl],
    ])
    const [again] = world.sent[1]?.args ?? []
    expect(again instanceof Request && Object.fromEntries(again.headers)).toEqual({
      authorization: 'Bearer a',
      'content-type': 'application/json',
    })
  })

  it('is prepared without a listener that stays', async () => {
    const { fetch } = createFetchWorld([() => answer(200)])
    const controller = new CountingController()
    const { signal } = controller
    const request = new Request(chatUrl, { method: 'POST', body: json })
    await (await fetch(request, { signal })).text()
    expect([controller.listeners, controller.listenersMax]).toEqual([0, 1])
  })

  it('yields to the options beside it', async () => {
    const world = createWorld()
    const request = new Request(chatUrl, { method: 'POST', body: 'x' })
    await pausedKeys(world, world.fetch(request, { body: json, headers: { 'x-a': 'b' } }))
    expect(world.sent.map(({ body }) => body)).toEqual([json, json])
    const [again] = world.sent[1]?.args ?? []
    expect(again instanceof Request && again.headers.get('x-a')).toBe('b')
  })

  it('that stands in place of the options is replayed whole, too', async () => {
    const world = createWorld()
    const headers = { authorization: 'Bearer a' }
    const request = new Request('https://a.example', { method: 'POST', body: json, headers })
    await pausedKeys(world, world.fetch(chatUrl, request))
    expect(world.sent.map(({ body, method, url }) => [body, method, url])).toEqual([
      [json, 'POST', chatUrl],
      [json, 'POST', chatUrl],
    ])
    const [again] = world.sent[1]?.args ?? []
    expect(again instanceof Request && again.headers.get('authorization')).toBe('Bearer a')
  })

  it('without a body is retried', async () => {
    const { fetch, sent, clock } = createFetchWorld([answer(503), answer(200)])
    const call = watch(fetch(new Request('https://api.together.xyz/v1/models')))
    await settle()
    await clock.run(60_000)
    expect(call.value?.status).toBe(200)
    expect(sent).toHaveLength(2)
  })

  it('with an upload that no limit is for streams, and is sent once', async () => {
    const { fetch, sent, clock } = createFetchWorld([answer(503), answer(200)])
    const url = 'https://api.together.xyz/v1/files/upload'
    const call = watch(fetch(new Request(url, { method: 'POST', body: 'a file' })))
    await settle()
    await clock.run(60_000)
    expect(await call.value?.json()).toEqual({ status: 503 })
    expect(sent.map(({ body }) => body)).toEqual(['a file'])
  })

  it('whose body was used before is refused as by fetch', async () => {
    const { fetch, sent } = createFetchWorld([answer(200)])
    const request = new Request(chatUrl, { method: 'POST', body: 'x' })
    await request.text()
    await expect(fetch(request)).rejects.toThrow(TypeError)
    expect(sent).toHaveLength(0)
  })
})

describe('arguments that make no request', () => {
  it.each([
    ['a body that GET cannot have', { method: 'GET', body: 'x' }],
    ['a header that is none', { method: 'POST', headers: { 'no header': 'x' } }],
  ])('are refused as by fetch, and not tried again: %s', async (_kind, init) => {
    const { fetch, sent, limiter } = createFetchWorld([answer(200)])
    await expect(fetch(chatUrl, init)).rejects.toThrow(TypeError)
    expect(sent).toHaveLength(0)
    expect(limiter.snapshot().counters.granted).toBeLessThanOrEqual(1)
  })

  it('are refused by a rejection, also where the method is no text', async () => {
    const { fetch } = createFetchWorld([answer(200)])
    // @ts-expect-error -- what no typed caller would pass.
    const call = fetch(chatUrl, { method: Symbol('POST') })
    await expect(call).rejects.toThrow(TypeError)
  })
})

describe('what must not be done twice', () => {
  it.each([
    ['/files/upload', 500, 1],
    ['/files/upload', 503, 2],
    ['/fine-tunes/1/cancel', 502, 1],
    ['/fine-tunes', 500, 1],
    ['/fine-tunes', 503, 2],
    ['/batches', 504, 1],
    ['/rerank', 500, 2],
  ])('POST %s after a %i is sent %i times', async (path, status, times) => {
    const { fetch, sent, clock } = createFetchWorld([answer(status), answer(200)])
    const call = watch(fetch(`https://api.together.xyz/v1${path}`, { method: 'POST', body: '{}' }))
    await settle()
    await clock.run(60_000)
    expect(call.isSettled).toBe(true)
    expect(sent).toHaveLength(times)
  })
})
