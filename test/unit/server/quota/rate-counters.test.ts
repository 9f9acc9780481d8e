import { describe, expect, it } from 'vitest'
import { FixedWindow } from '../../../../src/server/quota/fixed-window.ts'
import { Gcra } from '../../../../src/server/quota/gcra.ts'
import { SlidingLog } from '../../../../src/server/quota/sliding-log.ts'
import { TokenBucket } from '../../../../src/server/quota/token-bucket.ts'
import type { RateCounter } from '../../../../src/server/quota/rate-counter.ts'

const limit = { max: 3, windowMs: 1_000 }

function chargeTimes(counter: RateCounter, count: number, nowMs: number): void {
  for (let index = 0; index < count; index += 1) counter.charge(nowMs, 1)
}

describe('FixedWindow', () => {
  it('starts again at its phase and not before', () => {
    const counter = new FixedWindow(limit, 250)
    chargeTimes(counter, 3, 1_100)
    expect(counter.remaining(1_249)).toBe(0)
    expect(counter.allowAtMs(1_249, 1)).toBe(1_250)
    expect(counter.remaining(1_250)).toBe(3)
  })

  it('begins windows before a negative phase too', () => {
    const counter = new FixedWindow(limit, -300)
    chargeTimes(counter, 3, 0)
    expect(counter.allowAtMs(0, 1)).toBe(700)
  })

  it('keeps its precision with a phase far away', () => {
    const counter = new FixedWindow(limit, 9e15)
    chargeTimes(counter, 3, 0.25)
    expect(counter.allowAtMs(0.25, 1)).toBe(1_000)
  })

  it('counts at an instant where the division by the window rounds down', () => {
    const drawn = { max: 3, windowMs: 29_917 }
    const counter = new FixedWindow(drawn, 12_048.377502054806)
    const nowMs = 131_716.3775020548
    chargeTimes(counter, 3, nowMs)
    expect(counter.remaining(nowMs)).toBe(0)
  })

  it('lets twice the limit through around a boundary', () => {
    const counter = new FixedWindow(limit, 0)
    chargeTimes(counter, 3, 999)
    expect(counter.remaining(1_000)).toBe(3)
  })
})

describe('SlidingLog', () => {
  it('forgets a request exactly one window after it was counted', () => {
    const counter = new SlidingLog(limit)
    chargeTimes(counter, 1, 0)
    chargeTimes(counter, 2, 400)
    expect(counter.remaining(999.999)).toBe(0)
    expect(counter.allowAtMs(999.999, 1)).toBe(1_000)
    expect(counter.remaining(1_000)).toBe(1)
  })

  it('keeps the newest requests where more than the limit are counted', () => {
    const counter = new SlidingLog(limit)
    chargeTimes(counter, 3, 0)
    chargeTimes(counter, 1, 500)
    expect(counter.remaining(1_000)).toBe(2)
    chargeTimes(counter, 2, 1_000)
    expect(counter.allowAtMs(1_000, 1)).toBe(1_500)
  })

  it('remembers under a smaller limit what the larger one will ask for', () => {
    const counter = new SlidingLog(limit)
    counter.charge(0, 1)
    counter.resize(1)
    counter.charge(100, 1)
    counter.resize(3)
    expect(counter.remaining(200)).toBe(1)
  })
})

describe('TokenBucket', () => {
  it('starts full and refills evenly', () => {
    const counter = new TokenBucket(limit)
    expect(counter.remaining(0)).toBe(3)
    chargeTimes(counter, 3, 0)
    expect(counter.remaining(333)).toBe(0)
    expect(counter.allowAtMs(333, 1)).toBeCloseTo(1_000 / 3)
    expect(counter.remaining(counter.allowAtMs(333, 1))).toBe(1)
  })

  it('never holds more than its size', () => {
    const counter = new TokenBucket(limit)
    chargeTimes(counter, 1, 0)
    expect(counter.remaining(1e9)).toBe(3)
  })

  it('does not go into debt when a refused request is counted', () => {
    const counter = new TokenBucket(limit)
    chargeTimes(counter, 10, 0)
    expect(counter.remaining(1_000)).toBe(3)
  })

  it('admits a client that sends exactly at the rate, for an hour', () => {
    const counter = new TokenBucket({ max: 7, windowMs: 1_000 })
    chargeTimes(counter, 7, 0)
    for (let index = 1; index <= 25_200; index += 1) {
      const nowMs = (index * 1_000) / 7
      expect(counter.remaining(nowMs)).toBeGreaterThanOrEqual(1)
      counter.charge(nowMs, 1)
    }
  })
})

describe('Gcra', () => {
  it('owes units, not time: with a larger quota the next one comes sooner', () => {
    const counter = new Gcra({ max: 10, windowMs: 1_000 }, 1_000)
    counter.charge(0, 30)
    expect(counter.allowAtMs(1_000, 1)).toBe(2_100)
    counter.resize(20)
    expect(counter.allowAtMs(1_000, 1)).toBe(1_050)
    counter.resize(10)
    expect(counter.allowAtMs(1_000, 1)).toBe(2_100)
  })

  it('names no wait at the end of which a larger quota refuses', () => {
    const counter = new Gcra({ max: 100, windowMs: 10_000 }, 1_000)
    counter.charge(0, 39)
    const namedMs = counter.allowAtMs(1_000, 30)
    counter.resize(300)
    expect(counter.allowAtMs(namedMs, 30)).toBe(namedMs)
  })
})

describe('RateCounter', () => {
  const counters = [
    new FixedWindow(limit, 0),
    new SlidingLog(limit),
    new TokenBucket(limit),
  ] as const

  it.each(counters)('is idle only when forgetting it changes nothing: %o', (counter) => {
    expect(counter.isIdle(0)).toBe(true)
    counter.charge(0, 1)
    expect(counter.isIdle(300)).toBe(false)
    expect(counter.isIdle(1_000)).toBe(true)
  })
})
