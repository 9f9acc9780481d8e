import { describe, expect, it } from 'vitest'
import { fullJitterMs, hintJitterMs, placeWaitMs } from '../../../src/retry/backoff.ts'

describe('fullJitterMs', () => {
  it.each([
    [0, 500],
    [1, 1_000],
    [2, 2_000],
    [5, 16_000],
    [6, 20_000],
    [1_000_000, 20_000],
  ])('has after %i retries a ceiling of %i ms', (retry, ceilingMs) => {
    const options = { retry, baseMs: 500, delayMsMax: 20_000 }
    expect(fullJitterMs({ ...options, unit: 0.5 })).toBe(ceilingMs / 2)
    expect(fullJitterMs({ ...options, unit: 0 })).toBe(0)
  })

  it('is nothing where the base or the cap is', () => {
    const retry = 1e15
    expect(fullJitterMs({ unit: 0.9, retry, baseMs: 0, delayMsMax: 20_000 })).toBe(0)
    expect(fullJitterMs({ unit: 0.9, retry, baseMs: 500, delayMsMax: 0 })).toBe(0)
  })
})

describe('hintJitterMs', () => {
  it.each([
    [0, 0],
    [1_000, 50],
    [10_000, 500],
    [120_000, 500],
  ])('adds to %i ms at half the draw %i ms', (hintMs, addedMs) => {
    expect(hintJitterMs({ unit: 0.5, hintMs })).toBe(addedMs)
  })
})

describe('placeWaitMs', () => {
  it('asks again after 30 to 60 s', () => {
    expect(placeWaitMs(0)).toBe(30_000)
    expect(placeWaitMs(0.5)).toBe(45_000)
  })
})
