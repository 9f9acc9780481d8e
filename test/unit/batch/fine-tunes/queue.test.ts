import { describe, expect, it } from 'vitest'
import {
  createFineTuneQueue,
  fineTuneDefaults,
  type FineTuneJob,
} from '../../../../src/batch/index.ts'
import { failureOf } from '../../../helpers/batch-world.ts'
import { FineTuneWorld, job, model, nothing } from '../../../helpers/fine-tune-world.ts'

const minuteMs = 60_000
const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `${index}`)

describe('FineTuneQueue.add', () => {
  it('resolves with the whole job when it is completed, and tells of each status', async () => {
    const world = new FineTuneWorld({ mock: { jobDurationMs: { min: 1_200_000, max: 1_200_000 } } })
    const statuses: string[] = []
    const onUpdate = ({ status }: FineTuneJob): void => void statuses.push(status)
    const done = await world.until(world.queue.add(job('a', { suffix: 'mine' }), { onUpdate }))
    expect(done).toMatchObject({ status: 'completed', training_file: 'file-a', model })
    // Only a job that is asked for by itself has these.
    expect(done).toHaveProperty('model_output_path')
    expect(statuses).toEqual([
      'pending',
      'queued',
      'running',
      'compressing',
      'uploading',
      'completed',
    ])
    expect(await world.leftovers()).toEqual(nothing)
  })

  it('runs three of twenty at once, in their order, and is never refused', async () => {
    const world = new FineTuneWorld()
    const started: string[] = []
    const adding = names(20).map((name) => {
      let isNew = true
      return world.queue.add(job(name), {
        onUpdate: () => {
          if (isNew) started.push(name)
          isNew = false
        },
      })
    })
    let most = 0
    const cancel = everyMinute(world, () => {
      most = Math.max(most, world.unfinished().length)
      expect(world.queue.snapshot().running.length).toBeLessThanOrEqual(3)
    })
    const done = await world.until(Promise.all(adding))
    cancel()
    expect(done.map(({ training_file: file }) => file)).toEqual(
      names(20).map((name) => `file-${name}`),
    )
    expect(started).toEqual(names(20))
    expect(most).toBe(3)
    expect(world.posts.map(({ status }) => status)).toEqual(names(20).map(() => 200))
    expect(await world.leftovers()).toEqual(nothing)
  })

  it('fills a free place within one look', async () => {
    const world = new FineTuneWorld({ mock: { jobDurationMs: { min: 3_600_000, max: 3_600_000 } } })
    const adding = names(4).map((name) => world.queue.add(job(name)))
    await world.until(Promise.all(adding))
    const starts = world.posts.map(({ atMs }) => atMs)
    expect(starts.slice(0, 3).every((atMs) => atMs < 2_000)).toBe(true)
    const endedAtMs = (starts[0] ?? 0) + 3_600_000
    expect(starts[3]).toBeGreaterThanOrEqual(endedAtMs)
    expect(starts[3]).toBeLessThan(endedAtMs + fineTuneDefaults.pollMsMax + 1_000)
  })

  it('starts at once where places are free, although it has just looked', async () => {
    const world = new FineTuneWorld()
    const first = world.queue.add(job('a'))
    await world.clock.run(10_000)
    const second = world.queue.add(job('b'))
    await world.clock.run(1_000)
    expect(world.unfinished()).toHaveLength(2)
    await world.until(Promise.all([first, second]))
  })

  it('does not look for each that is added while all places are taken', async () => {
    const world = new FineTuneWorld()
    const adding = names(3).map((name) => world.queue.add(job(name)))
    await world.clock.run(10_000)
    const { length } = world.looks
    adding.push(...names(20).map((name) => world.queue.add(job(`more-${name}`))))
    await world.clock.run(5_000)
    expect(world.looks).toHaveLength(length)
    const settling = Promise.allSettled(adding)
    await world.until(world.queue.close())
    await settling
  })

  it('looks every thirty to sixty seconds, as often as chance says, and only while there is work', async () => {
    const world = new FineTuneWorld()
    const adding = world.queue.add(job('a'))
    await world.until(adding)
    const waits = world.looks
      .map(({ atMs }, index, all) => atMs - (all[index - 1]?.atMs ?? atMs))
      .slice(1)
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(30_000)
    expect(Math.max(...waits)).toBeLessThanOrEqual(60_200)
    expect(new Set(waits.map((wait) => Math.round(wait / 1_000))).size).toBeGreaterThan(5)
    const { length } = world.looks
    await world.clock.run(10 * minuteMs)
    expect(world.looks).toHaveLength(length)
    expect(await world.leftovers()).toEqual(nothing)
  })

  it('sends the job as it was when it was added', async () => {
    const world = new FineTuneWorld()
    const given = { ...job('a'), n_epochs: 2 }
    const adding = world.queue.add(given)
    given.n_epochs = 3
    await world.until(adding)
    expect(JSON.parse(world.sent[0] ?? '')).toEqual({ ...job('a'), n_epochs: 2 })
  })

  it('goes on where a listener throws', async () => {
    const world = new FineTuneWorld()
    const thrown: unknown[] = []
    const listener = (error: unknown): void => void thrown.push(error)
    process.once('unhandledRejection', listener)
    const done = await world.until(world.queue.add(job('a'), { onUpdate: failAtTheEnd }))
    expect(done).toHaveProperty('status', 'completed')
    await world.leftovers()
    expect(thrown).toEqual([new Error('of the listener')])
  })

  it('refuses what is no job, without a request', async () => {
    const world = new FineTuneWorld()
    const wrong = [{ model: undefined }, { model: '' }, { training_file: 7 }, { seed: 1n }]
    for (const request of wrong) {
      const error = await failureOf(world.queue.add(job('a', request)))
      expect(error).toHaveProperty('code', 'INVALID_OPTION')
    }
    const options: object[] = [{ signal: {} }, { onUpdate: 1 }]
    for (const option of options) {
      const error = await failureOf(world.queue.add(job('a'), option))
      expect(error).toHaveProperty('code', 'INVALID_OPTION')
    }
    expect(world.mock.journal()).toEqual([])
    expect(await world.leftovers()).toEqual(nothing)
  })
})

describe('FineTuneQueue beside others', () => {
  it('counts their jobs, and waits until one of them ends', async () => {
    const world = new FineTuneWorld()
    const foreign = ['x', 'y', 'z'].map((name) => world.startForeign(name) ?? '')
    const adding = world.queue.add(job('a'))
    await world.clock.run(5 * minuteMs)
    expect(world.queue.snapshot()).toMatchObject({
      waiting: 1,
      running: [],
      others: 3,
      placesFree: 0,
    })
    expect(world.posts).toHaveLength(3)
    world.cancelForeign(foreign[1] ?? '')
    await world.clock.run(minuteMs + 1_000)
    expect(world.queue.snapshot()).toMatchObject({ waiting: 0, others: 2, placesFree: 0 })
    await world.until(adding)
    expect(world.posts.filter(({ status }) => status === 409)).toEqual([])
  })

  it('takes a status that nobody knows for one of a job that runs', async () => {
    const statuses = ['paused', 'Cancel_Requested', 'uploading']
    let isListed = true
    const world = new FineTuneWorld({
      intercept: (path, body) => {
        if (!isListed || path !== '/v1/fine-tunes' || body !== '') return undefined
        return Response.json({
          data: statuses.map((status, index) => ({ id: `ft-${index}`, status })),
        })
      },
    })
    const adding = world.queue.add(job('a'))
    await world.clock.run(5 * minuteMs)
    expect(world.posts).toEqual([])
    isListed = false
    await world.until(adding)
  })

  it('gives all twenty their turn while others come and go', async () => {
    const world = new FineTuneWorld({ mock: { seed: 5 } })
    let count = 0
    const cancel = everyMinute(world, () => {
      count += 1
      if (count % 7 === 0) world.startForeign(`foreign-${count}`)
    })
    const adding = names(20).map((name) => world.queue.add(job(name)))
    const done = await world.until(Promise.all(adding))
    cancel()
    expect(done.map(({ status }) => status)).toEqual(names(20).map(() => 'completed'))
    const own = world.jobs().filter(({ training_file: file }) => !file.includes('foreign'))
    expect(own.map(({ training_file: file }) => file)).toEqual(
      names(20).map((name) => `file-${name}`),
    )
  })
})

describe('FineTuneQueue.follow', () => {
  it('follows what somebody else has started, and leaves it alone when it is aborted', async () => {
    const world = new FineTuneWorld()
    const id = world.startForeign('x') ?? ''
    const controller = new AbortController()
    const aborted = failureOf(world.queue.follow(id, { signal: controller.signal }))
    const following = world.queue.follow(id)
    await world.clock.run(minuteMs)
    expect(world.queue.snapshot()).toMatchObject({ running: [{ id }], others: 0, placesFree: 2 })
    controller.abort(new Error('enough'))
    expect(await world.until(aborted)).toEqual(new Error('enough'))
    expect(await world.until(following)).toMatchObject({ id, status: 'completed' })
    expect(world.seen('POST', /cancel/)).toEqual([])
    expect(await world.leftovers()).toEqual(nothing)
  })

  it('looks at once, also while it naps', async () => {
    const world = new FineTuneWorld()
    const adding = world.queue.add(job('a'))
    const id = world.startForeign('x') ?? ''
    await world.clock.run(5_000)
    world.cancelForeign(id)
    const error = await world.until(failureOf(world.queue.follow(id)))
    expect(error).toMatchObject({ reason: 'cancelled', jobId: id })
    expect(world.clock.now()).toBeLessThan(10_000)
    await world.until(adding)
  })

  it('says that there is no such job', async () => {
    const world = new FineTuneWorld()
    const error = await world.until(failureOf(world.queue.follow('ft-none')))
    expect(error).toMatchObject({ code: 'FINE_TUNE', reason: 'missing', jobId: 'ft-none' })
    expect(await world.leftovers()).toEqual(nothing)
    expect(await failureOf(world.queue.follow(''))).toHaveProperty('option', 'id')
  })

  it('asks for a job by itself that the list leaves out', async () => {
    const world = new FineTuneWorld({
      intercept: (path, body) => {
        return path === '/v1/fine-tunes' && body === '' ? Response.json({ data: [] }) : undefined
      },
    })
    const adding = ['a', 'b', 'c', 'd'].map((name) => world.queue.add(job(name)))
    const done = await world.until(Promise.all(adding))
    expect(done.map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => 'completed'))
    // They have their places although no list shows them.
    expect(world.posts.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  })
})

describe('a list that lags behind', () => {
  it('hides a new job for a while, whose place is taken all the same', async () => {
    // Lists and single jobs alike: nothing that is younger than 50 s is there yet, so the first look misses it.
    const world: FineTuneWorld = new FineTuneWorld({
      queue: { pollMsMin: 30_000, pollMsMax: 30_000 },
      mock: { jobDurationMs: { min: 3_600_000, max: 3_600_000 } },
      intercept: (path, body) => {
        if (body !== '' || !path.startsWith('/v1/fine-tunes')) return undefined
        const oldest = new Date(world.clock.wallNow() - 50_000).toISOString()
        const shown = world.jobs().filter(({ created_at: at }) => at < oldest)
        if (path.endsWith('/fine-tunes')) return Response.json({ data: shown })
        const isShown = shown.some(({ id }) => path.endsWith(id))
        return isShown ? undefined : new Response('{}', { status: 404 })
      },
    })
    const adding = names(4).map((name) => world.queue.add(job(name)))
    const done = await world.until(Promise.all(adding))
    expect(done).toHaveLength(4)
    expect(world.posts.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  })
})

describe('FineTuneQueue.idle and close', () => {
  it('are over when nothing waits or runs', async () => {
    const world = new FineTuneWorld()
    await world.queue.idle()
    const adding = ['a', 'b', 'c', 'd'].map((name) => world.queue.add(job(name)))
    let isIdle = false
    const idling = world.queue.idle().then(() => (isIdle = true))
    await world.clock.run(10_000)
    expect(isIdle).toBe(false)
    await world.until(idling)
    const { waiting, starting, running } = world.queue.snapshot()
    expect({ waiting, starting, running }).toEqual({ waiting: 0, starting: 0, running: [] })
    await Promise.all(adding)
  })

  it('let go of everything, and leave running jobs to run', async () => {
    const world = new FineTuneWorld()
    const ids: string[] = []
    const onUpdate = ({ id }: FineTuneJob): void => void ids.push(id)
    const adding = names(5).map((name) => failureOf(world.queue.add(job(name), { onUpdate })))
    await world.clock.run(10_000)
    await world.until(world.queue.close())
    const errors = await world.until(Promise.all(adding))
    expect(errors.map((error) => Reflect.get(Object(error), 'code'))).toEqual([
      'FINE_TUNE',
      'FINE_TUNE',
      'FINE_TUNE',
      'CLOSED',
      'CLOSED',
    ])
    expect(errors[0]).toMatchObject({
      reason: 'not-followed',
      jobId: ids[0],
      cause: { code: 'CLOSED' },
    })
    expect(errors[3]).toHaveProperty('message', 'the fine-tune queue is closed')
    expect(world.unfinished()).toHaveLength(3)
    expect(await world.leftovers()).toEqual(nothing)
    expect(await failureOf(world.queue.add(job('x')))).toHaveProperty('code', 'CLOSED')
    // Another queue goes on with it.
    const next = createFineTuneQueue(world.api)
    expect(await world.until(next.follow(ids[0] ?? ''))).toHaveProperty('status', 'completed')
  })

  it('name the job whose creation was under way', async () => {
    const world = new FineTuneWorld()
    const failing = failureOf(world.queue.add(job('a')))
    // The look takes 100 ms; the request has reached the server, the answer has not come back.
    await world.clock.run(170)
    expect(world.queue.snapshot()).toMatchObject({ starting: 1 })
    await world.until(world.queue.close())
    const [started] = world.jobs()
    expect(await failing).toMatchObject({ reason: 'not-followed', jobId: started?.id })
    expect(await world.leftovers()).toEqual(nothing)
  })
})

describe('createFineTuneQueue', () => {
  it('refuses options that it cannot use', () => {
    const { api } = new FineTuneWorld()
    const wrong: [string, object][] = [
      ['concurrentMax', { concurrentMax: 0 }],
      ['pollMsMin', { pollMsMin: 0 }],
      ['pollMsMin', { pollMsMin: NaN }],
      ['pollMsMax', { pollMsMin: 100, pollMsMax: 99 }],
      ['pollMsMax', { pollMsMax: Infinity }],
      ['outageMsMax', { outageMsMax: -1 }],
      ['baseURL', { baseURL: 'nowhere' }],
    ]
    for (const [option, options] of wrong) {
      expect(() => createFineTuneQueue({ ...api, ...options })).toThrow(`option ${option}:`)
    }
    expect(fineTuneDefaults.concurrentMax).toBe(3)
    createFineTuneQueue({ ...api, pollMsMax: 10 })
    createFineTuneQueue({ ...api, pollMsMin: 100_000 })
  })
})

function failAtTheEnd({ status }: FineTuneJob): void {
  if (status === 'completed') throw new Error('of the listener')
}

/** Calls until it is cancelled. */
function everyMinute({ clock }: FineTuneWorld, callback: () => void): () => void {
  let cancelTimer: (() => void) | undefined
  const next = (): void => {
    cancelTimer = clock.setTimer(() => {
      callback()
      next()
    }, minuteMs)
  }
  next()
  return () => cancelTimer?.()
}
