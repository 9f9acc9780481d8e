/**
 * An abort ends a job wherever it is, and none is left running that nobody knows of.
 */
import { describe, expect, it } from 'vitest'
import { createFineTuneQueue } from '../../../../src/batch/index.ts'
import type { FaultRule } from '../../../../src/server/index.ts'
import { failureOf } from '../../../helpers/batch-world.ts'
import {
  FineTuneWorld,
  job,
  nothing,
  type FineTuneWorldOptions,
} from '../../../helpers/fine-tune-world.ts'

const minuteMs = 60_000
const enough = new Error('enough')

interface Aborting {
  readonly world: FineTuneWorld
  readonly failing: Promise<unknown>
  readonly abort: () => void
}

function open(options: FineTuneWorldOptions = {}): Aborting {
  const world = new FineTuneWorld(options)
  const controller = new AbortController()
  const failing = failureOf(world.queue.add(job('own'), { signal: controller.signal }))
  return { world, failing, abort: () => controller.abort(enough) }
}

function losing(action: FaultRule['do']): FineTuneWorldOptions {
  const match = { endpoint: 'fine-tunes', method: 'POST', nth: 1 } as const
  return { mock: { faults: [{ match, do: action }] } }
}

describe('an abort', () => {
  it('before the call sends nothing', async () => {
    const world = new FineTuneWorld()
    const signal = AbortSignal.abort(enough)
    expect(await failureOf(world.queue.add(job('own'), { signal }))).toBe(enough)
    expect(await failureOf(world.queue.follow('ft-1', { signal }))).toBe(enough)
    expect(world.mock.journal()).toEqual([])
    expect(await world.leftovers()).toEqual(nothing)
  })

  it('in the same instant as the call ends it at once', async () => {
    const { world, failing, abort } = open()
    abort()
    expect(await failing).toBe(enough)
    await world.clock.run(minuteMs)
    expect(world.posts).toEqual([])
    expect(await world.leftovers()).toEqual(nothing)
  })

  it('of the last that waits gives up the look that is under way', async () => {
    const { world, failing, abort } = open()
    await world.clock.run(20)
    expect(world.underWay).toBe(1)
    abort()
    expect(await failing).toBe(enough)
    await world.queue.idle()
    expect(world.clock.now()).toBe(20)
    expect(await world.leftovers()).toEqual(nothing)
  })

  it('is the last that a listener hears of, also while a look is under way', async () => {
    const world = new FineTuneWorld()
    const [ended = '', id = ''] = ['x', 'y'].map((name) => world.startForeign(name))
    world.cancelForeign(ended)
    const controller = new AbortController()
    const heard: string[] = []
    const onUpdate = ({ status }: { status: string }): void => void heard.push(status)
    const first = failureOf(world.queue.follow(ended))
    const failing = failureOf(world.queue.follow(id, { signal: controller.signal, onUpdate }))
    // The list is here, and the one that has ended is asked for by itself.
    await world.clock.run(150)
    controller.abort(enough)
    expect(await failing).toBe(enough)
    expect(await world.until(first)).toHaveProperty('reason', 'cancelled')
    await world.until(world.queue.idle())
    expect(heard).toEqual([])
  })

  it('of one that waits takes it out of the queue, and no other', async () => {
    const world = new FineTuneWorld()
    const controllers = Array.from({ length: 6 }, () => new AbortController())
    const adding = controllers.map(({ signal }, index) =>
      world.queue.add(job(`${index}`), { signal }),
    )
    await world.clock.run(10_000)
    const before = world.mock.journal().length
    controllers[4]?.abort(enough)
    expect(await failureOf(adding[4] ?? Promise.resolve())).toBe(enough)
    expect(world.mock.journal()).toHaveLength(before)
    expect(world.queue.snapshot().waiting).toBe(2)
    await world.until(Promise.all(adding.filter((_each, index) => index !== 4)))
    expect(world.jobs().map(({ training_file: file }) => file)).toEqual(
      [0, 1, 2, 3, 5].map((index) => `file-${index}`),
    )
  })

  it('of the last that waits during an outage ends the waiting', async () => {
    const { world, failing, abort } = open({ intercept: () => new Response('{}', { status: 503 }) })
    await world.clock.run(20 * minuteMs)
    abort()
    expect(await failing).toBe(enough)
    await world.queue.idle()
    expect(world.clock.now()).toBe(20 * minuteMs)
    expect(await world.leftovers()).toEqual(nothing)
  })

  it('of one that runs cancels it, and makes room for the next', async () => {
    const { world, failing, abort } = open()
    const others = ['a', 'b', 'c'].map((name) => world.queue.add(job(name)))
    await world.clock.run(5 * minuteMs)
    abort()
    expect(await world.until(failing)).toBe(enough)
    expect(world.jobs()[0]).toMatchObject({ training_file: 'file-own', status: 'cancelled' })
    await world.clock.run(1_000)
    expect(world.jobs()).toHaveLength(4)
    await world.until(Promise.all(others))
    expect(world.seen('POST', /cancel$/)).toHaveLength(1)
    expect(await world.leftovers()).toEqual(nothing)
  })

  it('of one that runs outlasts an outage', async () => {
    let isDown = false
    const { world, failing, abort } = open({
      intercept: () => (isDown ? new Response('{}', { status: 503 }) : undefined),
    })
    await world.clock.run(minuteMs)
    isDown = true
    abort()
    await world.clock.run(5 * minuteMs)
    expect(world.queue.snapshot().running).toHaveLength(1)
    isDown = false
    expect(await world.until(failing)).toBe(enough)
    expect(world.unfinished()).toEqual([])
  })

  it('asks until a job ends that cannot be cancelled yet', async () => {
    let refusals = 0
    const { world, failing, abort } = open({
      intercept: (path) => {
        if (!path.endsWith('/cancel') || refusals === 3) return undefined
        refusals += 1
        return new Response('{"message":"not in this stage"}', { status: 400 })
      },
    })
    await world.clock.run(minuteMs)
    abort()
    expect(await world.until(failing)).toBe(enough)
    expect(refusals).toBe(3)
    expect(world.jobs()[0]).toHaveProperty('status', 'cancelled')
    expect(await world.leftovers()).toEqual(nothing)
  })

  it('is satisfied where the job has ended before', async () => {
    const { world, failing, abort } = open()
    await world.clock.run(minuteMs)
    world.cancelForeign(world.jobs()[0]?.id ?? '')
    abort()
    expect(await world.until(failing)).toBe(enough)
    expect(world.seen('POST', /cancel$/).map(({ status }) => status)).toEqual([200, 400])
  })

  it('says so where it could not cancel', async () => {
    const { world, failing, abort } = open({
      intercept: (path) =>
        path.endsWith('/cancel') ? new Response('{}', { status: 401 }) : undefined,
    })
    await world.clock.run(minuteMs)
    abort()
    const [running] = world.jobs()
    expect(await world.until(failing)).toMatchObject({
      code: 'FINE_TUNE',
      reason: 'not-cancelled',
      jobId: running?.id,
      cause: { reason: 'unauthorised' },
    })
    expect(await world.leftovers()).toEqual(nothing)
  })

  it.each([120, 170, 199])(
    'after %i ms, while it is created, cancels what comes of it',
    async (atMs) => {
      const { world, failing, abort } = open()
      await world.clock.run(atMs)
      expect(world.queue.snapshot().starting).toBe(1)
      abort()
      expect(await world.until(failing)).toBe(enough)
      expect(world.jobs().map(({ status }) => status)).toEqual(['cancelled'])
      expect(await world.leftovers()).toEqual(nothing)
    },
  )

  it.each<[string, FineTuneWorldOptions, string[]]>([
    ['is lost', losing({ kind: 'drop', when: 'after' }), ['cancelled']],
    ['was never seen', losing({ kind: 'drop', when: 'before' }), []],
  ])(
    'while the answer to its creation %s finds and cancels it',
    async (_name, options, statuses) => {
      const { world, failing, abort } = open(options)
      await world.clock.run(170)
      abort()
      expect(await world.until(failing)).toBe(enough)
      expect(world.jobs().map(({ status }) => status)).toEqual(statuses)
      expect(world.clock.now()).toBeLessThan(2 * minuteMs)
      expect(world.posts.length).toBeLessThanOrEqual(1)
      expect(await world.leftovers()).toEqual(nothing)
    },
  )

  it('waits ten seconds for an answer that does not come, then finds and cancels it', async () => {
    const world = new FineTuneWorld()
    const queue = createFineTuneQueue({ ...world.api, fetch: neverAnswering(world) })
    const controller = new AbortController()
    const failing = failureOf(queue.add(job('own'), { signal: controller.signal }))
    await world.clock.run(minuteMs)
    controller.abort(enough)
    await world.clock.run(9_000)
    expect(queue.snapshot().starting).toBe(1)
    expect(await world.until(failing)).toBe(enough)
    expect(world.clock.now()).toBeLessThan(minuteMs + 12_000)
    expect(world.jobs().map(({ status }) => status)).toEqual(['cancelled'])
    expect(await world.leftovers()).toEqual(nothing)
  })

  it('while its creation is in doubt finds and cancels it', async () => {
    let isHidden = true
    const { world, failing, abort } = open({
      ...losing({ kind: 'drop', when: 'after' }),
      intercept: (path, body) => {
        const isLook = path === '/v1/fine-tunes' && body === ''
        return isLook && isHidden ? Response.json({ data: [] }) : undefined
      },
    })
    await world.clock.run(10_000)
    abort()
    isHidden = false
    expect(await world.until(failing)).toBe(enough)
    expect(world.jobs().map(({ status }) => status)).toEqual(['cancelled'])
  })

  it('while its creation is refused rejects with the reason', async () => {
    for (const status of [400, 401, 409, 429]) {
      const { world, failing, abort } = open({
        intercept: (_path, body) => (body === '' ? undefined : new Response('{}', { status })),
      })
      await world.clock.run(130)
      abort()
      expect(await world.until(failing)).toBe(enough)
      await world.until(world.queue.idle())
      expect(await world.leftovers()).toEqual(nothing)
    }
  })

  it('of the one signal of all ends all: none is started instead of another', async () => {
    const world = new FineTuneWorld()
    const controller = new AbortController()
    const { signal } = controller
    const failures = ['a', 'b', 'c', 'd', 'e'].map((name) =>
      failureOf(world.queue.add(job(name), { signal })),
    )
    await world.clock.run(minuteMs)
    controller.abort(enough)
    expect(await world.until(Promise.all(failures))).toEqual(failures.map(() => enough))
    await world.until(world.queue.idle())
    expect(world.jobs().map(({ status }) => status)).toEqual(Array(3).fill('cancelled'))
    expect(await world.leftovers()).toEqual(nothing)
  })

  it('by the listener that is told of the new job cancels it once', async () => {
    const world = new FineTuneWorld()
    const controller = new AbortController()
    const { signal } = controller
    const onUpdate = (): void => controller.abort(enough)
    expect(await world.until(failureOf(world.queue.add(job('own'), { signal, onUpdate })))).toBe(
      enough,
    )
    await world.until(world.queue.idle())
    expect(world.seen('POST', /cancel$/)).toHaveLength(1)
    expect(await world.leftovers()).toEqual(nothing)
  })

  it('of one that runs gives its place on at once, also while a look is under way', async () => {
    let isSlow = false
    const world = new FineTuneWorld()
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const response = await world.fetch(input, init)
      const isLook = init?.method === undefined
      if (isSlow && isLook)
        await new Promise<void>((resolve) => void world.clock.setTimer(resolve, 5_000))
      return response
    }
    const queue = createFineTuneQueue({ ...world.api, fetch })
    const controller = new AbortController()
    const { signal } = controller
    const failing = failureOf(queue.add(job('own'), { signal }))
    const others = ['a', 'b', 'c'].map((name) => queue.add(job(name)))
    await world.clock.run(10_000)
    const { length } = world.looks
    while (world.looks.length === length) await world.clock.run(1)
    // It has seen the job run; its answer takes longer than the cancellation.
    isSlow = true
    controller.abort(enough)
    expect(await world.until(failing)).toBe(enough)
    isSlow = false
    await world.clock.run(6_000)
    expect(world.jobs()).toHaveLength(4)
    await world.until(Promise.all(others))
  })

  it('leaves no listener behind', async () => {
    const world = new FineTuneWorld()
    const controller = new AbortController()
    const { signal } = controller
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1
      remove(...args)
    }
    await world.until(world.queue.add(job('a'), { signal }))
    await failureOf(world.until(world.queue.follow('ft-none', { signal })))
    expect(listeners).toBe(0)
  })
})

/** The server acts, and the answer never comes. */
function neverAnswering(world: FineTuneWorld): typeof fetch {
  return async (input, init) => {
    const isNew = typeof input === 'string' && input.endsWith('/fine-tunes')
    if (!isNew || typeof init?.body !== 'string') return world.fetch(input, init)
    world.ask('POST', '/v1/fine-tunes', JSON.parse(init.body))
    return new Promise((_resolve, reject) => {
      init.signal?.addEventListener('abort', () => reject(init.signal?.reason))
    })
  }
}
