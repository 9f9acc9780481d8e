/**
 * Aborts and closings at any moment of batch runs and fine-tune queues, also while answers are lost: nothing that is paid
 * for goes on unseen, and nothing is left that could ever do anything.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runBatch } from '../../src/index.ts'
import type { FaultRule } from '../../src/server/index.ts'
import { FineTuneWorld, job, nothing } from '../helpers/fine-tune-world.ts'
import { batchesOf, chats, open } from '../helpers/jobs-world.ts'

type Endpoint = 'batches' | 'fine-tunes'

const kinds = ['none', 'lost', 'first lost', 'limited', 'sometimes lost'] as const

function faultsOf(kind: (typeof kinds)[number], endpoint: Endpoint): FaultRule[] {
  const match = { endpoint, method: 'POST' } as const
  const lose = { kind: 'drop', when: 'after' } as const
  if (kind === 'none') return []
  if (kind === 'lost') return [{ match, do: lose }]
  if (kind === 'first lost') return [{ match: { ...match, nth: 1 }, do: lose }]
  if (kind === 'sometimes lost') return [{ match: { ...match, perMille: 400 }, do: lose }]
  return [{ match, do: { kind: 'status', status: 429 } }]
}

/** Early, when everything is being begun, or at any moment until the end. */
const moments = fc.oneof(fc.nat(800), fc.nat(600_000))
const plans = fc.record({ kind: fc.constantFrom(...kinds), ms: moments, seed: fc.nat(100) })
const enough = new Error('enough')

describe('an abort at any moment', () => {
  it('of a batch run rejects at that moment, and leaves no batch in flight', async () => {
    const property = fc.asyncProperty(plans, async ({ kind, ms, seed }) => {
      const world = open({ mock: { seed, faults: faultsOf(kind, 'batches') } })
      const controller = new AbortController()
      const running = runBatch(chats(250), { ...world.api, signal: controller.signal })
      world.clock.setTimer(() => {
        world.mock.setFaults([])
        controller.abort(enough)
      }, ms)
      expect(await world.until(Promise.allSettled([running]))).toMatchObject([{ reason: enough }])
      expect(world.clock.now()).toBe(ms)
      await world.clock.run(60_000)
      const statuses = batchesOf(world).map(({ status }) => status)
      expect(statuses.filter((status) => !/^(?:CANCELLED|COMPLETED)$/.test(status))).toEqual([])
      expect({ timers: world.clock.timerCount, underWay: world.underWay }).toEqual(nothing)
    })
    await fc.assert(property, { numRuns: 80, seed: 7 })
  })

  it('of fine-tunes leaves no job running', async () => {
    const property = fc.asyncProperty(plans, async ({ kind, ms, seed }) => {
      const world = openFineTunes(kind, seed)
      const controller = new AbortController()
      const { signal } = controller
      const adding = ['a', 'b', 'c', 'd'].map((name) => world.queue.add(job(name), { signal }))
      world.clock.setTimer(() => {
        world.mock.setFaults([])
        controller.abort(enough)
      }, ms)
      const settled = await world.until(Promise.allSettled(adding))
      expect(settled).toMatchObject(adding.map(() => ({ reason: enough })))
      await world.until(world.queue.idle())
      expect(world.unfinished()).toEqual([])
      expect(await world.leftovers()).toEqual(nothing)
    })
    await fc.assert(property, { numRuns: 80, seed: 8 })
  })
})

describe('a queue that is closed at any moment', () => {
  it('names every job that goes on', async () => {
    const property = fc.asyncProperty(plans, async ({ kind, ms, seed }) => {
      const world = openFineTunes(kind, seed)
      const settling = Promise.allSettled(['a', 'b', 'c'].map((name) => world.queue.add(job(name))))
      await world.clock.run(ms)
      world.mock.setFaults([])
      await world.until(world.queue.close())
      const named = (await settling).map((each) => {
        return each.status === 'fulfilled'
          ? each.value.id
          : Reflect.get(Object(each.reason), 'jobId')
      })
      const unnamed = world.unfinished().filter(({ id }) => !named.includes(id))
      expect(unnamed).toEqual([])
      expect(await world.leftovers()).toEqual(nothing)
    })
    await fc.assert(property, { numRuns: 80, seed: 9 })
  })
})

function openFineTunes(kind: (typeof kinds)[number], seed: number): FineTuneWorld {
  const jobDurationMs = { min: 700_000, max: 700_000 }
  return new FineTuneWorld({ mock: { seed, faults: faultsOf(kind, 'fine-tunes'), jobDurationMs } })
}
