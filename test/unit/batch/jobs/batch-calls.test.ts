import { describe, expect, it } from 'vitest'
import { iterateBatch, runBatch, type RunRequest } from '../../../../src/index.ts'
import { failureOf, type BatchWorld } from '../../../helpers/batch-world.ts'
import {
  batchesOf,
  chats,
  idsInBatches,
  idsInFile,
  open,
  sizesOf,
  takeAll,
} from '../../../helpers/jobs-world.ts'

const hourMs = 3_600_000

function isCreation(path: string, method: string): boolean {
  return path.endsWith('/batches') && method === 'POST'
}

/** Starts batches of somebody else with the same key. */
function occupy({ mock }: BatchWorld, count: number): void {
  const headers = { authorization: 'Bearer key' }
  const bytes = new TextEncoder().encode('{"custom_id":"x","body":{}}\n')
  const fields = { purpose: 'batch-api', file_name: 'theirs.jsonl' }
  const form = { fields, file: { name: 'theirs.jsonl', bytes } }
  const upload = { method: 'POST', path: '/v1/files/upload', headers, form }
  const { id } = JSON.parse(mock.handle(upload, 0).body)
  const body = JSON.stringify({ endpoint: '/v1/chat/completions', input_file_id: id })
  for (let index = 0; index < count; index += 1) {
    const created = mock.handle({ method: 'POST', path: '/v1/batches', headers, body }, 0)
    expect(created.status).toBe(201)
  }
}

describe('the creation of a batch', () => {
  it('waits for a place that others take, without asking all the time', async () => {
    const refusals: number[] = []
    const world: BatchWorld = open({
      // Each try of ours is one try: what the fetch does between two is its own affair.
      retry: { maxRetries: 0 },
      answered: (path, { status }, method) => {
        if (!isCreation(path, method) || status !== 429) return undefined
        refusals.push(world.clock.now())
        // The mock knows when a place is free, and would say so.
        return new Response('{"error":"too many batches"}', { status })
      },
    })
    occupy(world, 10)
    const { outcomes } = await world.until(runBatch(chats(150), world.api))
    expect(outcomes.every(({ response }) => response !== undefined)).toBe(true)
    expect(batchesOf(world)).toHaveLength(12)
    // Two batches for ten minutes, each every half minute at the most.
    expect(refusals.length).toBeGreaterThan(10)
    expect(refusals.length).toBeLessThanOrEqual(2 * 21)
  })

  it.each([1, 2])('happens once where its answer is lost %i times', async (times) => {
    let lost = 0
    const world = open({
      answered: (path, { status }, method) => {
        if (!isCreation(path, method) || status !== 201 || lost >= times) return undefined
        lost += 1
        return new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } })
      },
    })
    const { outcomes } = await world.until(runBatch(chats(101), world.api))
    expect(lost).toBe(times)
    expect(outcomes.every(({ response }) => response !== undefined)).toBe(true)
    expect(sizesOf(world)).toEqual([1, 100])
  })

  it('finds a batch that shows only at the second look', async () => {
    let isLost = false
    let looks = 0
    const world = open({
      intercept: (path, _body, _nowMs, method) => {
        if (!path.endsWith('/batches') || method !== 'GET') return undefined
        looks += 1
        return looks === 1 ? new Response('[]') : undefined
      },
      answered: (path, { status }, method) => {
        if (!isCreation(path, method) || status !== 201 || isLost) return undefined
        isLost = true
        return new Response('bad gateway', { status: 502 })
      },
    })
    await world.until(runBatch(chats(10), world.api))
    expect(looks).toBe(2)
    expect(batchesOf(world)).toHaveLength(1)
  })

  it('is tried again where it did not happen', async () => {
    let failed = 0
    const world = open({
      intercept: (path, _body, _nowMs, method) => {
        if (!isCreation(path, method) || failed >= 2) return undefined
        failed += 1
        return new Response('bad gateway', { status: 502 })
      },
    })
    const { outcomes } = await world.until(runBatch(chats(10), world.api))
    expect(failed).toBe(2)
    expect(outcomes.every(({ response }) => response !== undefined)).toBe(true)
    expect(batchesOf(world)).toHaveLength(1)
  })

  it.each([500, 503])('that fails by a %i for an hour is waited for', async (status) => {
    let failures = 0
    const world = open({
      intercept: (path, _body, nowMs, method) => {
        if (!isCreation(path, method) || nowMs < 100 || nowMs > hourMs) return undefined
        failures += 1
        return new Response('{}', { status })
      },
    })
    const { outcomes } = await world.until(runBatch(chats(250), world.api))
    expect(outcomes.every(({ response }) => response !== undefined)).toBe(true)
    expect(failures).toBeGreaterThan(3 * 10)
    expect(batchesOf(world)).toHaveLength(3)
  })

  it.each(['/batches', '/files/upload'])(
    'by %s that is down for too long ends the run, and what is in flight is handed out',
    async (end) => {
      let tries = 0
      const world = open({
        mock: { batchDurationMs: { min: 3 * hourMs, max: 3 * hourMs } },
        intercept: (path, _body, _nowMs, method) => {
          const isNew = path.endsWith(end) && method === 'POST'
          if (!isNew || world.clock.now() <= 1_000) return undefined
          tries += 1
          return new Response('{}', { status: 500 })
        },
      })
      async function* source(): AsyncGenerator<RunRequest> {
        yield* chats(100)
        await new Promise<void>((resolve) => void world.clock.setTimer(resolve, 2_000))
        yield* chats(150).slice(100)
      }
      const taken: Awaited<ReturnType<typeof takeAll>> = []
      const running = takeAll(iterateBatch(source(), { ...world.api, outageMsMax: hourMs }), taken)
      const error = await failureOf(world.until(running))
      expect(error).toMatchObject({ reason: 'outage', status: 500 })
      // With the end of the batch in flight; and until then nothing was asked for more often than batches are.
      expect(world.clock.now()).toBeLessThan(3.1 * hourMs)
      expect(tries).toBeLessThanOrEqual(125)
      expect(taken).toHaveLength(100)
      expect(taken.every(({ response }) => response !== undefined)).toBe(true)
    },
  )

  it('names the request over which it stumbles, while others are created', async () => {
    const world: BatchWorld = open({
      mock: { profile: { name: 'small', rateLimits: [], concurrencyLimits: [] } },
      intercept: (path, body, _nowMs, method) => {
        if (!isCreation(path, method)) return undefined
        const { input_file_id: fileId } = JSON.parse(body)
        const isBad = idsInFile(world, fileId).includes('r3')
        return isBad ? new Response('{}', { status: 500 }) : undefined
      },
    })
    async function* source(): AsyncGenerator<RunRequest> {
      for (const [index, request] of chats(800).entries()) {
        // So that there are always others.
        if (index % 100 === 0) {
          await new Promise<void>((resolve) => void world.clock.setTimer(resolve, 300_000))
        }
        yield request
      }
    }
    const { outcomes } = await world.until(runBatch(source(), world.api))
    const failed = outcomes.filter(({ failure }) => failure !== undefined)
    expect(failed.map(({ customId, failure }) => [customId, failure])).toEqual([
      ['r3', { status: 500, message: 'a batch of this request alone fails: status 500' }],
    ])
  })

  it('names the request whose file is refused', async () => {
    const world = open({
      mock: { profile: { name: 'small', rateLimits: [], concurrencyLimits: [] } },
      answered: (path, { text }, method) => {
        if (!isCreation(path, method)) return undefined
        const { job } = JSON.parse(text())
        const isBad = idsInBatches(world).at(-1)?.includes('r3') === true
        if (!isBad) return undefined
        const error = `the input file ${job.input_file_id} is not accepted`
        return new Response(JSON.stringify({ error }), { status: 400 })
      },
    })
    const { outcomes } = await world.until(runBatch(chats(5), world.api))
    expect(outcomes.map(({ failure }) => failure?.status)).toEqual([
      undefined,
      undefined,
      undefined,
      400,
      undefined,
    ])
  })
})

describe('an upload', () => {
  it('that is refused for its size is tried in halves', async () => {
    let refusals = 0
    const world = open({
      intercept: (path) => {
        if (!path.endsWith('/upload') || refusals >= 2) return undefined
        refusals += 1
        return new Response('{"error":{"message":"too large"}}', { status: 413 })
      },
    })
    const { outcomes } = await world.until(runBatch(chats(10), world.api))
    expect(outcomes.every(({ response }) => response !== undefined)).toBe(true)
    expect(sizesOf(world)).toEqual([5, 5])
  })

  it('that is refused whatever it holds names each request', async () => {
    const world = open({
      intercept: (path) =>
        path.endsWith('/upload')
          ? new Response('{"error":{"message":"too large"}}', { status: 413 })
          : undefined,
    })
    const { outcomes, batches } = await world.until(runBatch(chats(2), world.api))
    expect(outcomes.map(({ failure }) => failure)).toEqual(
      chats(2).map(() => ({
        status: 413,
        message: 'a batch of this request alone fails: too large',
      })),
    )
    expect(batches).toEqual([])
  })
})

describe('an outage', () => {
  it.each([
    ['from the beginning', 0],
    ['while batches are followed', 200_000],
    ['when the files are to be read', 600_000],
  ])('of an hour %s loses nothing and pays for nothing twice', async (_when, fromMs) => {
    const world = open({
      intercept: (_path, _body, nowMs) =>
        nowMs >= fromMs && nowMs < fromMs + hourMs
          ? new Response('{"error":{"message":"overloaded"}}', { status: 503 })
          : undefined,
    })
    const { outcomes } = await world.until(runBatch(chats(250), world.api))
    expect(outcomes.every(({ response }) => response !== undefined)).toBe(true)
    expect(batchesOf(world)).toHaveLength(3)
    expect(world.clock.now()).toBeLessThan(fromMs + hourMs + 1_200_000)
  })

  it('that lasts too long ends the run', async () => {
    const world = open({
      intercept: (_path, _body, nowMs) =>
        nowMs < 200_000 ? undefined : new Response('{}', { status: 503 }),
    })
    const options = { ...world.api, outageMsMax: hourMs }
    const error = await failureOf(world.until(runBatch(chats(250), options)))
    expect(error).toMatchObject({ cause: { reason: 'outage', status: 503 } })
    expect(world.clock.now()).toBeLessThan(200_000 + hourMs + 400_000)
    expect(world.underWay).toBe(0)
  })

  it('of the upload alone holds nobody else up', async () => {
    let uploads = 0
    const world = open({
      intercept: (path) => {
        if (!path.endsWith('/upload')) return undefined
        uploads += 1
        return uploads % 3 === 0 ? undefined : new Response('oops', { status: 500 })
      },
    })
    const { outcomes } = await world.until(runBatch(chats(301), world.api))
    expect(outcomes.every(({ response }) => response !== undefined)).toBe(true)
    expect(batchesOf(world)).toHaveLength(4)
  })
})
