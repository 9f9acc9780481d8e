/**
 * Whatever goes wrong, no job is doubled, lost, or left running that nobody waits for.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFineTuneQueue, type FineTuneQueue } from '../../src/batch/index.ts'
import { createSeededRandom } from '../../src/core/random.ts'
import type { FaultAction, FaultRule } from '../../src/server/index.ts'
import { FineTuneWorld, job, nothing, type MockJob } from '../helpers/fine-tune-world.ts'
import type { VirtualClock } from '../helpers/virtual-clock.ts'

const minuteMs = 60_000
/** Then the faults stop. */
const troubleMs = 240 * minuteMs

interface Scenario {
  readonly seed: number
  readonly faults: readonly { readonly action: FaultAction; readonly perMille: number }[]
  readonly adds: readonly {
    readonly atMs: number
    readonly file: number
    readonly abortAfterMs: number | undefined
  }[]
  readonly foreign: readonly { readonly atMs: number; readonly cancelAfterMs: number }[]
}

const actions: FaultAction[] = [
  { kind: 'status', status: 500 },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 429 },
  { kind: 'status', status: 409 },
  { kind: 'drop', when: 'before' },
  { kind: 'drop', when: 'after' },
  { kind: 'malformed' },
]

const instants = fc.oneof(fc.constant(0), fc.nat(300), fc.nat(troubleMs))

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.nat(1_000),
  faults: fc.array(
    fc.record({ action: fc.constantFrom(...actions), perMille: fc.integer({ min: 10, max: 300 }) }),
    { maxLength: 4 },
  ),
  adds: fc.array(
    fc.record({
      atMs: instants,
      // Some are alike, so that only their number tells a doubled one.
      file: fc.nat(6),
      abortAfterMs: fc.oneof(fc.constant(undefined), instants),
    }),
    { minLength: 1, maxLength: 10 },
  ),
  foreign: fc.array(fc.record({ atMs: instants, cancelAfterMs: instants }), { maxLength: 8 }),
})

interface Course {
  readonly world: FineTuneWorld
  readonly spy: Spy
  /** Of each add: its file, the id that it was told of, and how it ended. */
  readonly ends: readonly { file: string; id: string | undefined; end: string }[]
}

async function runThrough({ seed, faults, adds, foreign }: Scenario): Promise<Course> {
  const match = { endpoint: 'fine-tunes', toMs: troubleMs } as const
  const rules: FaultRule[] = faults.map(({ action, perMille }) => {
    return { match: { ...match, perMille }, do: action }
  })
  const world = new FineTuneWorld({ mock: { seed, faults: rules } })
  const spy = new Spy(world.fetch)
  const random = createSeededRandom(seed, 'queue')
  const options = { ...world.api, fetch: spy.watch, random, outageMsMax: Infinity }
  const queue = createFineTuneQueue(options)
  for (const [index, { atMs, cancelAfterMs }] of foreign.entries()) {
    world.clock.setTimer(() => {
      const id = world.startForeign(`foreign-${index}`)
      if (id !== undefined) world.clock.setTimer(() => world.cancelForeign(id), cancelAfterMs)
    }, atMs)
  }
  const ends = await world.until(Promise.all(adds.map((add) => follow(world.clock, queue, add))))
  await world.until(queue.idle())
  // From here on the test asks.
  world.mock.setFaults([])
  return { world, spy, ends }
}

async function follow(
  clock: VirtualClock,
  queue: FineTuneQueue,
  add: Scenario['adds'][number],
): Promise<Course['ends'][number]> {
  await new Promise<void>((resolve) => void clock.setTimer(resolve, add.atMs))
  const controller = new AbortController()
  let id: string | undefined
  const name = `own-${add.file}`
  const adding = queue.add(job(name), {
    signal: controller.signal,
    onUpdate: (seen) => (id = seen.id),
  })
  if (add.abortAfterMs !== undefined) {
    clock.setTimer(() => controller.abort(new Error('enough')), add.abortAfterMs)
  }
  const end = await adding.then(
    ({ status }) => status,
    (error: unknown) => (error instanceof Error ? error.message : 'no error'),
  )
  return { file: `file-${name}`, id, end }
}

describe('FineTuneQueue', () => {
  it(
    'starts each job once, settles each call once, and leaves nothing behind',
    { timeout: 120_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(scenarios, async (scenario) => {
          const { world, spy, ends } = await runThrough(scenario)
          const jobs = new Map(ownJobs(world).map((each) => [each.id, each]))
          // Each has its end, and each that was told of is there, once.
          expect(ends.filter(({ end }) => end !== 'completed' && end !== 'enough')).toEqual([])
          const told = ends.flatMap(({ id }) => (id === undefined ? [] : [id]))
          expect(new Set(told).size).toBe(told.length)
          expect([...jobs.keys()].toSorted()).toEqual(told.toSorted())
          for (const { id = '', file, end } of ends) {
            const status = jobs.get(id)?.status
            if (end === 'completed')
              expect([jobs.get(id)?.training_file, status]).toEqual([file, end])
            else expect(['cancelled', 'completed', undefined]).toContain(status)
          }
          expect(spy.blind).toBe(0)
          // Those of the others.
          await world.clock.run(2 * troubleMs)
          expect(await world.leftovers()).toEqual(nothing)
        }),
        { numRuns: 40 },
      )
    },
  )
})

function ownJobs(world: FineTuneWorld): MockJob[] {
  return world.jobs().filter(({ training_file: file }) => file.startsWith('file-own'))
}

/** What the queue sends, and what it has been shown. */
class Spy {
  /** New jobs that were sent without a look that showed a place and began after the last refusal. */
  blind = 0
  #mayAsk = false

  readonly fetch: typeof globalThis.fetch

  constructor(fetch: typeof globalThis.fetch) {
    this.fetch = fetch
  }

  watch: typeof globalThis.fetch = async (input, init) => {
    const isOfJobs = typeof input === 'string' && input.endsWith('/fine-tunes')
    if (!isOfJobs) return this.fetch(input, init)
    if (init?.method === 'POST') {
      if (!this.#mayAsk) this.blind += 1
      const response = await this.fetch(input, init)
      this.#mayAsk = response.status === 200
      return response
    }
    const response = await this.fetch(input, init)
    const jobs = await response
      .clone()
      .json()
      .then(
        ({ data }: { data: MockJob[] }) => data,
        () => undefined,
      )
    const ended = ['completed', 'cancelled']
    const running = jobs?.filter(({ status }) => !ended.includes(status)).length ?? 3
    this.#mayAsk = running < 3
    return response
  }
}
