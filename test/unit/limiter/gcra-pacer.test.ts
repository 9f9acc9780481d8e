import { describe, expect, it } from 'vitest'
import { GcraPacer } from '../../../src/limiter/gcra-pacer.ts'

function createPacer(emissionIntervalMs: number, burst: number): GcraPacer {
  return new GcraPacer('chat', { emissionIntervalMs, burst, costMax: 600 })
}

function take(pacer: GcraPacer, grantedAtMs: number, cost = 1): void {
  pacer.take({ grantedAtMs, cost, isSettled: false })
}

describe('GcraPacer', () => {
  // 100 ms an interval, burst 3, all steps in one go: what is asked, and from when it conforms.
  it.each([
    { what: 'a fresh bucket', nowMs: 0, taken: 0, cost: 1, allowAtMs: 0 },
    { what: 'the whole burst', nowMs: 0, taken: 0, cost: 3, allowAtMs: 0 },
    { what: 'the last of the burst', nowMs: 0, taken: 2, cost: 1, allowAtMs: 0 },
    { what: 'one past the burst', nowMs: 0, taken: 3, cost: 1, allowAtMs: 100 },
    { what: 'two past the burst', nowMs: 0, taken: 3, cost: 2, allowAtMs: 200 },
    { what: 'a full burst again', nowMs: 0, taken: 3, cost: 3, allowAtMs: 300 },
    { what: 'more than the burst, from a full bucket', nowMs: 0, taken: 0, cost: 5, allowAtMs: 0 },
    { what: 'more than the burst, after one', nowMs: 0, taken: 1, cost: 5, allowAtMs: 100 },
    { what: 'one after a debt of 5', nowMs: 0, taken: 5, cost: 1, allowAtMs: 300 },
    { what: 'one, part of an interval later', nowMs: 50, taken: 3, cost: 1, allowAtMs: 100 },
  ])('allows $what', ({ nowMs, taken, cost, allowAtMs }) => {
    const pacer = createPacer(100, 3)
    if (taken > 0) take(pacer, 0, taken)
    expect(pacer.allowAtMs(nowMs, cost)).toBe(allowAtMs)
  })

  it('lets pass what is asked at exactly the instant it named, for awkward intervals too', () => {
    for (const interval of [100 / 3, 60_000 / 7_000, 0.1, 1_000 / 0.9 / 7]) {
      const pacer = createPacer(interval, 4)
      let nowMs = 0.3
      for (let count = 0; count < 2_000; count += 1) {
        nowMs = pacer.allowAtMs(nowMs, 1)
        expect(pacer.allowAtMs(nowMs, 1)).toBe(nowMs)
        take(pacer, nowMs)
      }
      expect(nowMs).toBeCloseTo(0.3 + 1_996 * interval, 4)
    }
  })

  it('does not give away part of the burst to rounding', () => {
    const pacer = createPacer(0.1, 10)
    for (let count = 0; count < 10; count += 1) {
      expect(pacer.allowAtMs(0.7, 1)).toBe(0.7)
      take(pacer, 0.7)
    }
    expect(pacer.allowAtMs(0.7, 1)).toBeCloseTo(0.8, 6)
  })

  it('says what a grant now would cost a later one', () => {
    const pacer = createPacer(100, 3)
    expect(pacer.allowAfterMs(0, { costTaken: 2, cost: 1 })).toBe(0)
    expect(pacer.allowAfterMs(0, { costTaken: 3, cost: 1 })).toBe(100)
    expect(pacer.allowAtMs(0, 3)).toBe(0)
  })

  it('goes one at a time after it was emptied', () => {
    const pacer = createPacer(100, 3)
    pacer.empty(1_000)
    for (const atMs of [1_000, 1_100, 1_200]) {
      expect(pacer.allowAtMs(0, 1)).toBe(atMs)
      take(pacer, atMs)
    }
    expect(pacer.allowAtMs(5_000, 3)).toBe(5_000)
  })

  it('does not shorten a debt when it is emptied', () => {
    const pacer = createPacer(100, 3)
    take(pacer, 0, 50)
    pacer.empty(10)
    expect(pacer.allowAtMs(10, 1)).toBe(4_800)
  })

  it('shortens waits when the rate grows, and does not prolong them when it shrinks', () => {
    const pacer = new GcraPacer('chat', rate(100))
    take(pacer, 0)
    pacer.setRate(50, rate(10))
    expect(pacer.allowAtMs(50, 1)).toBe(55)
    pacer.setRate(50, rate(1_000))
    expect(pacer.allowAtMs(50, 1)).toBe(55)
    take(pacer, 55)
    expect(pacer.allowAtMs(55, 1)).toBe(1_055)
  })

  it('counts an interval for every request ahead, from the end of a pause on without a burst', () => {
    const pacer = createPacer(100, 3)
    const behind = { costAhead: 600, cost: 1, pausedUntilMs: -Infinity }
    expect(pacer.earliestAtMs(0, behind)).toBe(59_800)
    expect(pacer.earliestAtMs(0, { ...behind, pausedUntilMs: 1_000 })).toBe(61_000)
    expect(pacer.earliestAtMs(0, { ...behind, costAhead: 0, pausedUntilMs: 1_000 })).toBe(1_000)
  })
})

function rate(emissionIntervalMs: number) {
  return { emissionIntervalMs, burst: 1, costMax: 9 }
}
