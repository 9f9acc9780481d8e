/**
 * The official clients with our fetch under them, against the mock over loopback: where nothing can be answered, nothing is
 * sent more often than our one layer sends it, and streams come as they are.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createTogetherAI } from '@ai-sdk/togetherai'
import { generateText } from 'ai'
import OpenAI from 'openai'
import Together from 'together-ai'
import { afterEach, describe, expect, it } from 'vitest'
import type { Profile } from '../../src/core/profile.ts'
import { rateLimited, type RateLimitedFetchOptions } from '../../src/fetch/index.ts'
import { TogetherRateLimiter } from '../../src/limiter/index.ts'
import {
  createMockTogether,
  type FaultRule,
  type RunningMock,
  type ServerProfile,
} from '../../src/server/index.ts'

const run = promisify(execFile)
const model = 'Qwen/Qwen2.5-7B-Instruct-Turbo'
const messages = [{ role: 'user' as const, content: 'Say nothing.' }]

// A minute is a second here. The two sides are written down apart: neither may learn the limit from the other.
const clientProfile: Profile = {
  name: 'a minute in a second',
  rateLimits: [{ id: 'chat', endpoints: ['chat'], requestsMax: 60, windowMs: 1_000, strict: true }],
  concurrencyLimits: [],
}
const serverProfile: ServerProfile = {
  name: 'a minute in a second',
  rateLimits: [
    { id: 'chat', endpoints: ['chat', 'completions'], requestsMax: 60, windowMs: 1_000 },
  ],
  concurrencyLimits: [],
  enforcement: { kind: 'sliding-log' },
}

let mock: RunningMock

afterEach(() => mock.close())

interface Setup {
  readonly limiter: TogetherRateLimiter
  readonly baseURL: string
  readonly options: ReturnType<typeof rateLimited>
  /** Calls of our fetch by the client. */
  readonly asked: () => number
}

async function setUp(
  plan: FaultRule[],
  options: Pick<RateLimitedFetchOptions, 'retry' | 'finalFailure'> = {},
): Promise<Setup> {
  mock = await createMockTogether({ profile: serverProfile, faults: plan, seed: 4 })
  const baseURL = `${mock.url}/v1`
  const limiter = new TogetherRateLimiter({ profile: clientProfile })
  const limited = rateLimited({ limiter, baseURL, ...options })
  let asked = 0
  const fetch: typeof globalThis.fetch = (...args) => {
    asked += 1
    return limited.fetch(...args)
  }
  return { limiter, baseURL, options: { ...limited, fetch }, asked: () => asked }
}

type Ask = () => Promise<string | null | undefined>
type Client = (setup: Setup) => Ask

const apiKey = 'test'

const together =
  (isAlone: boolean): Client =>
  ({ baseURL, options }) => {
    const client = new Together({
      apiKey,
      baseURL,
      ...(isAlone ? { fetch: options.fetch } : options),
    })
    return async () => {
      const answer = await client.chat.completions.create({ model, messages })
      return answer.choices[0]?.message?.content
    }
  }

const openai =
  (isAlone: boolean): Client =>
  ({ baseURL, options }) => {
    const client = new OpenAI({
      apiKey,
      baseURL,
      ...(isAlone ? { fetch: options.fetch } : options),
    })
    return async () => {
      const answer = await client.chat.completions.create({ model, messages })
      return answer.choices[0]?.message.content
    }
  }

const ai =
  (isAlone: boolean): Client =>
  ({ baseURL, options }) => {
    const provider = createTogetherAI({ apiKey, baseURL, fetch: options.fetch })
    const retries = isAlone ? {} : { maxRetries: 0 }
    return async () => {
      const { text } = await generateText({ model: provider(model), messages, ...retries })
      return text
    }
  }

const clients: [string, Client][] = [
  ['together-ai', together(false)],
  ['together-ai with its own retries', together(true)],
  ['openai', openai(false)],
  ['openai with its own retries', openai(true)],
  ['@ai-sdk/togetherai', ai(false)],
]

describe('where nothing can be answered', () => {
  const retry = { maxRetries: 2, backoffBaseMs: 5, backoffMsMax: 20 }
  const failures: [string, FaultRule['do']][] = [
    ['down', { kind: 'status', status: 503 }],
    ['broken', { kind: 'status', status: 500 }],
    [
      'limited',
      { kind: 'status', status: 429, hints: [{ header: 'retry-after-ms', delayMs: 20 }] },
    ],
    ['dropped', { kind: 'drop', when: 'before' }],
  ]

  it.each(
    clients.flatMap(([name, create]) =>
      failures.map(([kind, fault]) => ({ name, kind, create, fault })),
    ),
  )('$name gives up when ours does: $kind', async ({ create, fault }) => {
    const setup = await setUp([{ do: fault }], { retry })
    await expect(create(setup)()).rejects.toThrow(Error)
    expect(setup.asked()).toBe(1)
    expect(mock.journal()).toHaveLength(3)
  })

  it.each(failures)(
    'the AI SDK with its own retries does, where we throw: %s',
    async (_kind, fault) => {
      const setup = await setUp([{ do: fault }], { retry, finalFailure: 'throw' })
      await expect(ai(true)(setup)()).rejects.toThrow(Error)
      expect(setup.asked()).toBe(1)
      expect(mock.journal()).toHaveLength(3)
    },
  )
})

describe('a body that nobody reads', () => {
  it('does not keep the process', async () => {
    const { baseURL } = await setUp([])
    const script = `
      import { createRateLimitedFetch } from './src/fetch/index.ts'
      const limited = createRateLimitedFetch({ baseURL: '${baseURL}', retry: { deadlineMs: 60_000 } })
      const init = { headers: { authorization: 'Bearer test' } }
      const response = await limited('${baseURL}/models', init)
      console.log(response.status)
    `
    const flags = ['--import', 'tsx', '--input-type=module', '--eval', script]
    const cwd = fileURLToPath(new URL('../../', import.meta.url))
    const { stdout } = await run(process.execPath, flags, { cwd, timeout: 20_000 })
    expect(stdout).toBe('200\n')
  })
})

describe('a stream', () => {
  it('comes to the client as without us, and a cut one is not sent again', async () => {
    const cut: FaultRule = { match: { nth: 3 }, do: { kind: 'cut-stream', afterParts: 2 } }
    const { baseURL, options, limiter } = await setUp([cut])
    const plain = await textOf(new OpenAI({ apiKey, baseURL, maxRetries: 0 }))
    const ours = new OpenAI({ apiKey, baseURL, ...options })
    expect(await textOf(ours)).toBe(plain)
    await expect(textOf(ours)).rejects.toThrow(Error)
    expect(mock.journal()).toHaveLength(3)
    expect(limiter.snapshot().counters).toMatchObject({ granted: 2, settled: 2 })
  })

  it('is the same bytes', async () => {
    const { baseURL, options } = await setUp([])
    const init = {
      method: 'POST',
      headers: { authorization: 'Bearer test', 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages, stream: true }),
    }
    const texts = await Promise.all(
      [globalThis.fetch, options.fetch].map(async (fetch) => {
        const response = await fetch(`${baseURL}/chat/completions`, init)
        return withoutIds(await response.text())
      }),
    )
    expect(texts[0]).toContain('[DONE]')
    expect(texts[1]).toBe(texts[0])
  })

  it('that the client ends is over on the wire', async () => {
    const { baseURL, options } = await setUp([])
    const client = new Together({ apiKey, baseURL, ...options })
    const stream = await client.chat.completions.create({ model, messages, stream: true })
    for await (const _chunk of stream) break
    expect(stream.controller.signal.aborted).toBe(true)
  })
})

function withoutIds(text: string): string {
  return text.replaceAll(/"(id|created)":("[^"]*"|\d+)/g, '')
}

async function textOf(client: OpenAI): Promise<string> {
  let text = ''
  const stream = await client.chat.completions.create({ model, messages, stream: true })
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
  return text
}
