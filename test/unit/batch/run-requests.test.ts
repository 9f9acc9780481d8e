import { describe, expect, it } from 'vitest'
import {
  iterateRequests,
  runRequests,
  type RunOutcome,
  type RunRequest,
} from '../../../src/batch/index.ts'
import { PartialResultError } from '../../../src/core/errors.ts'
import { BatchWorld, failureOf, type BatchWorldOptions } from '../../helpers/batch-world.ts'

const model = 'Qwen/Qwen2.5-7B-Instruct-Turbo'
const other = 'meta-llama/Llama-3.3-70B-Instruct-Turbo'

function chat(customId: string, fields: object = {}): RunRequest {
  return { customId, body: { model, messages: [{ role: 'user', content: customId }], ...fields } }
}

function chats(count: number): RunRequest[] {
  return Array.from({ length: count }, (_, index) => chat(`call-${index}`))
}

function open(options: BatchWorldOptions = {}): BatchWorld {
  return new BatchWorld({ limits: { maxPerMinute: 600 }, ...options })
}

/** Answers in the mock's place where the model is this one. */
function answering(
  name: string,
  status: number,
  body: unknown = {},
): Pick<BatchWorldOptions, 'intercept'> {
  return {
    intercept: (_path, sent) => {
      const isIt = sent !== '' && JSON.parse(sent).model === name
      return isIt ? new Response(JSON.stringify(body), { status }) : undefined
    },
  }
}

function statusesOf(outcomes: readonly RunOutcome[]): (number | string | undefined)[] {
  return outcomes.map(({ failure }) => (failure === undefined ? 'good' : failure.status))
}

describe('runRequests', () => {
  it('resolves with an answer for each request, in their order', async () => {
    const world = open()
    const outcomes = await world.until(runRequests<{ object: string }>(chats(150), world.api))
    expect(outcomes.map(({ customId }) => customId)).toEqual(
      chats(150).map(({ customId }) => customId),
    )
    expect(outcomes.map(({ index }) => index)).toEqual(chats(150).map((_, index) => index))
    expect(outcomes.every(({ response }) => response?.object === 'chat.completion')).toBe(true)
    expect(world.mock.state(world.clock.now()).totals.refused).toBe(0)
  })

  it('sends to the path that a request names', async () => {
    const world = open()
    const body = { model: 'mock/embed-32', input: 'one' }
    const [outcome] = await world.until(
      runRequests([{ customId: 'a', path: '/embeddings', body }], world.api),
    )
    expect(outcome).toMatchObject({ response: { object: 'list' }, model: 'mock/embed-32' })
  })

  it('says of each request that is refused why it is, and goes on', async () => {
    const world = open()
    const requests = [chat('a'), chat('b', { max_tokens: 'many' }), chat('c')]
    const outcomes = await world.until(runRequests(requests, world.api))
    expect(statusesOf(outcomes)).toEqual(['good', 400, 'good'])
    expect(outcomes[1]?.failure?.message).toContain('max_tokens')
  })

  it.each([
    [null, 'expected a request, an object'],
    [{ body: {} }, 'expected a customId, a string'],
    [{ customId: 'a', path: 'chat', body: {} }, 'expected a path that begins with a slash'],
    [{ customId: 'a', body: [] }, 'expected a body, an object'],
    [
      { customId: 'a', body: { stream: true } },
      'a stream has no place in a run: leave `stream` out',
    ],
  ])('does not send %j', async (request, message) => {
    const world = open()
    const requests: unknown[] = [request, chat('good')]
    const outcomes = await world.until(runRequests(requests as RunRequest[], world.api))
    expect(outcomes[0]?.failure).toEqual({ status: undefined, message })
    expect(outcomes[1]?.failure).toBeUndefined()
    expect(world.sent).toHaveLength(1)
  })

  it('takes a prompt that is too long, which Together answers with a 403, for that request only', async () => {
    const world = open()
    const requests = [...chats(3), chat('long', { max_tokens: 10_000_000 }), ...chats(3)]
    const outcomes = await world.until(runRequests(requests, world.api))
    expect(statusesOf(outcomes)).toEqual(['good', 'good', 'good', 403, 'good', 'good', 'good'])
  })

  it('names the nearest models where there is none of a name, and does not send', async () => {
    const world = open()
    const requests = [chat('a', { model: 'qwen2.5-7b-instruct-turbo' }), chat('b')]
    const outcomes = await world.until(runRequests(requests, world.api))
    expect(outcomes[0]?.failure?.message).toMatch(
      /^there is no model qwen2\.5-7b-instruct-turbo; the nearest are Qwen\/Qwen2\.5-7B-Instruct-Turbo, /,
    )
    expect(world.sent).toHaveLength(1)
  })

  it('leaves that to the server where it is told so, or where there is no list', async () => {
    const requests = [chat('a', { model: 'no/such' }), chat('b')]
    const trusting = open()
    const options = { ...trusting.api, checksModels: false }
    expect(statusesOf(await trusting.until(runRequests(requests, options)))).toEqual([404, 'good'])
    const mute = open({
      intercept: (path) =>
        path.endsWith('/models') ? new Response('{}', { status: 404 }) : undefined,
    })
    expect(statusesOf(await mute.until(runRequests(requests, mute.api)))).toEqual([404, 'good'])
  })

  it('asks for the list once', async () => {
    let lists = 0
    const world = open({
      intercept: (path) => {
        if (path.endsWith('/models')) lists += 1
        return undefined
      },
    })
    await world.until(runRequests(chats(50), world.api))
    expect(lists).toBe(1)
  })

  it('stops where a fallback model is none', async () => {
    const world = open()
    const options = { ...world.api, fallbackModels: ['no/such'] }
    const error = await world.until(failureOf(runRequests(chats(5), options)))
    expect((error as PartialResultError).cause).toMatchObject({ reason: 'model-unavailable' })
    expect((error as PartialResultError).message).toContain('the nearest are')
    expect(world.sent).toHaveLength(0)
  })

  it('goes to a fallback model on a 503, and leaves the other alone for a while', async () => {
    const world = open(answering(model, 503))
    const options = { ...world.api, fallbackModels: [other] }
    const outcomes = await world.until(runRequests(chats(100), { ...options, inFlightMax: 1 }))
    expect(
      outcomes.every((outcome) => outcome.failure === undefined && outcome.model === other),
    ).toBe(true)
    const models = world.sent.map((body) => JSON.parse(body).model)
    expect(models.filter((name) => name === other)).toHaveLength(100)
    // Five attempts of our fetch, each half minute.
    expect(models.filter((name) => name === model).length).toBeLessThanOrEqual(
      5 * Math.ceil(world.clock.now() / 30_000),
    )
  })

  it('does not go to a fallback model for anything else', async () => {
    const world = open(answering(model, 400))
    const options = { ...world.api, fallbackModels: [other] }
    expect(statusesOf(await world.until(runRequests(chats(3), options)))).toEqual([400, 400, 400])
  })

  it('waits where all models are down, and goes back to the own one', async () => {
    let isDown = true
    const world = open({
      intercept: (_path, body) =>
        isDown && body !== '' ? new Response('{}', { status: 503 }) : undefined,
    })
    world.clock.setTimer(() => {
      isDown = false
    }, 600_000)
    const options = { ...world.api, fallbackModels: [other] }
    const outcomes = await world.until(runRequests(chats(20), options))
    expect(statusesOf(outcomes)).toEqual(chats(20).map(() => 'good'))
    expect(world.sent.length).toBeLessThan(400)
  })

  it('gives up on a request over which the server stumbles while others succeed', async () => {
    const world = open(answering(other, 500))
    const requests = [...chats(60), chat('bad', { model: other }), ...chats(60)]
    const outcomes = await world.until(runRequests(requests, { ...world.api, inFlightMax: 4 }))
    expect(outcomes[60]?.failure?.status).toBe(500)
    expect(outcomes.filter(({ failure }) => failure === undefined)).toHaveLength(120)
  })

  it('gives up on a request whose answer is never JSON', async () => {
    const world = open({
      intercept: (_path, body) =>
        body.includes('call-1"') ? new Response('<html>', { status: 200 }) : undefined,
    })
    const outcomes = await world.until(runRequests(chats(3), world.api))
    expect(outcomes[1]?.failure?.message).toBe('the answer is not JSON')
    expect(statusesOf(outcomes)).toEqual(['good', undefined, 'good'])
  })

  it('keeps what it has when it has to stop', async () => {
    const world: BatchWorld = open({
      intercept: (_path, body) =>
        body !== '' && world.sent.length > 10 ? new Response('{}', { status: 402 }) : undefined,
    })
    const error = await world.until(failureOf(runRequests(chats(500), world.api)))
    expect(error).toBeInstanceOf(PartialResultError)
    const { results, cause } = error as PartialResultError<RunOutcome>
    expect(cause).toMatchObject({ reason: 'spending-limit', status: 402 })
    expect(results.filter((outcome) => outcome !== undefined)).toHaveLength(10)
    for (const [index, outcome] of results.entries()) {
      if (outcome !== undefined) expect(outcome.customId).toBe(`call-${index}`)
    }
  })

  it.each([
    [{ fallbackModels: 'one' }, 'fallbackModels'],
    [{ fallbackModels: [''] }, 'fallbackModels'],
    [{ inFlightMax: 0 }, 'inFlightMax'],
    [{ apiKey: '' }, 'apiKey'],
  ])('refuses the option %j', async (options, name) => {
    const all: object = { apiKey: 'a-secret', ...options }
    await expect(runRequests([], all)).rejects.toMatchObject({ option: name })
  })

  it('refuses what is no source', async () => {
    const source: unknown = 'a text'
    const run = runRequests(source as RunRequest[], { apiKey: 'key' })
    await expect(run).rejects.toMatchObject({ option: 'requests' })
  })
})

describe('iterateRequests', () => {
  it('hands out outcomes one by one, and sends nothing after the consumer left', async () => {
    const world = open()
    const run = iterateRequests(chats(5_000), { ...world.api, inFlightMax: 5 })
    const first = await world.until(run.next())
    expect(first.value).toMatchObject({ index: 0, customId: 'call-0', model })
    await world.until(run.return())
    const { length } = world.sent
    await world.clock.run(60_000)
    expect(world.sent).toHaveLength(length)
    expect(world.underWay).toBe(0)
  })
})
