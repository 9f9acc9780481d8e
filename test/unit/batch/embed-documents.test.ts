import { describe, expect, it } from 'vitest'
import { batchEmbedDocuments, embedDocuments, type EmbeddedText } from '../../../src/batch/index.ts'
import { documentedServerProfile, serverProfiles } from '../../../src/server/index.ts'
import { createSeededRandom } from '../../../src/core/random.ts'
import { PartialResultError, RunStoppedError } from '../../../src/core/errors.ts'
import { BatchWorld, failureOf, type BatchWorldOptions } from '../../helpers/batch-world.ts'
import type { VirtualClock } from '../../helpers/virtual-clock.ts'

const model = 'mock/embed-32'
const unlimited = serverProfiles.find(({ name }) => name === 'unlimited') ?? documentedServerProfile
const random = createSeededRandom(1, 'embed')

function textsUpTo(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `text ${index}`)
}

/** What the mock says of each text by itself. */
function vectorsOf(texts: readonly string[]): number[][] {
  const { mock } = new BatchWorld({ mock: { profile: unlimited } })
  const headers = { authorization: 'Bearer key' }
  return texts.map((input) => {
    const body = JSON.stringify({ model, input })
    const answer = mock.handle({ method: 'POST', path: '/v1/embeddings', headers, body }, 0)
    return JSON.parse(answer.body).data[0].embedding
  })
}

function open(options: BatchWorldOptions = {}): BatchWorld {
  return new BatchWorld({ limits: { maxPerMinute: 600 }, ...options })
}

/** Refuses each request in which one of the texts is. */
function refusing(bad: readonly string[], status = 400): BatchWorldOptions {
  return {
    intercept: (_path, body) => {
      const { input }: { input: string[] } = JSON.parse(body)
      const isBad = input.some((text) => bad.includes(text))
      const error = { message: 'the input is too long', type: 'invalid_request_error' }
      return isBad ? new Response(JSON.stringify({ error }), { status }) : undefined
    },
  }
}

function* breakingSource(): Generator<string> {
  yield* textsUpTo(30)
  throw new Error('disk')
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

describe('batchEmbedDocuments', () => {
  it('resolves with the vectors in the order of the texts, twenty texts a request', async () => {
    const world = open()
    const texts = textsUpTo(105)
    const vectors = await world.until(batchEmbedDocuments(texts, model, { ...world.api, random }))
    expect(vectors).toEqual(vectorsOf(texts))
    expect(world.sent.map((body) => JSON.parse(body).input.length)).toEqual([20, 20, 20, 20, 20, 5])
  })

  it('takes the number of texts a request alone, as the snippet does', async () => {
    await expect(batchEmbedDocuments([], model, 0)).rejects.toThrow(/batchSize.*the number 0/)
  })

  it('takes asynchronous sources, and no texts at all', async () => {
    const world = open()
    const texts = textsUpTo(45)
    async function* source(): AsyncGenerator<string> {
      for (const text of texts) {
        await Promise.resolve()
        yield text
      }
    }
    const all = { ...world.api, batchSize: 7 }
    expect(await world.until(batchEmbedDocuments(source(), model, all))).toEqual(vectorsOf(texts))
    expect(world.sent).toHaveLength(7)
    expect(await world.until(batchEmbedDocuments(new Set<string>(), model, all))).toEqual([])
  })

  it('makes Float32Arrays where they are asked for', async () => {
    const world = open()
    const [vector] = await world.until(
      batchEmbedDocuments(['one'], model, { ...world.api, vectors: 'float32' }),
    )
    expect(vector).toEqual(Float32Array.from(vectorsOf(['one'])[0] ?? []))
  })

  it('sends the further fields of the body, which do not replace the texts', async () => {
    const world = open()
    const body = { dimensions: 32, input: 'mine', model: 'other' }
    await world.until(batchEmbedDocuments(['one'], model, { ...world.api, body }))
    expect(JSON.parse(world.sent[0] ?? '')).toEqual({ dimensions: 32, model, input: ['one'] })
  })

  it('uses the whole quota, and no more', async () => {
    const world = open({ limits: {} })
    const texts = textsUpTo(24_000)
    await world.until(batchEmbedDocuments(texts, model, world.api))
    const requests = 1_200
    expect(world.sent).toHaveLength(requests)
    expect(world.mock.state(world.clock.now()).totals).toMatchObject({ refused: 0 })
    // 300 a minute, each held for 1 ms, a two-thousandth and the 100 ms to its headers besides.
    const boundMs = ((requests - 300) * 60_131) / 300
    expect(world.clock.now()).toBeLessThan(boundMs * 1.01 + 60_000)
  })

  it('finds the bad texts, and embeds the rest', async () => {
    const texts = textsUpTo(100)
    const bad = ['text 3', 'text 41', 'text 42', 'text 99']
    const world = open(refusing(bad))
    const error = await world.until(failureOf(batchEmbedDocuments(texts, model, world.api)))
    expect(error).toBeInstanceOf(PartialResultError)
    const { results, failures, message, cause } = error as PartialResultError
    expect(failures.map(({ index }) => index)).toEqual([3, 41, 42, 99])
    expect(failures[0]).toEqual({ index: 3, status: 400, message: 'the input is too long' })
    expect(message).toBe(
      '96 results; 4 refused, by index: 3 (status 400), 41 (status 400), 42 (status 400), 99 (status 400)',
    )
    expect(cause).toBeUndefined()
    const whole = vectorsOf(texts)
    expect(results).toEqual(
      whole.map((vector, index) => (bad.includes(`text ${index}`) ? undefined : vector)),
    )
  })

  it('names what is no text, and sends the others', async () => {
    const world = open()
    const texts: unknown = ['one', 5, 'two', null]
    const error = await world.until(
      failureOf(batchEmbedDocuments(texts as string[], model, world.api)),
    )
    expect((error as PartialResultError).failures).toEqual([
      { index: 1, status: undefined, message: 'expected a string, received number' },
      { index: 3, status: undefined, message: 'expected a string, received null' },
    ])
    expect(JSON.parse(world.sent[0] ?? '').input).toEqual(['one', 'two'])
  })

  it.each([0, 3, 6])('finds it where nobody else is there to show it: text %d', async (bad) => {
    const world = open(refusing([`text ${bad}`], 500))
    const texts = textsUpTo(7)
    const options = { ...world.api, batchSize: 7, inFlightMax: 1 }
    const error = await world.until(failureOf(batchEmbedDocuments(texts, model, options)))
    const { failures, results, cause } = error as PartialResultError
    expect(cause).toBeUndefined()
    expect(failures.map(({ index, status }) => [index, status])).toEqual([[bad, 500]])
    const vectors: (number[] | undefined)[] = vectorsOf(texts)
    vectors[bad] = undefined
    expect(results).toEqual(vectors)
  })

  it('finds a text that is answered by a 500 again and again', async () => {
    const world = open(refusing(['text 30'], 500))
    const texts = textsUpTo(100)
    const error = await world.until(failureOf(batchEmbedDocuments(texts, model, world.api)))
    const { failures, results } = error as PartialResultError
    expect(failures.map(({ index, status }) => [index, status])).toEqual([[30, 500]])
    expect(results.filter((vector) => vector !== undefined)).toHaveLength(99)
  })

  it('stops where everything is refused', async () => {
    const world = open(refusing(textsUpTo(10_000)))
    const error = await world.until(
      failureOf(batchEmbedDocuments(textsUpTo(10_000), model, { ...world.api, inFlightMax: 4 })),
    )
    expect((error as PartialResultError).cause).toMatchObject({ reason: 'all-refused' })
    expect(world.sent.length).toBeLessThan(400)
  })

  it('keeps what it has when the model vanishes, and says so', async () => {
    const texts = textsUpTo(2_000)
    const gone = { error: { message: 'no such model', type: 'x', code: 'model_not_available' } }
    const world: BatchWorld = open({
      intercept: () =>
        world.sent.length > 30 ? new Response(JSON.stringify(gone), { status: 404 }) : undefined,
    })
    const error = await world.until(failureOf(batchEmbedDocuments(texts, model, world.api)))
    const { results, cause, message } = error as PartialResultError
    expect(results.filter((vector) => vector !== undefined)).toHaveLength(600)
    expect(cause).toBeInstanceOf(RunStoppedError)
    expect(cause).toMatchObject({ reason: 'model-unavailable', status: 404, done: 600 })
    expect(message).toContain('the model is not there')
    expect(results).toEqual(
      vectorsOf(texts)
        .slice(0, results.length)
        .map((vector, index) => (results[index] ? vector : undefined)),
    )
  })

  it.each([
    [401, 'unauthorised'],
    [402, 'spending-limit'],
    [405, 'refused'],
  ])('stops at a %d', async (status, reason) => {
    const world = open({ intercept: () => new Response('{}', { status }) })
    const error = await world.until(failureOf(batchEmbedDocuments(['a'], model, world.api)))
    expect((error as PartialResultError).cause).toMatchObject({ reason, status })
  })

  it('outlasts an hour of 503, with few requests', async () => {
    const hourMs = 3_600_000
    const faults = [
      { match: { fromMs: 20_000, toMs: hourMs }, do: { kind: 'status', status: 503 } },
    ] as const
    const world = open({ mock: { faults } })
    const texts = textsUpTo(10_000)
    const vectors = await world.until(batchEmbedDocuments(texts, model, world.api))
    expect(vectors).toEqual(vectorsOf(texts))
    expect(world.clock.now()).toBeGreaterThan(hourMs)
    expect(world.sent.length).toBeLessThan(500 + 500)
    expect(world.clock.now()).toBeLessThan(hourMs + 5 * 60_000)
  })

  it('stops where the outage is longer than allowed', async () => {
    const faults = [{ match: { fromMs: 0 }, do: { kind: 'status', status: 503 } }] as const
    const world = open({ mock: { faults } })
    const options = { ...world.api, outageMsMax: 600_000 }
    const error = await world.until(failureOf(batchEmbedDocuments(textsUpTo(500), model, options)))
    expect((error as PartialResultError).cause).toMatchObject({ reason: 'outage', status: 503 })
    expect(world.clock.now()).toBeLessThan(600_000 + 120_000)
  })

  it('goes on at a third of the speed where the quota is cut to a third', async () => {
    const faults = [{ match: { fromMs: 120_000 }, do: { kind: 'quota', share: 0.333 } }] as const
    const world = open({ mock: { faults }, limits: {} })
    const texts = textsUpTo(18_000)
    const vectors = await world.until(batchEmbedDocuments(texts, model, world.api))
    expect(vectors).toHaveLength(18_000)
  })

  it('does not trust an answer that has not one vector for each text', async () => {
    const world = open({
      intercept: (_path, body) => {
        const { input }: { input: string[] } = JSON.parse(body)
        const data = [{ index: 0, embedding: [1] }]
        return input.length > 1 ? new Response(JSON.stringify({ data })) : undefined
      },
    })
    const texts = textsUpTo(3)
    expect(await world.until(batchEmbedDocuments(texts, model, world.api))).toEqual(
      vectorsOf(texts),
    )
  })

  it('ends at once with the reason of an abort, with nothing left under way', async () => {
    const world = open()
    const controller = new AbortController()
    const { signal } = controller
    const run = failureOf(batchEmbedDocuments(textsUpTo(5_000), model, { ...world.api, signal }))
    world.clock.setTimer(() => controller.abort('enough'), 5_000)
    expect(await world.until(run)).toBe('enough')
    expect(world.clock.now()).toBe(5_000)
    expect(world.underWay).toBe(0)
    expect(world.clock.timerCount).toBe(0)
  })

  it('hands on what the source throws', async () => {
    const world = open()
    const run = failureOf(batchEmbedDocuments(breakingSource(), model, world.api))
    expect(await world.until(run)).toMatchObject({ message: 'disk' })
  })

  it.each([
    [{ batchSize: 2_049 }, 'batchSize'],
    [{ inFlightMax: 0.5 }, 'inFlightMax'],
    [{ outageMsMax: -1 }, 'outageMsMax'],
    [{ checksModels: 1 }, 'checksModels'],
    [{ vectors: 'float' }, 'vectors'],
    [{ body: [] }, 'body'],
    [{ onProgress: 1 }, 'onProgress'],
    [{ total: -1 }, 'total'],
    [{ baseURL: 'here' }, 'baseURL'],
    [{ apiKey: '' }, 'apiKey'],
    [{ fetch: 1 }, 'fetch'],
  ])('refuses the option %j', async (options, name) => {
    const all: object = { apiKey: 'a-secret', ...options }
    await expect(batchEmbedDocuments([], model, all)).rejects.toMatchObject({ option: name })
  })

  it.each([['a text'], [5], [undefined]])('refuses %j as a source', async (texts) => {
    const run = batchEmbedDocuments(texts as never, model, { apiKey: 'key' })
    await expect(run).rejects.toMatchObject({ option: 'texts' })
  })
})

describe('embedDocuments', () => {
  it('hands out texts and failures in order', async () => {
    const world = open(refusing(['text 7']))
    const texts = textsUpTo(10)
    const outcomes = await world.until(collect(embedDocuments(texts, model, world.api)))
    const whole = vectorsOf(texts)
    const failure = { index: 7, status: 400, message: 'the input is too long' }
    expect(outcomes).toEqual(
      whole.map((embedding, index) => (index === 7 ? { index, failure } : { index, embedding })),
    )
  })

  it('takes no more of a source than it has places for, and nothing after the consumer left', async () => {
    const world = open({ limits: { maxPerMinute: 6_000 } })
    let taken = 0
    let isClosed = false
    function* source(): Generator<string> {
      try {
        for (;;) {
          taken += 1
          yield `text ${taken}`
        }
      } finally {
        isClosed = true
      }
    }
    const options = { ...world.api, batchSize: 2, inFlightMax: 3 }
    const outcomes = embedDocuments(source(), model, options)
    const first = await world.until(outcomes.next())
    expect(first.value).toMatchObject({ index: 0 })
    await world.clock.run(60_000)
    // Four times as many requests as may be under way wait for the consumer; one is read ahead.
    expect(taken).toBeLessThanOrEqual(2 * (3 * 4 + 2))
    await world.until(outcomes.return())
    expect(isClosed).toBe(true)
    const { length } = world.sent
    await world.clock.run(60_000)
    expect(world.sent).toHaveLength(length)
  })

  it('tells how far it is', async () => {
    const world = open({ limits: {} })
    const seen: { share?: number | undefined; remainingMs?: number | undefined; atMs: number }[] =
      []
    const { clock } = world
    await world.until(
      batchEmbedDocuments(textsUpTo(24_000), model, {
        ...world.api,
        onProgress: ({ share, remainingMs }) =>
          seen.push({ share, remainingMs, atMs: clock.now() }),
      }),
    )
    expect(seen).toHaveLength(1_200)
    expect(seen.at(-1)).toMatchObject({ share: 1, remainingMs: 0 })
    const middle = seen[600]
    expect(middle?.share).toBeCloseTo(0.5, 2)
    expectNear(middle?.remainingMs, clock, middle?.atMs)
  })
})

/** The rest took about as long as was foretold. */
function expectNear(
  remainingMs: number | undefined,
  clock: VirtualClock,
  atMs: number | undefined,
): void {
  const reallyMs = clock.now() - (atMs ?? 0)
  expect(remainingMs).toBeGreaterThan(reallyMs * 0.8)
  expect(remainingMs).toBeLessThan(reallyMs * 1.2)
}

/** Types only: a failure and an embedding exclude each other. */
export function embeddingOf(outcome: EmbeddedText): number[] | string {
  return outcome.failure === undefined ? outcome.embedding : outcome.failure.message
}
