/**
 * The answer to a new job is lost: the server may have started it, and a second one would be paid for.
 */
import { describe, expect, it } from 'vitest'
import type { FaultRule } from '../../../../src/server/index.ts'
import { failureOf } from '../../../helpers/batch-world.ts'
import { FineTuneWorld, job, model, nothing } from '../../../helpers/fine-tune-world.ts'

const minuteMs = 60_000

function losing(action: FaultRule['do'], nth = 1): FineTuneWorld {
  const faults: FaultRule[] = [
    { match: { endpoint: 'fine-tunes', method: 'POST', nth }, do: action },
  ]
  return new FineTuneWorld({ mock: { faults } })
}

/** The server acts, and answers something else. */
function answering(answer: () => Response): FineTuneWorld {
  let isFirst = true
  const world: FineTuneWorld = new FineTuneWorld({
    intercept: (path, body) => {
      if (path !== '/v1/fine-tunes' || body === '' || !isFirst) return undefined
      isFirst = false
      world.ask('POST', path, JSON.parse(body))
      return answer()
    },
  })
  return world
}

/** Where the first job is created ten seconds after its request was answered by a 504. */
function slowToAct(): FineTuneWorld {
  let isFirst = true
  const world: FineTuneWorld = new FineTuneWorld({
    intercept: (path, body) => {
      if (path !== '/v1/fine-tunes' || body === '' || !isFirst) return undefined
      isFirst = false
      world.clock.setTimer(() => void world.ask('POST', path, JSON.parse(body)), 10_000)
      return new Response('{}', { status: 504 })
    },
  })
  return world
}

describe('a job whose answer is lost', () => {
  it.each<[string, () => FineTuneWorld]>([
    ['by the network', () => losing({ kind: 'drop', when: 'after' })],
    ['in a 500', () => answering(() => new Response('{}', { status: 500 }))],
    ['in a 503', () => answering(() => new Response('{}', { status: 503 }))],
    ['in a 524 of HTML', () => answering(() => new Response('<html>', { status: 524 }))],
    ['in a 200 without a job', () => answering(() => new Response('{"id":'))],
  ])('%s is found, and not started again', async (_name, open) => {
    const world = open()
    const statuses: string[] = []
    const options = { onUpdate: ({ status }: { status: string }) => void statuses.push(status) }
    const done = await world.until(world.queue.add(job('a', { suffix: 'mine' }), options))
    expect(done).toMatchObject({ status: 'completed', training_file: 'file-a' })
    expect(world.jobs().map(({ id }) => id)).toEqual([done.id])
    expect(statuses[0]).toBe('pending')
    expect(await world.leftovers()).toEqual(nothing)
  })

  it('is sent again when two looks do not show it', async () => {
    const world = losing({ kind: 'drop', when: 'before' })
    await world.until(world.queue.add(job('a')))
    expect(world.jobs()).toHaveLength(1)
    const [first, second] = world.posts
    const between = world.looks.filter(({ atMs }) => {
      return atMs > (first?.atMs ?? 0) && atMs < (second?.atMs ?? 0)
    })
    expect(between.length).toBeGreaterThanOrEqual(2)
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThan(30_000)
  })

  it('is found by the second look where the server was slow', async () => {
    const world = slowToAct()
    await world.until(world.queue.add(job('a')))
    expect(world.jobs()).toHaveLength(1)
  })

  it('is not found early because somebody makes the looks come fast', async () => {
    const world = slowToAct()
    const adding = world.queue.add(job('a'))
    for (let second = 0; second < 9; second += 1) {
      await world.clock.run(1_000)
      await world.until(failureOf(world.queue.follow('ft-none')))
    }
    await world.until(adding)
    expect(world.jobs()).toHaveLength(1)
  })

  it('is told from those that were there, that others started, and that it started itself', async () => {
    const world = losing({ kind: 'drop', when: 'after' }, 4)
    world.startForeign('a')
    const older = world.queue.add(job('a', { suffix: 'one' }))
    await world.clock.run(1_000)
    world.startForeign('other')
    // The fourth POST: its answer is lost, and a twin of another suffix appears at the same moment.
    for (const each of world.unfinished()) world.cancelForeign(each.id)
    await failureOf(world.until(older))
    const lost = world.queue.add(job('a', { suffix: 'two' }))
    const done = await world.until(lost)
    expect(done).toMatchObject({ status: 'completed', suffix: 'two' })
    expect(world.jobs().filter(({ training_file: file }) => file === 'file-a')).toHaveLength(3)
  })

  it('holds the next ones back until it is found, and starts each once', async () => {
    const faults: FaultRule[] = [
      {
        match: { endpoint: 'fine-tunes', method: 'POST', every: 2 },
        do: { kind: 'drop', when: 'after' },
      },
    ]
    const world = new FineTuneWorld({ mock: { faults } })
    // All alike: only their number can show that none is doubled.
    const adding = Array.from({ length: 8 }, () => world.queue.add(job('same')))
    const done = await world.until(Promise.all(adding))
    expect(new Set(done.map(({ id }) => id)).size).toBe(8)
    expect(world.jobs()).toHaveLength(8)
  })

  it('is looked for after an outage that hides it', async () => {
    let downUntilMs = 0
    const world: FineTuneWorld = new FineTuneWorld({
      intercept: (path, body, nowMs) => {
        if (path === '/v1/fine-tunes' && body !== '' && downUntilMs === 0) {
          downUntilMs = nowMs + 60 * minuteMs
          world.ask('POST', path, JSON.parse(body))
        }
        return nowMs < downUntilMs ? new Response('{}', { status: 503 }) : undefined
      },
    })
    await world.until(world.queue.add(job('a')))
    expect(world.jobs()).toHaveLength(1)
    expect(world.sent).toHaveLength(1)
  })

  it('is looked for twice after an outage: the first list may lag behind', async () => {
    let upAtMs = 0
    let looks = 0
    const world: FineTuneWorld = new FineTuneWorld({
      intercept: (path, body, nowMs) => {
        if (path === '/v1/fine-tunes' && body !== '' && upAtMs === 0) {
          upAtMs = nowMs + 10 * minuteMs
          world.ask('POST', path, JSON.parse(body))
        }
        if (upAtMs > 0 && nowMs < upAtMs) return new Response('{}', { status: 503 })
        if (upAtMs === 0 || path !== '/v1/fine-tunes' || body !== '') return undefined
        looks += 1
        return looks === 1 ? Response.json({ data: [] }) : undefined
      },
    })
    await world.until(world.queue.add(job('a')))
    expect(world.jobs()).toHaveLength(1)
    expect(world.sent).toHaveLength(1)
  })

  it('is named as lost where the outage does not end', async () => {
    let isDown = false
    const world: FineTuneWorld = new FineTuneWorld({
      queue: { outageMsMax: 10 * minuteMs },
      intercept: (path, body) => {
        isDown ||= path === '/v1/fine-tunes' && body !== ''
        return isDown ? new Response('{}', { status: 503 }) : undefined
      },
    })
    const adding = [world.queue.add(job('a')), world.queue.add(job('b'))]
    const [first, second] = await world.until(Promise.all(adding.map((each) => failureOf(each))))
    expect(first).toMatchObject({
      reason: 'not-followed',
      jobId: undefined,
      cause: { reason: 'outage' },
    })
    expect(first).toHaveProperty('message', expect.stringContaining('it may have been started'))
    expect(second).toMatchObject({ code: 'RUN_STOPPED', reason: 'outage' })
    expect(await world.leftovers()).toEqual(nothing)
  })

  it('has the same file and model, whatever else the server tells', async () => {
    const world = losing({ kind: 'drop', when: 'before' })
    const adding = world.queue.add(job('a'))
    // After the request that got lost; neither is what was asked for.
    world.clock.setTimer(() => void world.startForeign('b'), 1_000)
    world.clock.setTimer(
      () => void world.startForeign('a', { model: 'meta-llama/Llama-3.3-70B-Instruct-Turbo' }),
      1_000,
    )
    const done = await world.until(adding)
    expect(done).toMatchObject({ training_file: 'file-a', model })
    expect(world.jobs()).toHaveLength(3)
  })
})

describe('a job over which the server stumbles', () => {
  it('is refused when others start, which it does not hold up', async () => {
    const world = new FineTuneWorld({
      intercept: (path, body) => {
        if (path !== '/v1/fine-tunes' || !body.includes('file-poison')) return undefined
        return new Response('{"error":{"message":"it broke"}}', { status: 500 })
      },
    })
    const names = ['a', 'poison', 'b', 'c', 'd']
    const adding = names.map((name) => world.queue.add(job(name)))
    const poisoned = failureOf(adding[1] ?? Promise.resolve())
    const good = adding.filter((_, index) => index !== 1)
    expect(await world.until(Promise.all(good))).toHaveLength(4)
    expect(await world.until(poisoned)).toMatchObject({
      reason: 'refused',
      status: 500,
      serverMessage: 'it broke',
    })
    expect(await world.leftovers()).toEqual(nothing)
  })

  it('is waited for where the service is down for all', async () => {
    let isDown = true
    const world: FineTuneWorld = new FineTuneWorld({
      intercept: (path, body) => {
        const isStart = path === '/v1/fine-tunes' && body !== ''
        return isDown && isStart ? new Response('{}', { status: 500 }) : undefined
      },
    })
    const adding = ['a', 'b', 'c'].map((name) => world.queue.add(job(name)))
    world.clock.setTimer(() => (isDown = false), 3_600_000)
    expect(await world.until(Promise.all(adding))).toHaveLength(3)
    expect(world.jobs()).toHaveLength(3)
  })
})

describe('FineTuneQueue.close', () => {
  // Under way, on the way back, and lost.
  it.each([130, 170, 250, 400, 10_000])(
    'names the job whose answer is lost, also after %i ms',
    async (ms) => {
      const faults: FaultRule[] = [
        { match: { endpoint: 'fine-tunes', method: 'POST' }, do: { kind: 'drop', when: 'after' } },
      ]
      const world = new FineTuneWorld({ mock: { faults } })
      const failing = failureOf(world.queue.add(job('a')))
      await world.clock.run(ms)
      await world.until(world.queue.close())
      const [started] = world.jobs()
      expect(started).toBeDefined()
      expect(await failing).toMatchObject({ reason: 'not-followed', jobId: started?.id })
      expect(world.clock.now()).toBeLessThan(ms + 1_000)
      expect(await world.leftovers()).toEqual(nothing)
    },
  )

  it('waits only for a moment for what nobody says while the service is down', async () => {
    const world: FineTuneWorld = new FineTuneWorld({
      intercept: (path, body) => {
        const isUp = path !== '/v1/fine-tunes' || (body === '' && world.looks.length === 0)
        return isUp ? undefined : new Response('{}', { status: 503 })
      },
    })
    const failing = failureOf(world.queue.add(job('a')))
    await world.clock.run(600_000)
    await world.until(world.queue.close())
    expect(world.clock.now()).toBeLessThan(700_000)
    expect(await failing).toMatchObject({ reason: 'not-followed', cause: { code: 'CLOSED' } })
    expect(await world.leftovers()).toEqual(nothing)
  })
})
