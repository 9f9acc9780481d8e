import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inOrder } from '../../src/batch/in-order.ts'
import { watch } from '../helpers/fetch-world.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

interface Step {
  /** To read the item, to work on it, and to use its result. */
  readonly readMs: number
  readonly workMs: number
  readonly useMs: number
  readonly fails: boolean
}

const steps = fc.array(
  fc.record({
    readMs: fc.oneof(fc.constant(0), fc.nat(20)),
    workMs: fc.oneof(fc.constant(0), fc.nat(100)),
    useMs: fc.oneof(fc.constant(0), fc.nat(50)),
    fails: fc.constant(false),
  }),
  { maxLength: 40 },
)
const bounds = fc
  .tuple(fc.integer({ min: 1, max: 8 }), fc.nat(10))
  .map(([workingMax, more]) => ({ workingMax, aheadMax: workingMax + more }))

interface Course {
  readonly results: number[]
  readonly begun: number
  readonly workingMost: number
  /** Most that were begun and not yet taken. */
  readonly aheadMost: number
  readonly error: unknown
  readonly isSourceClosed: boolean
}

async function runThrough(
  items: readonly Step[],
  given: { workingMax: number; aheadMax: number },
): Promise<Course> {
  const clock = new VirtualClock()
  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      clock.setTimer(resolve, ms)
    })
  const course = { begun: 0, working: 0, workingMost: 0, aheadMost: 0, isSourceClosed: false }
  const results: number[] = []
  let taken = 0
  async function* source(): AsyncGenerator<number> {
    try {
      for (const [index, { readMs }] of items.entries()) {
        if (readMs > 0) await sleep(readMs)
        yield index
      }
    } finally {
      course.isSourceClosed = true
    }
  }
  const work = async (index: number): Promise<number> => {
    course.begun += 1
    course.working += 1
    course.workingMost = Math.max(course.workingMost, course.working)
    course.aheadMost = Math.max(course.aheadMost, course.begun - taken)
    await sleep(items[index]?.workMs ?? 0)
    course.working -= 1
    if (items[index]?.fails === true) throw new Error(`item ${index}`)
    return index
  }
  const consume = async (): Promise<unknown> => {
    try {
      for await (const index of inOrder(source(), work, given)) {
        results.push(index)
        taken += 1
        await sleep(items[index]?.useMs ?? 0)
      }
      return undefined
    } catch (error) {
      return error
    }
  }
  const outcome = watch(consume())
  while (!outcome.isSettled) {
    await clock.run(1_000)
    if (clock.now() > 1e6) throw new Error('it never ends')
  }
  return { ...course, results, error: outcome.value }
}

describe('inOrder', () => {
  it('hands out every result once, in order, and keeps its bounds', async () => {
    await fc.assert(
      fc.asyncProperty(steps, bounds, async (items, given) => {
        const course = await runThrough(items, given)
        expect(course.error).toBeUndefined()
        expect(course.results).toEqual(items.map((_, index) => index))
        expect(course.workingMost).toBeLessThanOrEqual(given.workingMax)
        expect(course.aheadMost).toBeLessThanOrEqual(given.aheadMax)
        expect(course.isSourceClosed).toBe(true)
      }),
    )
  })

  it('works on as many as it may', async () => {
    const items = Array.from({ length: 30 }, () => ({
      readMs: 0,
      workMs: 10,
      useMs: 0,
      fails: false,
    }))
    const { workingMost } = await runThrough(items, { workingMax: 5, aheadMax: 20 })
    expect(workingMost).toBe(5)
  })

  it('hands out what was begun when one fails, and then fails', async () => {
    const failing = fc
      .tuple(steps, fc.nat())
      .filter(([items]) => items.length > 0)
      .map(([items, at]) =>
        items.map((step, index) => ({ ...step, fails: index === at % items.length })),
      )
    await fc.assert(
      fc.asyncProperty(failing, bounds, async (items, given) => {
        const bad = items.findIndex(({ fails }) => fails)
        const course = await runThrough(items, given)
        expect(course.error).toMatchObject({ message: `item ${bad}` })
        const begun = Array.from({ length: course.begun }, (_, index) => index)
        expect(course.results).toEqual(begun.filter((index) => index !== bad))
      }),
    )
  })
})
