import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GcraPacer } from '../../src/limiter/gcra-pacer.ts'
import { WaitQueue } from '../../src/limiter/wait-queue.ts'
import { LeakyBucket } from '../helpers/limiter-model.ts'

const pacerSteps = fc.array(
  fc.record({
    kind: fc.constantFrom('take', 'take', 'take', 'take', 'empty'),
    gapMs: fc.oneof(fc.nat(5), fc.nat(500), fc.nat(20_000)),
    cost: fc.integer({ min: 1, max: 8 }),
  }),
  { maxLength: 60, size: 'max' },
)

describe('GcraPacer', () => {
  it('allows what a leaky bucket of the burst has room for, and a debt where it is empty', () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 1, max: 6 }),
      pacerSteps,
      (perMinute, burst, steps) => {
        const intervalMs = 60_000 / perMinute
        const pacer = new GcraPacer('p', { emissionIntervalMs: intervalMs, burst, costMax: 99 })
        const bucket = new LeakyBucket(intervalMs, burst)
        let nowMs = 0
        for (const { kind, gapMs, cost } of steps) {
          nowMs += gapMs
          if (kind === 'empty') {
            pacer.empty(nowMs)
            bucket.leak(nowMs)
            bucket.level = Math.max(bucket.level, burst - 1)
            continue
          }
          const spare = bucket.spare(nowMs, cost)
          const allowAtMs = pacer.allowAtMs(nowMs, cost)
          const missingMs = Math.max(0, -spare * intervalMs)
          expect(allowAtMs - nowMs).toBeCloseTo(missingMs, 4)
          if (allowAtMs > nowMs) continue
          pacer.take({ grantedAtMs: nowMs, cost, isSettled: false })
          bucket.fill(nowMs, cost)
        }
      },
    )
    fc.assert(property, { numRuns: 300 })
  })

  it('never lets more than burst + rate x time pass in any span, for costs up to the burst', () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.array(fc.tuple(fc.nat(900), fc.integer({ min: 1, max: 6 })), {
        maxLength: 80,
        size: 'max',
      }),
      (burst, calls) => {
        const pacer = new GcraPacer('p', { emissionIntervalMs: 100, burst, costMax: 99 })
        const passed: { atMs: number; cost: number }[] = []
        let nowMs = 0
        for (const [gapMs, wanted] of calls) {
          nowMs += gapMs
          const cost = Math.min(wanted, burst)
          if (pacer.allowAtMs(nowMs, cost) > nowMs) continue
          pacer.take({ grantedAtMs: nowMs, cost, isSettled: false })
          passed.push({ atMs: nowMs, cost })
        }
        for (const [index, first] of passed.entries()) {
          let sum = 0
          for (const { atMs, cost } of passed.slice(index)) {
            sum += cost
            if (sum > burst + (atMs - first.atMs) / 100 + 1e-6) throw new Error(`${sum} by ${atMs}`)
          }
        }
      },
    )
    fc.assert(property, { numRuns: 200 })
  })

  it('reaches its rate in the long run, whatever the costs', () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 30, maxLength: 60, size: 'max' }),
      (burst, costs) => {
        const pacer = new GcraPacer('p', { emissionIntervalMs: 7.3, burst, costMax: 99 })
        let nowMs = 0
        let sum = 0
        for (const cost of costs) {
          nowMs = pacer.allowAtMs(nowMs, cost)
          pacer.take({ grantedAtMs: nowMs, cost, isSettled: false })
          sum += cost
        }
        const last = costs.at(-1) ?? 0
        expect(nowMs).toBeLessThanOrEqual((sum - last) * 7.3 + 1e-3)
        expect(nowMs).toBeGreaterThanOrEqual((sum - Math.max(burst, last)) * 7.3 - 1e-3)
      },
    )
    fc.assert(property, { numRuns: 200 })
  })
})

interface Item {
  rank: number
  sequence: number
  cost: number
  tokens: number
  hasLeft: boolean
}

const queueSteps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('add' as const), value: fc.nat(20) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('shift' as const), value: fc.nat(0) }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('cancel' as const), value: fc.nat(400) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('ahead' as const), value: fc.nat(20) }) },
  ),
  { maxLength: 400, size: 'max' },
)

function byRank(left: Item, right: Item): number {
  return left.rank - right.rank || left.sequence - right.sequence
}

function sumOf(items: Item[]): { cost: number; tokens: number; tokensLargest: number } {
  return {
    cost: items.reduce((sum, item) => sum + item.cost, 0),
    tokens: items.reduce((sum, item) => sum + item.tokens, 0),
    tokensLargest: Math.max(0, ...items.map(({ tokens }) => tokens)),
  }
}

describe('WaitQueue', () => {
  it('equals a sorted array', () => {
    const property = fc.property(queueSteps, fc.nat(3), (steps, slope) => {
      const queue = new WaitQueue<Item>()
      let sorted: Item[] = []
      const all: Item[] = []
      for (const [sequence, { kind, value }] of steps.entries()) {
        if (kind === 'add') {
          // A slope makes ranks grow with time, as they do in practice.
          const item = {
            rank: value + slope * sequence,
            sequence,
            cost: 1 + (value % 3),
            tokens: value * 50,
            hasLeft: false,
          }
          queue.enqueue(item)
          all.push(item)
          sorted = [...sorted, item].toSorted(byRank)
        } else if (kind === 'shift') {
          if (queue.shift() !== sorted.shift()) throw new Error('another call is taken')
        } else if (kind === 'cancel') {
          const item = all[value % Math.max(1, all.length)]
          if (item !== undefined) expect(queue.cancel(item)).toBe(sorted.includes(item))
          sorted = sorted.filter((each) => each !== item)
        } else {
          const rank = value + slope * sequence
          const ahead = sumOf(sorted.filter((item) => item.rank <= rank))
          const told = queue.demandAhead(rank)
          expect(told.cost).toBeLessThanOrEqual(ahead.cost)
          expect(told.tokens).toBeLessThanOrEqual(ahead.tokens)
          expect(told.tokensLargest).toBeGreaterThanOrEqual(ahead.tokensLargest)
          expect(queue.demandAhead(Infinity)).toMatchObject({
            cost: sumOf(sorted).cost,
            tokens: sumOf(sorted).tokens,
          })
        }
        // Plain comparisons: an `expect` costs more than the whole step.
        if (queue.length !== sorted.length) throw new Error(`length ${queue.length}`)
        if (queue.peek() !== sorted[0]) throw new Error('another call is first')
      }
    })
    fc.assert(property, { numRuns: 300 })
  })
})
