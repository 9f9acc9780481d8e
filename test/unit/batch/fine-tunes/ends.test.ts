/**
 * How jobs end that are not completed, and what an outage or a refusal does to those that wait and run.
 */
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { isFineTuneError, isRunStoppedError } from '../../../../src/index.ts'
import { createFineTuneQueue, type FineTuneQueueOptions } from '../../../../src/batch/index.ts'
import { failureOf } from '../../../helpers/batch-world.ts'
import { FineTuneWorld, job, nothing } from '../../../helpers/fine-tune-world.ts'

const minuteMs = 60_000

/** Everything, or what is asked for, is answered by a status while the flag says so. */
function failing(
  status: number,
  {
    which = () => true,
    queue,
  }: { which?: (path: string, body: string) => boolean; queue?: FineTuneQueueOptions } = {},
): { world: FineTuneWorld; fault: { isOn: boolean } } {
  const fault = { isOn: false }
  const world = new FineTuneWorld({
    ...(queue === undefined ? {} : { queue }),
    intercept: (path, body) => {
      const isHit = fault.isOn && which(path, body)
      return isHit
        ? Response.json({ error: { message: 'says the server' } }, { status })
        : undefined
    },
  })
  return { world, fault }
}

const isNewJob = (path: string, body: string): boolean => path === '/v1/fine-tunes' && body !== ''

describe('a job', () => {
  it('that fails rejects with what the server says, in a field only', async () => {
    const world: FineTuneWorld = new FineTuneWorld({
      intercept: (path, body) => {
        if (body !== '' || !path.startsWith('/v1/fine-tunes')) return undefined
        const [first] = world.jobs()
        if (first === undefined || world.clock.now() < 5 * minuteMs) return undefined
        const events = [{ message: 'started' }, { message: 'line 3 is no JSON' }]
        const failed = { ...first, status: 'error' }
        return Response.json(
          path.endsWith('fine-tunes') ? { data: [failed] } : { ...failed, events },
        )
      },
    })
    const statuses: string[] = []
    const onUpdate = ({ status }: { status: string }): void => void statuses.push(status)
    const error = await world.until(failureOf(world.queue.add(job('a'), { onUpdate })))
    expect(error).toMatchObject({
      code: 'FINE_TUNE',
      reason: 'failed',
      jobId: world.jobs()[0]?.id,
      jobStatus: 'error',
      status: undefined,
      serverMessage: 'line 3 is no JSON',
    })
    expect(isFineTuneError(error)).toBe(true)
    expect(error).toHaveProperty('message', expect.not.stringContaining('line 3'))
    expect(statuses.at(-1)).toBe('error')
    expect(await world.leftovers()).toEqual(nothing)
  })

  it('that somebody else cancels rejects, and its place is used', async () => {
    const world = new FineTuneWorld()
    const first = failureOf(world.queue.add(job('a')))
    const others = ['b', 'c', 'd'].map((name) => world.queue.add(job(name)))
    await world.clock.run(2 * minuteMs)
    world.cancelForeign(world.jobs()[0]?.id ?? '')
    expect(await world.until(first)).toMatchObject({ reason: 'cancelled', jobStatus: 'cancelled' })
    await world.clock.run(1_000)
    expect(world.jobs()).toHaveLength(4)
    await world.until(Promise.all(others))
  })

  it('that is deleted is missed twice before it is given up', async () => {
    const world = new FineTuneWorld()
    const adding = failureOf(world.queue.add(job('a')))
    await world.clock.run(10_000)
    const id = world.jobs()[0]?.id ?? ''
    world.ask('DELETE', `/v1/fine-tunes/${id}`)
    expect(await world.until(adding)).toMatchObject({ reason: 'missing', jobId: id, status: 404 })
    expect(world.seen('GET', new RegExp(id)).map(({ status }) => status)).toEqual([404, 404])
  })

  it.each([400, 413, 422])('that is refused with a %i ends alone', async (status) => {
    const { world, fault } = failing(status, {
      which: (path, body) => isNewJob(path, body) && body.includes('file-bad'),
    })
    fault.isOn = true
    const adding = ['a', 'bad', 'b'].map((name) => world.queue.add(job(name)))
    const [first, bad, last] = await world.until(Promise.allSettled(adding))
    expect([first?.status, last?.status]).toEqual(['fulfilled', 'fulfilled'])
    expect(bad).toMatchObject({
      reason: {
        code: 'FINE_TUNE',
        reason: 'refused',
        status,
        jobId: undefined,
        serverMessage: 'says the server',
      },
    })
    expect(inspect(Reflect.get(Object(bad), 'reason'))).not.toContain('file-bad')
    // They take the first places, without a look between them.
    expect(world.posts.every(({ atMs }) => atMs < 2_000)).toBe(true)
  })

  it('of a model that is not there names the nearest', async () => {
    const world = new FineTuneWorld()
    const adding = failureOf(world.queue.add(job('a', { model: 'Qwen/Qwen2.5-7B-Instruct' })))
    const other = world.queue.add(job('b'))
    const error = await world.until(adding)
    expect(error).toMatchObject({ reason: 'refused', status: 404 })
    expect(error).toHaveProperty(
      'nearestModels',
      expect.arrayContaining(['Qwen/Qwen2.5-7B-Instruct-Turbo']),
    )
    expect(error).toHaveProperty('message', expect.stringContaining('the nearest models are Qwen/'))
    await world.until(other)
  })
})

describe('an outage', () => {
  it.each([503, 500, 429])('of an hour of %i answers loses no job', async (status) => {
    const { world, fault } = failing(status)
    const adding = ['a', 'b', 'c', 'd', 'e'].map((name) => world.queue.add(job(name)))
    await world.clock.run(5 * minuteMs)
    fault.isOn = true
    await world.clock.run(60 * minuteMs)
    const { waiting, running } = world.queue.snapshot()
    expect([waiting, running.length]).toEqual([2, 3])
    fault.isOn = false
    const done = await world.until(Promise.all(adding))
    expect(done.map(({ status: last }) => last)).toEqual(done.map(() => 'completed'))
    expect(world.jobs()).toHaveLength(5)
    expect(await world.leftovers()).toEqual(nothing)
  })

  it('asks no more than once a minute or so', async () => {
    let asked = 0
    const { world, fault } = failing(503, { which: () => (asked += 1) > 0 })
    const adding = world.queue.add(job('a'))
    await world.clock.run(5 * minuteMs)
    fault.isOn = true
    await world.clock.run(60 * minuteMs)
    // The fetch below asks up to five times each time.
    expect(asked).toBeLessThan(5 * 70)
    expect(asked).toBeGreaterThan(50)
    fault.isOn = false
    await world.until(adding)
  })

  it('longer than outageMsMax ends what waits and what runs, and says by which id to go on', async () => {
    const { world, fault } = failing(503, { queue: { outageMsMax: 30 * minuteMs } })
    const adding = ['a', 'b', 'c', 'd'].map((name) => failureOf(world.queue.add(job(name))))
    await world.clock.run(minuteMs)
    fault.isOn = true
    const errors = await world.until(Promise.all(adding))
    expect(errors[0]).toMatchObject({
      reason: 'not-followed',
      jobStatus: 'pending',
      cause: { reason: 'outage' },
    })
    expect(errors[3]).toMatchObject({ code: 'RUN_STOPPED', reason: 'outage', status: 503 })
    expect(world.clock.now()).toBeGreaterThan(31 * minuteMs)
    expect(await world.leftovers()).toEqual(nothing)
    // Who asks after that waits anew.
    const next = world.queue.add(job('e'))
    await world.clock.run(10 * minuteMs)
    fault.isOn = false
    const jobId: unknown = Reflect.get(Object(errors[0]), 'jobId')
    expect(await world.until(world.queue.follow(String(jobId)))).toHaveProperty(
      'status',
      'completed',
    )
    expect(await world.until(next)).toHaveProperty('status', 'completed')
  })

  it('of new jobs alone ends what waits after outageMsMax, and what runs goes on', async () => {
    const which = isNewJob
    for (const status of [500, 429]) {
      const { world, fault } = failing(status, { which, queue: { outageMsMax: 30 * minuteMs } })
      const first = world.queue.add(job('a'))
      await world.clock.run(1_000)
      fault.isOn = true
      const second = failureOf(world.queue.add(job('b')))
      const third = failureOf(world.queue.add(job('c')))
      expect(await world.until(second)).toMatchObject({
        code: 'RUN_STOPPED',
        reason: 'outage',
        status,
      })
      expect(await third).toMatchObject({ code: 'RUN_STOPPED' })
      expect(world.clock.now()).toBeGreaterThan(30 * minuteMs)
      expect(world.clock.now()).toBeLessThan(33 * minuteMs)
      expect(world.jobs()).toHaveLength(1)
      // After each a look, and a nap.
      expect(world.sent.length).toBeGreaterThan(15)
      expect(world.sent.length).toBeLessThan(65)
      expect(await world.until(first)).toHaveProperty('status', 'completed')
    }
  })

  it('is over when the server says, and not before', async () => {
    const asked: number[] = []
    const world = new FineTuneWorld()
    // Of another make: no limiter of ours minds what the server names.
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const isNew =
        typeof input === 'string' && input.endsWith('/fine-tunes') && init?.method === 'POST'
      if (isNew) asked.push(world.clock.now())
      const headers = { 'retry-after': '300' }
      if (isNew && asked.length === 1) return new Response('{}', { status: 429, headers })
      return world.fetch(input, init)
    }
    const queue = createFineTuneQueue({ ...world.api, fetch })
    await world.until(queue.add(job('a')))
    const [first = 0, second = 0] = asked
    expect(second - first).toBeGreaterThanOrEqual(300_000)
    expect(second - first).toBeLessThan(370_000)
  })
})

describe('a refusal of everything', () => {
  it.each([
    [401, 'unauthorised', 'the API key is not accepted'],
    [403, 'unauthorised', 'the API key is not accepted'],
    [402, 'spending-limit', 'the account may not spend more'],
  ])('with a %i at a new job ends those that wait', async (status, reason, text) => {
    const { world, fault } = failing(status, { which: isNewJob })
    const first = world.queue.add(job('a'))
    await world.clock.run(1_000)
    fault.isOn = true
    const waiting = ['b', 'c', 'd', 'e'].map((name) => failureOf(world.queue.add(job(name))))
    for (const error of await world.until(Promise.all(waiting))) {
      expect(error).toMatchObject({ code: 'RUN_STOPPED', reason, status })
      expect(error).toHaveProperty('message', expect.stringContaining(text))
      expect(isRunStoppedError(error)).toBe(true)
    }
    expect(world.sent).toHaveLength(2)
    fault.isOn = false
    // The queue is not closed: it goes on when the account may.
    await world.until(Promise.all([first, world.queue.add(job('f'))]))
  })

  it('with a 401 at a look ends those that run, too', async () => {
    const { world, fault } = failing(401)
    const adding = failureOf(world.queue.add(job('a')))
    await world.clock.run(1_000)
    fault.isOn = true
    expect(await world.until(adding)).toMatchObject({
      reason: 'not-followed',
      jobId: world.jobs()[0]?.id,
      cause: { reason: 'unauthorised' },
    })
    expect(await world.leftovers()).toEqual(nothing)
  })

  it('with a 404 at a look says that the server refuses', async () => {
    const { world, fault } = failing(404)
    fault.isOn = true
    const error = await world.until(failureOf(world.queue.add(job('a'))))
    expect(error).toMatchObject({ code: 'RUN_STOPPED', reason: 'refused', status: 404 })
  })

  it('by a limiter that is closed says so', async () => {
    const world = new FineTuneWorld()
    world.limiter.close()
    const error = await world.until(failureOf(world.queue.add(job('a'))))
    expect(error).toMatchObject({ code: 'RUN_STOPPED', reason: 'closed' })
    expect(await world.leftovers()).toEqual(nothing)
  })
})
