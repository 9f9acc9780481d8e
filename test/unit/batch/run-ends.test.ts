import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  batchEmbedDocuments,
  embedDocuments,
  runRequests,
  type RunRequest,
} from '../../../src/batch/index.ts'
import type { PartialResultError } from '../../../src/core/errors.ts'
import { BatchWorld, type BatchWorldOptions } from '../../helpers/batch-world.ts'
import { drainPromises } from '../../helpers/virtual-clock.ts'

const embedModel = 'mock/embed-32'
const chatModel = 'Qwen/Qwen2.5-7B-Instruct-Turbo'
const otherModel = 'meta-llama/Llama-3.3-70B-Instruct-Turbo'

function open(options: BatchWorldOptions = {}): BatchWorld {
  return new BatchWorld({ limits: { maxPerMinute: 600 }, ...options })
}

/** Gives two texts, and never another. */
async function* hangingSource(): AsyncGenerator<string> {
  yield* ['one', 'two']
  await new Promise(() => undefined)
}

/** Answers everything but the list of models by a 503 until then. */
function down(untilMs: number, options: BatchWorldOptions = {}): BatchWorld {
  return open({
    ...options,
    intercept: (path, _body, nowMs) => {
      const isUp = path.endsWith('/models') || nowMs >= untilMs
      return isUp ? undefined : new Response('{}', { status: 503 })
    },
  })
}

function chat(customId: string, fields: object = {}): RunRequest {
  const messages = [{ role: 'user', content: customId }]
  return { customId, body: { model: chatModel, messages, ...fields } }
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('a run', () => {
  it('ends by its signal, also while the source gives nothing', async () => {
    const world = open()
    const controller = new AbortController()
    const options = { ...world.api, batchSize: 1, signal: controller.signal }
    const running = batchEmbedDocuments(hangingSource(), embedModel, options)
    world.clock.setTimer(() => controller.abort(new Error('enough')), 5_000)
    await expect(world.until(running)).rejects.toThrow('enough')
  })

  it('lets its consumer leave, also while the source gives nothing', async () => {
    const world = open()
    const results = embedDocuments(hangingSource(), embedModel, { ...world.api, batchSize: 1 })
    const leaving = (async () => {
      for await (const { index } of results) return index
      return undefined
    })()
    expect(await world.until(leaving)).toBe(0)
    await world.clock.run(1_000)
    expect(world.underWay).toBe(0)
  })

  it('does not wait for a probe that could not be sent', async () => {
    const world = down(600_000)
    // It can be written as JSON when it is looked at, and cannot when it is sent.
    let looks = 0
    const toJSON = (): object => {
      looks += 1
      if (looks > 1) throw new Error('of the caller')
      return {}
    }
    async function* source(): AsyncGenerator<RunRequest> {
      yield chat('a')
      // While that one is on its way to see.
      await new Promise<void>((resolve) => void world.clock.setTimer(resolve, 10_000))
      yield chat('b', { toJSON })
    }
    const running = runRequests(source(), { ...world.api, inFlightMax: 2 })
    await expect(world.until(running)).rejects.toThrow('of the caller')
  })

  it('names a request that cannot be written as JSON, and sends the others', async () => {
    const world = open()
    const requests = [chat('a'), chat('b', { seed: 1n }), chat('c')]
    const outcomes = await world.until(runRequests(requests, world.api))
    expect(outcomes.map(({ failure }) => failure?.message)).toEqual([
      undefined,
      'expected a body that can be written as JSON',
      undefined,
    ])
    const options = { ...world.api, body: { seed: 1n } }
    await expect(batchEmbedDocuments(['a'], embedModel, options)).rejects.toThrow(/option body/)
  })

  it('ends at once where the limiter is closed', async () => {
    const world = open()
    world.limiter.close()
    const error = await failureOf(world.until(runRequests([chat('a')], world.api)))
    expect(error).toMatchObject({
      cause: { reason: 'closed', serverMessage: expect.stringContaining('closed') },
    })
    expect(world.clock.now()).toBeLessThan(1_000)
  })

  it('names the text that is larger than a limit, and embeds the others', async () => {
    // As our fetch answers a request that is larger than a limit of its limiter.
    const error429 = { code: 'COST_TOO_LARGE', type: 'rate_limits_client', message: 'too large' }
    const world = open({
      intercept: (_path, body) =>
        body.includes('long')
          ? new Response(JSON.stringify({ error: error429 }), { status: 429 })
          : undefined,
    })
    const texts = ['short', 'long '.repeat(100), 'short, too']
    const error = await failureOf(world.until(batchEmbedDocuments(texts, embedModel, world.api)))
    expect(error).toMatchObject({ failures: [{ index: 1 }] })
    expect(error).toHaveProperty('message', expect.stringMatching(/^2 results; 1 refused/))
  })

  it('refuses a key and an address that no request could be sent with, without repeating them', async () => {
    const { api } = open()
    for (const apiKey of ['secret\nkey', 'secret\u20ac', 'sec ret']) {
      const error = await failureOf(runRequests([], { ...api, apiKey }))
      expect(error).toMatchObject({ code: 'INVALID_OPTION', option: 'apiKey' })
      expect(inspect(error)).not.toContain(apiKey)
    }
    for (const rest of ['secret@host/v1', 'host/v1?secret=1', 'host/v1#secret']) {
      const error = await failureOf(runRequests([], { ...api, baseURL: `https://${rest}` }))
      expect(error).toMatchObject({ code: 'INVALID_OPTION', option: 'baseURL' })
      expect(inspect(error)).not.toContain('secret@')
    }
  })

  it('takes a key as it comes from a file, with the line break at its end', async () => {
    const world = open()
    const running = runRequests([chat('a')], { ...world.api, apiKey: 'key\n' })
    expect(await world.until(running)).toHaveLength(1)
  })

  it('refuses a signal that is none', async () => {
    const { api } = open()
    const options: object = { ...api, signal: {} }
    await expect(runRequests([], options)).rejects.toThrow(/option signal/)
  })

  it('hands out what a request had that was being split when the run stopped', async () => {
    let asked = 0
    const world = open({
      intercept: (path) => {
        if (path.endsWith('/models')) return undefined
        asked += 1
        // The whole is refused, the first half is embedded, the second finds the key gone.
        if (asked === 2) return undefined
        return new Response('{}', { status: asked === 1 ? 413 : 401 })
      },
    })
    const texts = ['a', 'b', 'c', 'd']
    const error = await failureOf(world.until(batchEmbedDocuments(texts, embedModel, world.api)))
    expect(error).toMatchObject({
      results: [expect.any(Array), expect.any(Array)],
      cause: { reason: 'unauthorised', done: 2 },
    })
  })

  it('lets go of what waits for its turn when it stops', async () => {
    let refusesFromMs = Infinity
    const world = new BatchWorld({
      limits: { maxPerMinute: 60 },
      wayMs: 2_000,
      intercept: (path, _body, nowMs) =>
        nowMs >= refusesFromMs && path.endsWith('/embeddings')
          ? new Response('{}', { status: 401 })
          : undefined,
    })
    refusesFromMs = 20_500
    const texts = Array.from({ length: 4_000 }, (_, index) => `text ${index}`)
    const error = await failureOf(world.until(batchEmbedDocuments(texts, embedModel, world.api)))
    expect(error).toMatchObject({ cause: { reason: 'unauthorised' } })
    // A request a second, four seconds there and back: no more than those that were on their way.
    expect(world.clock.now()).toBeLessThan(30_000)
    const { results } = error as PartialResultError
    const refused = world.sent.length - results.filter((vector) => vector !== undefined).length / 20
    expect(refused).toBeGreaterThan(0)
    expect(refused).toBeLessThan(8)
    expect(world.limiter.snapshot()).toMatchObject({ queueLength: 0 })
    expect(world.underWay).toBe(0)
  })

  it('waits for what was sent when it stops, and hands it out', async () => {
    let answerFirst: ((response: Response) => void) | undefined
    const first = new Promise<Response>((resolve) => {
      answerFirst = resolve
    })
    const api = {
      apiKey: 'key',
      checksModels: false,
      fetch: async (_input: unknown, init?: RequestInit) => {
        const isFirst = typeof init?.body === 'string' && init.body.includes('"one"')
        if (!isFirst) return new Response('{}', { status: 401 })
        const aborted = new Promise<never>((_resolve, reject) => {
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- as fetch does.
          init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
        })
        return Promise.race([first, aborted])
      },
    }
    const results = embedDocuments(['one', 'two'], embedModel, { ...api, batchSize: 1 })
    const next = results.next()
    await drainPromises()
    answerFirst?.(Response.json({ data: [{ index: 0, embedding: [1] }] }))
    expect((await next).value).toEqual({ index: 0, embedding: [1] })
    await expect(results.next()).rejects.toMatchObject({ reason: 'unauthorised' })
  })

  it('names the first failures where everything is refused', async () => {
    const world = open({
      intercept: (path) => (path.endsWith('/models') ? undefined : new Response('')),
    })
    const texts = Array.from({ length: 200 }, (_, index) => `text ${index}`)
    const error = await failureOf(world.until(batchEmbedDocuments(texts, embedModel, world.api)))
    expect(error).toMatchObject({ cause: { reason: 'all-refused' } })
    expect(error).toHaveProperty('failures.length', 100)
  })

  it('blames no request for an outage that began while others were under way', async () => {
    const world = open({
      wayMs: 700,
      intercept: (path, _body, nowMs) => {
        const isDown = !path.endsWith('/models') && nowMs >= 3_050 && nowMs < 1_800_000
        return isDown ? new Response('{}', { status: 502 }) : undefined
      },
    })
    const requests = Array.from({ length: 60 }, (_, index) => chat(`call-${index}`))
    const running = runRequests(requests, { ...world.api, inFlightMax: 12 })
    const failures = (await world.until(running)).filter(({ failure }) => failure !== undefined)
    expect(failures).toEqual([])
  })

  it('blames no request where one of before the outage succeeds long after it began', async () => {
    // Two of sixteen take twenty seconds; after two, for a minute, everything else fails.
    const world = open({
      intercept: (path, _body, nowMs) =>
        !path.endsWith('/models') && nowMs > 2_000 && nowMs < 62_000
          ? new Response('{}', { status: 500 })
          : undefined,
      mock: { faults: [{ match: { every: 5 }, do: { kind: 'delay', delayMs: 20_000 } }] },
    })
    const texts = Array.from({ length: 60 }, (_unused, index) => `text ${index}`)
    const options = { ...world.api, batchSize: 1, inFlightMax: 16 }
    expect(await world.until(batchEmbedDocuments(texts, embedModel, options))).toHaveLength(60)
  })

  it('is ended by no wait that no server can mean', async () => {
    let requests = 0
    const world = open({
      intercept: (path) => {
        requests += path.endsWith('/models') ? 0 : 1
        const headers = { 'retry-after': '99999999999999999999' }
        return requests === 1 && !path.endsWith('/models')
          ? new Response('{}', { status: 429, headers })
          : undefined
      },
      retry: { maxRetries: 0 },
    })
    const vectors = await world.until(batchEmbedDocuments(['one', 'two'], embedModel, world.api))
    expect(vectors).toHaveLength(2)
    expect(requests).toBe(2)
  })

  it('blames a request over which the server stumbles, though it is the last', async () => {
    const world = open({
      intercept: (_path, body) =>
        body.includes('bad') ? new Response('{}', { status: 500 }) : undefined,
    })
    const running = runRequests([chat('a'), chat('b'), chat('bad')], world.api)
    expect((await world.until(running)).map(({ failure }) => failure?.status)).toEqual([
      undefined,
      undefined,
      500,
    ])
    expect(world.clock.now()).toBeLessThan(120_000)
  })

  it('ends while all models are down, though each attempt takes longer than a model rests', async () => {
    const world = down(Infinity, { wayMs: 40_000 })
    const options = { ...world.api, fallbackModels: [otherModel], outageMsMax: 600_000 }
    const running = runRequests([chat('a')], options)
    await expect(world.until(running)).rejects.toMatchObject({ cause: { reason: 'outage' } })
    expect(world.clock.now()).toBeLessThan(1_200_000)
  })
})
