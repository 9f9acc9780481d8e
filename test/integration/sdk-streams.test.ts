/**
 * Streams over loopback with our fetch and without it: the same bytes at the same points, the same errors, and nothing
 * held once somebody has left.
 */
import { createHash } from 'node:crypto'
import { createTogetherAI } from '@ai-sdk/togetherai'
import { streamText } from 'ai'
import OpenAI from 'openai'
import Together from 'together-ai'
import { afterEach, describe, expect, it } from 'vitest'
import { createRateLimitedFetch } from '../../src/fetch/index.ts'
import { TogetherRateLimiter } from '../../src/limiter/index.ts'
import {
  createMockTogether,
  MockTogether,
  type FaultRule,
  type MockRequest,
  type MockResponse,
  type RunningMock,
} from '../../src/server/index.ts'
import { createMockApp } from '../../src/server/http/app.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

type Fetch = typeof globalThis.fetch

const model = 'Qwen/Qwen2.5-7B-Instruct-Turbo'
const messages = [{ role: 'user' as const, content: 'Say nothing.' }]
const apiKey = 'test'
const profile = { name: 'none', rateLimits: [], concurrencyLimits: [] }
const partDelayMs = 5

const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function startMock(faults: FaultRule[] = []): Promise<RunningMock> {
  const latency = { interTokenMs: partDelayMs }
  const mock = await createMockTogether({ profile, faults, latency })
  closing.push(() => mock.close())
  return mock
}

function limit(baseURL: string, concurrencyMax = 1_000): Fetch {
  const limiter = new TogetherRateLimiter({ profile, concurrencyMax })
  return createRateLimitedFetch({ limiter, baseURL })
}

function initOf(content: string, signal: AbortSignal | null = null): RequestInit {
  return {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content }], stream: true }),
    signal,
  }
}

/** Answers a request that it has seen before with the very same answer, ids and times included. */
class RepeatingMock extends MockTogether {
  readonly #answers = new Map<unknown, MockResponse>()
  repeated = 0

  override handle(request: MockRequest, nowMs: number): MockResponse {
    const known = this.#answers.get(request.body)
    if (known !== undefined) {
      this.repeated += 1
      return known
    }
    const answer = super.handle(request, nowMs)
    this.#answers.set(request.body, answer)
    return answer
  }
}

async function hashOf(response: Response): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of response.body ?? []) hash.update(chunk)
  return hash.digest('hex')
}

describe('two hundred streams at once', () => {
  it('are the same bytes as without us', async () => {
    const mock = new RepeatingMock({ profile, latency: { interTokenMs: 2 } })
    const app = createMockApp(mock)
    closing.push(() => app.close())
    const baseURL = `${await app.listen({ host: '127.0.0.1', port: 0 })}/v1`
    const readAll = (fetch: Fetch): Promise<string[]> =>
      Promise.all(
        Array.from({ length: 200 }, async (_, index) => {
          return hashOf(await fetch(`${baseURL}/chat/completions`, initOf(`Say ${index}.`)))
        }),
      )
    const bare = await readAll(globalThis.fetch)
    // Each has an id of its own, so no two are alike.
    expect(new Set(bare).size).toBe(200)
    expect(await readAll(limit(baseURL))).toEqual(bare)
    expect(mock.repeated).toBe(200)
  })
})

describe('a part', () => {
  it('is there before the next one is sent', async () => {
    const mock = await startMock()
    mock.clock.pause()
    const baseURL = `${mock.url}/v1`
    const response = await limit(baseURL)(`${baseURL}/chat/completions`, initOf('x'))
    const reader = response.body?.getReader()
    for (let part = 0; part < 3; part += 1) {
      // The mock's time stands still: of what is to come nothing has been sent.
      const text = new TextDecoder().decode((await reader?.read())?.value)
      expect(text.match(/^data: /gm)).toHaveLength(1)
      mock.clock.advance(partDelayMs)
    }
    await reader?.cancel()
  })
})

/** Reads a stream of each client to its end. */
const readers: [string, (baseURL: string, fetch: Fetch) => Promise<unknown>][] = [
  [
    'together-ai',
    async (baseURL, fetch) => {
      const client = new Together({ apiKey, baseURL, fetch, maxRetries: 0 })
      const stream = await client.chat.completions.create({ model, messages, stream: true })
      for await (const _chunk of stream);
    },
  ],
  [
    'openai',
    async (baseURL, fetch) => {
      const client = new OpenAI({ apiKey, baseURL, fetch, maxRetries: 0 })
      const stream = await client.chat.completions.create({ model, messages, stream: true })
      for await (const _chunk of stream);
    },
  ],
  [
    '@ai-sdk/togetherai',
    async (baseURL, fetch) => {
      const provider = createTogetherAI({ apiKey, baseURL, fetch })
      const result = streamText({ model: provider(model), messages, maxRetries: 0, onError })
      for await (const part of result.fullStream) if (part.type === 'error') throw part.error
    },
  ],
]

/** The AI SDK would print it. */
function onError(): void {}

describe('a stream that is cut', () => {
  it.each(readers)('is to %s what it is without us, and is not sent again', async (_name, read) => {
    const mock = await startMock([{ do: { kind: 'cut-stream', afterParts: 2 } }])
    const baseURL = `${mock.url}/v1`
    const failures = await Promise.allSettled([
      read(baseURL, globalThis.fetch),
      read(baseURL, limit(baseURL)),
    ])
    const [bare, ours] = failures.map((failure) => describeError(failure))
    expect(bare).toMatchObject({ name: expect.any(String), message: expect.any(String) })
    expect(ours).toEqual(bare)
    expect(mock.journal()).toHaveLength(2)
  })
})

function describeError(result: PromiseSettledResult<unknown>): object | undefined {
  const error: unknown = result.status === 'rejected' ? result.reason : undefined
  if (!(error instanceof Error)) return undefined
  const { name, message, cause, constructor } = error
  const causeName = cause instanceof Error ? cause.message : undefined
  return { name, message, class: constructor.name, cause: causeName }
}

describe('an abort', () => {
  it.each(['before its headers', 'in its midst'])(
    'of a stream %s closes its connection and lets the next call in at once',
    async (when) => {
      const isEarly = when === 'before its headers'
      const late: FaultRule = { match: { nth: 1 }, do: { kind: 'delay', delayMs: 1_000 } }
      const latency = { interTokenMs: partDelayMs }
      const mock = new MockTogether({ profile, latency, faults: isEarly ? [late] : [] })
      // Time stands still: a timer is an answer under way, until its client leaves.
      const clock = new VirtualClock()
      const app = createMockApp(mock, { clock })
      closing.push(() => app.close())
      const baseURL = `${await app.listen({ host: '127.0.0.1', port: 0 })}/v1`
      const fetch = limit(baseURL, 1)
      const url = `${baseURL}/chat/completions`
      const controller = new AbortController()
      const call = fetch(url, initOf('first', controller.signal))
      const reading = isEarly ? call : (await call).text()
      await expect.poll(() => clock.timerCount).toBe(1)
      controller.abort(new Error('enough'))
      await expect(reading).rejects.toThrow('enough')
      await expect.poll(() => clock.timerCount).toBe(0)
      const next = await fetch(url, initOf('next'))
      expect([next.status, mock.journal().length]).toEqual([200, 2])
      await next.body?.cancel()
    },
  )

  it('does not let the next call in where it never came', async () => {
    const late: FaultRule = { match: { nth: 1 }, do: { kind: 'delay', delayMs: 1_000 } }
    const mock = await startMock([late])
    mock.clock.pause()
    const baseURL = `${mock.url}/v1`
    const fetch = limit(baseURL, 1)
    const calls = [1, 2].map((call) => fetch(`${baseURL}/chat/completions`, initOf(`${call}`)))
    await expect.poll(() => mock.journal().length).toBe(1)
    mock.clock.advance(999)
    expect(mock.journal()).toHaveLength(1)
    mock.clock.advance(1)
    const responses = await Promise.all(calls)
    expect(mock.journal()).toHaveLength(2)
    for (const response of responses) await response.body?.cancel()
  })
})

describe('a body is read as without us', () => {
  const ways: [string, (response: Response) => Promise<string>][] = [
    ['for await', async ({ body }) => collect(body)],
    ['getReader', async ({ body }) => readBy(body?.getReader())],
    ['tee', async ({ body }) => (await Promise.all((body?.tee() ?? []).map(collect))).join('|')],
    [
      'clone',
      async (response) => {
        const clone = response.clone()
        return (await Promise.all([response.text(), clone.text()])).join('|')
      },
    ],
    [
      'pipeTo',
      async ({ body }) => {
        let text = ''
        const decoder = new TextDecoder()
        const write = (chunk: Uint8Array): void => void (text += decoder.decode(chunk))
        await body?.pipeTo(new WritableStream({ write }))
        return text
      },
    ],
    ['another response', ({ body }) => new Response(body).text()],
    ['a reader with its own buffer', async ({ body }) => readInto(body)],
  ]

  it.each(ways)('by %s', async (_name, read) => {
    const mock = new RepeatingMock({ profile, latency: { interTokenMs: 1 } })
    const app = createMockApp(mock)
    closing.push(() => app.close())
    const baseURL = `${await app.listen({ host: '127.0.0.1', port: 0 })}/v1`
    const url = `${baseURL}/chat/completions`
    const bare = await read(await globalThis.fetch(url, initOf('x')))
    expect(bare).toContain('[DONE]')
    expect(await read(await limit(baseURL)(url, initOf('x')))).toBe(bare)
  })

  it('and an abort in its midst ends it with the reason, whoever reads', async () => {
    const mock = await startMock()
    mock.clock.pause()
    const baseURL = `${mock.url}/v1`
    for (const [, read] of ways) {
      const controller = new AbortController()
      const init = initOf('x', controller.signal)
      const response = await limit(baseURL)(`${baseURL}/chat/completions`, init)
      const reading = read(response)
      reading.catch(() => undefined)
      controller.abort(new Error('enough'))
      await expect(reading).rejects.toThrow('enough')
    }
  })
})

async function collect(body: ReadableStream<Uint8Array> | null): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body ?? []) text += decoder.decode(chunk, { stream: true })
  return text
}

async function readBy(reader?: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  let text = ''
  for (;;) {
    const part = await reader?.read()
    if (part?.value === undefined) return text
    text += new TextDecoder().decode(part.value)
  }
}

/** Four bytes at a time, always into the same buffer. */
async function readInto(body: ReadableStream<Uint8Array> | null): Promise<string> {
  const reader = body?.getReader({ mode: 'byob' })
  let text = ''
  let buffer: Uint8Array<ArrayBuffer> = new Uint8Array(4)
  for (;;) {
    const part = await reader?.read(buffer)
    if (part === undefined || part.done) return text
    text += new TextDecoder().decode(part.value)
    buffer = new Uint8Array(part.value.buffer)
  }
}
