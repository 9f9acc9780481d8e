/**
 * What was paid for is neither thrown away nor bought again, whatever the server or the caller does at an awkward moment.
 */
import { describe, expect, it } from 'vitest'
import {
  iterateBatch,
  runBatch,
  type BatchOutcome,
  type RunRequest,
} from '../../../../src/index.ts'
import { failureOf } from '../../../helpers/batch-world.ts'
import {
  batchesOf,
  chat,
  chats,
  MemoryJournal,
  open,
  sizesOf,
  takeAll,
} from '../../../helpers/jobs-world.ts'

const isLook = (path: string, method: string): boolean => {
  return method === 'GET' && /\/batches\/[^/]+$/.test(path)
}

async function* breakingOff(): AsyncGenerator<RunRequest> {
  yield* chats(300)
  throw new Error('of the source')
}

function answersOf(outcomes: readonly BatchOutcome[]): number {
  return outcomes.filter(({ response }) => response !== undefined).length
}

describe('a batch that is over', () => {
  it.each(['COMPLETED', 'EXPIRED', 'CANCELLED'])(
    'as %s, and does not name its files yet, is looked at again',
    async (status) => {
      let left = 2
      const world = open({
        answered: (path, { text }, method) => {
          if (!isLook(path, method)) return undefined
          const batch = JSON.parse(text())
          if (batch.status !== 'COMPLETED' || left === 0) return undefined
          left -= 1
          const hidden = { output_file_id: null, error_file_id: undefined }
          return Response.json({ ...batch, status, ...hidden })
        },
      })
      const { outcomes } = await world.until(runBatch(chats(20), world.api))
      expect(left).toBe(0)
      expect(answersOf(outcomes)).toBe(20)
      expect(sizesOf(world)).toEqual([20])
    },
  )

  it('and never names a file counts as one without answers', async () => {
    const world = open({
      answered: (path, { text }, method) => {
        if (!isLook(path, method) || batchesOf(world).length > 1) return undefined
        return Response.json({ ...JSON.parse(text()), output_file_id: null, error_file_id: null })
      },
    })
    const { outcomes } = await world.until(runBatch(chats(20), world.api))
    expect(answersOf(outcomes)).toBe(20)
    expect(sizesOf(world)).toEqual([20, 20])
  })

  it('gives what its file holds, where something on the way answers in its place for a while', async () => {
    let left = 3
    const world = open({
      answered: (path) => {
        if (!path.endsWith('/content') || left === 0) return undefined
        left -= 1
        return new Response('<html>One moment, please</html>')
      },
    })
    const { outcomes } = await world.until(runBatch(chats(20), world.api))
    expect(left).toBe(0)
    expect(answersOf(outcomes)).toBe(20)
    expect(sizesOf(world)).toEqual([20])
  })
})

describe('a batch of which nobody knows whether it is there', () => {
  it('is not created again where the server refuses to list batches', async () => {
    const world = open({
      answered: (path, _answer, method) => {
        if (!path.endsWith('/batches')) return undefined
        if (method === 'GET') return new Response('{"error":"no list"}', { status: 404 })
        return new TypeError('fetch failed')
      },
    })
    const error = await failureOf(world.until(runBatch(chats(20), world.api)))
    expect(error).toMatchObject({ code: 'PARTIAL_RESULT', cause: { reason: 'refused' } })
    expect(batchesOf(world)).toHaveLength(1)
  })

  it('is not created again by a later run, either', async () => {
    const world = open({
      answered: (path, _answer, method) => {
        if (method !== 'GET' || !path.endsWith('/batches')) return undefined
        return new Response('{"error":"no list"}', { status: 400 })
      },
    })
    const journal = new MemoryJournal()
    const first = runBatch(chats(20), { ...world.api, journal })
    await world.until(first)
    journal.entries.splice(1)
    const error = await failureOf(world.until(runBatch(chats(20), { ...world.api, journal })))
    expect(error).toMatchObject({ cause: { reason: 'refused', status: 400 } })
    expect(batchesOf(world)).toHaveLength(1)
  })
})

describe('runBatch with a journal', () => {
  /** Batches of one end early, those of others late. */
  const options = { mock: { batchDurationMs: { min: 60_000, max: 7_200_000 } } }

  it('strikes nothing off that its caller has not got when it is aborted', async () => {
    const world = open(options)
    const journal = new MemoryJournal()
    const controller = new AbortController()
    const running = runBatch(chats(800), { ...world.api, journal, signal: controller.signal })
    world.clock.setTimer(() => controller.abort(new Error('enough')), 3_600_000)
    expect(await failureOf(world.until(running))).toMatchObject({ message: 'enough' })
    expect(batchesOf(world).some(({ status }) => status === 'COMPLETED')).toBe(true)
    const { outcomes } = await world.until(runBatch(chats(800), { ...world.api, journal }))
    expect(answersOf(outcomes)).toBe(800)
    expect(sizesOf(world)).toEqual(Array(8).fill(100))
    expect(journal.entries.filter(({ type }) => type === 'ended')).toHaveLength(8)
  })

  it('strikes off what its caller gets with an error', async () => {
    const world = open(options)
    const journal = new MemoryJournal()
    const error = await failureOf(world.until(runBatch(breakingOff(), { ...world.api, journal })))
    expect(error).toMatchObject({ code: 'PARTIAL_RESULT', cause: { message: 'of the source' } })
    expect(Reflect.get(Object(error), 'results')).toHaveLength(300)
    expect(journal.entries.filter(({ type }) => type === 'ended')).toHaveLength(3)
  })
})

describe('requests that cannot be part of a batch', () => {
  it('end no run whose batches are under way', async () => {
    const world = open()
    const requests = [...chats(100), ...Array.from({ length: 150 }, () => chat('')), chat('last')]
    const outcomes = await world.until(takeAll(iterateBatch(requests, world.api)))
    expect(answersOf(outcomes)).toBe(101)
    expect(outcomes).toHaveLength(251)
  })
})

describe('requests whose batches all fail as a whole', () => {
  it('end the run before it has tried every half of everything', async () => {
    const world = open({
      answered: (path, { text }, method) => {
        if (!isLook(path, method)) return undefined
        return Response.json({ ...JSON.parse(text()), status: 'FAILED', error: 'no such model' })
      },
    })
    const profile = { name: 'large', limits: [], concurrencyLimits: [] }
    const batches = { requestsMax: 50_000, bytesMax: 100_000_000 }
    const running = runBatch(chats(4_000), {
      ...world.api,
      profile: { ...profile, batches } as never,
    })
    const error = await failureOf(world.until(running))
    expect(error).toMatchObject({ cause: { reason: 'all-refused' } })
    // Halved twelve times, and a hundred found.
    expect(batchesOf(world).length).toBeLessThan(500)
  })
})

describe('a listener that throws', () => {
  it.each([1, 2, 3])('at call %i ends the run, which does not hang', async (nth) => {
    const world = open()
    let calls = 0
    const onProgress = (): void => {
      calls += 1
      if (calls === nth) throw new Error('of the listener')
    }
    const error = await failureOf(world.until(runBatch(chats(1), { ...world.api, onProgress })))
    expect(error).toMatchObject({ message: 'of the listener' })
    expect(world.clock.timerCount).toBe(0)
  })
})
