import { describe, expect, it } from 'vitest'
import { iterateBatch, runBatch, RunStoppedError, type RunRequest } from '../../../../src/index.ts'
import { failureOf } from '../../../helpers/batch-world.ts'
import { batchesOf, chat, chats, idsInBatches, open, takeAll } from '../../../helpers/jobs-world.ts'

function isCreation(path: string, method: string): boolean {
  return path.endsWith('/batches') && method === 'POST'
}

function* breakingOff(): Generator<RunRequest> {
  yield* chats(150)
  throw new Error('of the source')
}

describe('a run that cannot go on', () => {
  it('hands out what is paid for, where only new batches are refused', async () => {
    let created = 0
    const world = open({
      intercept: (path, _body, _nowMs, method) => {
        if (!isCreation(path, method)) return undefined
        created += 1
        const error = { message: 'limit reached' }
        return created > 2 ? new Response(JSON.stringify({ error }), { status: 402 }) : undefined
      },
    })
    const taken: Awaited<ReturnType<typeof takeAll>> = []
    const error = await failureOf(world.until(takeAll(iterateBatch(chats(350), world.api), taken)))
    expect(error).toBeInstanceOf(RunStoppedError)
    expect(error).toMatchObject({ reason: 'spending-limit', status: 402 })
    expect(taken).toHaveLength(idsInBatches(world).flat().length)
    expect(taken.length).toBeGreaterThan(100)
    expect(batchesOf(world)).toHaveLength(2)
  })

  it('creates nothing more, also where that had to wait', async () => {
    const statuses = [201, 429, 402]
    const world = open({
      retry: { maxRetries: 0 },
      intercept: (path, _body, _nowMs, method) => {
        const status = isCreation(path, method) ? (statuses.shift() ?? 201) : 201
        return status === 201 ? undefined : new Response('{}', { status })
      },
    })
    const error = await failureOf(world.until(runBatch(chats(250), world.api)))
    expect(error).toMatchObject({ cause: { reason: 'spending-limit' } })
    expect(statuses).toEqual([])
    expect(batchesOf(world)).toHaveLength(1)
  })

  it('rejects with what there is, in order', async () => {
    let isFirst = true
    const world = open({
      intercept: (path, _body, _nowMs, method) => {
        if (!isCreation(path, method)) return undefined
        if (!isFirst) return new Response('{}', { status: 402 })
        isFirst = false
        return undefined
      },
    })
    const error = await failureOf(world.until(runBatch(chats(110), world.api)))
    expect(error).toMatchObject({ code: 'PARTIAL_RESULT', cause: { reason: 'spending-limit' } })
  })

  it.each([401, 403])('ends at once by a %i', async (status) => {
    const world = open({
      intercept: (path) => (path.endsWith('/models') ? undefined : new Response('{}', { status })),
    })
    const error = await failureOf(world.until(runBatch(chats(250), world.api)))
    expect(error).toMatchObject({ cause: { reason: 'unauthorised', status } })
    expect(world.clock.now()).toBeLessThan(1_000)
  })

  it('ends when the limiter of its fetch is closed, and follows its batches', async () => {
    const world = open()
    world.clock.setTimer(() => world.limiter.close(), 100_000)
    const { outcomes } = await world.until(runBatch(chats(100), world.api))
    expect(outcomes.every(({ response }) => response !== undefined)).toBe(true)
    const error = await failureOf(world.until(runBatch(chats(100), world.api)))
    expect(error).toMatchObject({ cause: { reason: 'closed' } })
  })

  it('throws what its source throws, when what was begun has come to its end', async () => {
    const world = open()
    const taken: Awaited<ReturnType<typeof takeAll>> = []
    const outcomes = iterateBatch(breakingOff(), world.api)
    const error = await failureOf(world.until(takeAll(outcomes, taken)))
    expect(error).toMatchObject({ message: 'of the source' })
    expect(taken).toHaveLength(150)
    expect(taken.every(({ response }) => response !== undefined)).toBe(true)
  })
})

describe('an abort', () => {
  it('rejects at once, and cancels what is in flight', async () => {
    const world = open()
    const controller = new AbortController()
    const running = runBatch(chats(250), { ...world.api, signal: controller.signal })
    world.clock.setTimer(() => controller.abort(new Error('enough')), 100_000)
    expect(await failureOf(world.until(running))).toMatchObject({ message: 'enough' })
    expect(world.clock.now()).toBe(100_000)
    await world.clock.run(1_000)
    expect(batchesOf(world).map(({ status }) => status)).toEqual(Array(3).fill('CANCELLED'))
    expect(world.clock.timerCount).toBe(0)
  })

  it('cancels also the batch that was just being created', async () => {
    const world = open({ wayMs: 50 })
    const controller = new AbortController()
    const running = runBatch(chats(10), { ...world.api, signal: controller.signal })
    // The list of models and the upload took 100 ms each; the creation has reached the server.
    world.clock.setTimer(() => controller.abort(new Error('enough')), 270)
    expect(await failureOf(world.until(running))).toMatchObject({ message: 'enough' })
    await world.clock.run(1_000)
    expect(batchesOf(world).map(({ status }) => status)).toEqual(['CANCELLED'])
  })

  it('cancels also a batch that shows only after it', async () => {
    const world = open()
    const controller = new AbortController()
    // The server takes a second to create a batch, and does so whether or not somebody still waits.
    const slow: typeof fetch = async (input, init) => {
      const isOfBatches = typeof input === 'string' && input.endsWith('/batches')
      if (!isOfBatches || init?.method !== 'POST') return world.fetch(input, init)
      await new Promise<void>((resolve) => void world.clock.setTimer(resolve, 1_000))
      const { signal, ...unaborted } = init
      const response = await world.fetch(input, unaborted)
      const text = await response.text()
      signal?.throwIfAborted()
      return new Response(text, response)
    }
    const options = { ...world.api, fetch: slow, signal: controller.signal }
    const running = runBatch(chats(10), options)
    world.clock.setTimer(() => controller.abort(new Error('enough')), 500)
    // Only what ignores a signal is waited for.
    expect(await failureOf(world.until(running))).toMatchObject({ message: 'enough' })
    await world.clock.run(20_000)
    expect(batchesOf(world).map(({ status }) => status)).toEqual(['CANCELLED'])
    expect(world.clock.timerCount).toBe(0)
  })

  it('stands before outcomes that nobody has taken', async () => {
    const world = open()
    const controller = new AbortController()
    const requests = ['', '', ''].map((id) => chat(id))
    const outcomes = iterateBatch(requests, { ...world.api, signal: controller.signal })
    await world.until(outcomes.next())
    controller.abort(new Error('enough'))
    expect(await failureOf(world.until(outcomes.next()))).toMatchObject({ message: 'enough' })
  })

  it('leaves the batches alone where it is told to', async () => {
    const world = open()
    const controller = new AbortController()
    const options = { ...world.api, signal: controller.signal, cancelsOnAbort: false }
    const running = runBatch(chats(250), options)
    world.clock.setTimer(() => controller.abort(new Error('enough')), 100_000)
    expect(await failureOf(world.until(running))).toMatchObject({ message: 'enough' })
    await world.clock.run(1_000)
    expect(batchesOf(world).map(({ status }) => status)).toEqual(Array(3).fill('IN_PROGRESS'))
    expect(world.clock.timerCount).toBe(0)
  })

  it('by a consumer that leaves cancels, too', async () => {
    const world = open({ mock: { batchDurationMs: { min: 300_000, max: 1_200_000 } } })
    const leaving = (async () => {
      for await (const { index } of iterateBatch(chats(2_500), world.api)) return index
      return undefined
    })()
    expect(await world.until(leaving)).toBeTypeOf('number')
    await world.clock.run(1_000)
    const left = batchesOf(world).map(({ status }) => status)
    expect(left.filter((status) => status !== 'COMPLETED' && status !== 'CANCELLED')).toEqual([])
    expect(left.filter((status) => status === 'CANCELLED').length).toBeGreaterThan(0)
  })
})
