/**
 * A 409 says that all places are taken: the queue looks before it asks again, whatever sends its requests.
 */
import { describe, expect, it } from 'vitest'
import { createRateLimitedFetch } from '../../../../src/fetch/index.ts'
import { createFineTuneQueue, type FineTuneQueueOptions } from '../../../../src/batch/index.ts'
import type { JournalEntry, ServerProfile } from '../../../../src/server/index.ts'
import { failureOf } from '../../../helpers/batch-world.ts'
import { FineTuneWorld, job, nothing } from '../../../helpers/fine-tune-world.ts'

const minuteMs = 60_000

/** Somebody takes all places between the look and the request. */
function stealPlaces(): FineTuneWorld {
  let isStolen = false
  const world: FineTuneWorld = new FineTuneWorld({
    intercept: (path, body) => {
      if (isStolen || path !== '/v1/fine-tunes' || body === '') return undefined
      isStolen = true
      for (const name of ['x', 'y', 'z']) world.startForeign(name)
      return undefined
    },
  })
  return world
}

/** The mock with other places than the client knows of. */
function withPlaces(concurrentMax: number): FineTuneWorld {
  const world = new FineTuneWorld()
  const profile: ServerProfile = {
    ...world.mock.profile,
    concurrencyLimits: [
      { id: 'fine-tunes', endpoint: 'fine-tunes', concurrentMax, statusOver: 409 },
    ],
  }
  return new FineTuneWorld({ mock: { profile } })
}

/** Requests after a 409 without a look in between. */
function blindRetries(world: FineTuneWorld): JournalEntry[] {
  let mayAsk = true
  const blind: JournalEntry[] = []
  for (const entry of world.mock.journal()) {
    if (!entry.path.endsWith('/fine-tunes')) continue
    if (entry.method === 'GET') mayAsk = true
    else if (!mayAsk) blind.push(entry)
    else mayAsk = entry.status !== 409
  }
  return blind
}

describe('a 409', () => {
  it('is followed by a look, and by a new request only when a job has ended', async () => {
    const world = stealPlaces()
    const adding = world.queue.add(job('own'))
    await world.clock.run(8 * minuteMs)
    expect(world.posts.map(({ status }) => status)).toEqual([200, 200, 200, 409])
    await world.until(adding)
    const [refused, accepted] = world.posts.slice(3)
    expect(accepted?.status).toBe(200)
    expect(accepted?.atMs).toBeGreaterThanOrEqual(refused?.freesAtMs ?? Infinity)
    expect(accepted?.atMs).toBeLessThan((refused?.freesAtMs ?? 0) + 61_000)
    expect(world.posts).toHaveLength(5)
    expect(blindRetries(world)).toEqual([])
    expect(await world.leftovers()).toEqual(nothing)
  })

  it('keeps the place in the queue of the job that met it', async () => {
    const world = stealPlaces()
    const adding = ['one', 'two', 'three', 'four'].map((name) => world.queue.add(job(name)))
    await world.until(Promise.all(adding))
    expect(world.jobs().map(({ training_file: file }) => file.slice('file-'.length))).toEqual([
      'x',
      'y',
      'z',
      'one',
      'two',
      'three',
      'four',
    ])
  })

  it.each<[string, (world: FineTuneWorld) => FineTuneQueueOptions]>([
    [
      'another fetch of ours around ours',
      ({ fetch, limiter }) => ({ fetch: around(fetch, limiter) }),
    ],
    [
      'a wrapper that copies the options',
      ({ fetch }) => ({ fetch: (url, init) => fetch(url, { ...init }) }),
    ],
    [
      'a fetch of ours that throws',
      ({ fetch, limiter }) => {
        return { fetch: createRateLimitedFetch({ fetch, limiter, finalFailure: 'throw' }) }
      },
    ],
  ])('is not sent again by %s', async (_name, options) => {
    const world = stealPlaces()
    const queue = createFineTuneQueue({ ...world.api, ...options(world) })
    const adding = queue.add(job('own'))
    await world.clock.run(8 * minuteMs)
    expect(world.posts.map(({ status }) => status)).toEqual([200, 200, 200, 409])
    await world.until(adding)
    expect(blindRetries(world)).toEqual([])
  })

  it('of a server with a lower limit teaches it: one more is tried after minutes, ever less often', async () => {
    const world = withPlaces(2)
    const adding = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => world.queue.add(job(name)))
    await world.until(Promise.all(adding))
    const refused = world.posts.filter(({ status }) => status === 409)
    expect(refused.length).toBeGreaterThan(1)
    const waits = refused.map(({ atMs }, index) => atMs - (refused[index - 1]?.atMs ?? -Infinity))
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(2 * minuteMs)
    // A look comes at most a minute late; after 2, 4 and 8 minutes it is fifteen, and a quarter by chance.
    expect(Math.max(...waits.slice(4))).toBeLessThanOrEqual(20 * minuteMs)
    const hours = world.clock.now() / 3_600_000
    expect(refused.length).toBeLessThan(4 + 4 * hours)
    expect(blindRetries(world)).toEqual([])
    // Places that are free beyond doubt are used at once.
    const accepted = world.posts.filter(({ status }) => status === 200)
    expect(accepted).toHaveLength(6)
  })

  it.each(['respond', 'throw'] as const)(
    'of a server that counts jobs which no list shows is asked again after minutes (%s)',
    async (finalFailure) => {
      const world = new FineTuneWorld({
        intercept: (path, body, nowMs) => {
          const isPost = path === '/v1/fine-tunes' && body !== ''
          return isPost && nowMs < 30 * minuteMs ? new Response('{}', { status: 409 }) : undefined
        },
      })
      const { limiter } = world
      const fetch = createRateLimitedFetch({ fetch: world.fetch, limiter, finalFailure })
      const queue = createFineTuneQueue({ ...world.api, fetch })
      await world.until(queue.add(job('own')))
      // At 0, 2, 6 or 7, 15, 30: the back-offs, each up to a quarter and a look longer.
      expect(world.sent.length).toBeGreaterThanOrEqual(4)
      expect(world.sent.length).toBeLessThanOrEqual(6)
    },
  )

  it('is learned from once: a server that has its places back is used in full', async () => {
    let isFull = true
    const world = new FineTuneWorld({
      mock: { jobDurationMs: { min: 7_200_000, max: 7_200_000 } },
      intercept: (path, body) => {
        const isThird = path === '/v1/fine-tunes' && body !== '' && world.unfinished().length >= 2
        return isThird && isFull ? new Response('{}', { status: 409 }) : undefined
      },
    })
    const adding = ['a', 'b', 'c'].map((name) => world.queue.add(job(name)))
    await world.clock.run(20 * minuteMs)
    expect(world.unfinished()).toHaveLength(2)
    isFull = false
    await world.clock.run(20 * minuteMs)
    expect(world.unfinished()).toHaveLength(3)
    await world.until(Promise.all(adding))
  })

  it('begins with the shortest back-off again after a success', async () => {
    let isFull = true
    const refusedAtMs: number[] = []
    const world: FineTuneWorld = new FineTuneWorld({
      mock: { jobDurationMs: { min: 36_000_000, max: 36_000_000 } },
      intercept: (path, body, nowMs) => {
        if (path !== '/v1/fine-tunes' || body === '' || world.unfinished().length < 2)
          return undefined
        if (isFull) refusedAtMs.push(nowMs)
        return isFull ? new Response('{}', { status: 409 }) : undefined
      },
    })
    const adding = ['a', 'b', 'c', 'd'].map((name) => world.queue.add(job(name)))
    await world.clock.run(20 * minuteMs)
    isFull = false
    await world.clock.run(20 * minuteMs)
    expect(world.unfinished()).toHaveLength(3)
    isFull = true
    refusedAtMs.length = 0
    world.cancelForeign(world.unfinished()[0]?.id ?? '')
    await world.until(failureOf(adding[0] ?? Promise.resolve()))
    await world.clock.run(10 * minuteMs)
    const [first = 0, second = 0] = refusedAtMs
    expect(second - first).toBeGreaterThanOrEqual(2 * minuteMs)
    expect(second - first).toBeLessThan(4 * minuteMs)
    const settling = Promise.allSettled(adding)
    await world.until(world.queue.close())
    await settling
  })
})

describe('our fetch', () => {
  it('still waits and asks again by itself after a 409 that is not of a queue', async () => {
    const world = new FineTuneWorld()
    for (const name of ['x', 'y', 'z']) world.startForeign(name)
    const init = {
      method: 'POST',
      headers: { authorization: 'Bearer key', 'content-type': 'application/json' },
      body: JSON.stringify(job('own')),
    }
    const sending = world.fetch('https://api.together.xyz/v1/fine-tunes', init)
    await world.clock.run(2 * minuteMs)
    expect(world.sent.length).toBeGreaterThan(1)
    await world.until(sending)
  })
})

function around(fetch: typeof globalThis.fetch, limiter: FineTuneWorld['limiter']): typeof fetch {
  return createRateLimitedFetch({ fetch, limiter })
}
