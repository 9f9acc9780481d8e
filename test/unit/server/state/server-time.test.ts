import { describe, expect, it } from 'vitest'
import {
  secondsUntil,
  ServerTime,
  wholeSecondsUntil,
} from '../../../../src/server/state/server-time.ts'

describe('ServerTime', () => {
  it('never goes back', () => {
    const time = new ServerTime(0)
    expect([5, 3, 5, 7].map((nowMs) => time.advance(nowMs))).toEqual([5, 5, 5, 7])
  })

  it('stands still where the instant is not finite', () => {
    const time = new ServerTime(0)
    expect(time.advance(NaN)).toBe(0)
    expect(time.advance(9)).toBe(9)
    expect(time.advance(NaN)).toBe(9)
    expect(time.advance(Infinity)).toBe(9)
  })

  it('ties instants to the calendar', () => {
    const time = new ServerTime(1_767_225_600_000)
    expect(time.unixSeconds(1_999)).toBe(1_767_225_601)
    expect(time.isoTime(61_000)).toBe('2026-01-01T00:01:01Z')
    expect(time.httpDate(999)).toBe('Thu, 01 Jan 2026 00:00:00 GMT')
    expect(time.httpDate(1_000)).toBe('Thu, 01 Jan 2026 00:00:01 GMT')
  })

  it('rounds a date that must not be early up to a whole second', () => {
    const time = new ServerTime(1_767_225_600_000)
    expect(time.httpDateNotBefore(1)).toBe('Thu, 01 Jan 2026 00:00:01 GMT')
    expect(time.httpDateNotBefore(2_000)).toBe('Thu, 01 Jan 2026 00:00:02 GMT')
  })
})

describe('waits as text', () => {
  it.each([
    [1_500, 0, '1.5', '2'],
    [1_500.2, 0, '1.501', '2'],
    [2_000, 1_000, '1', '1'],
    [1_001, 1_000, '0.001', '1'],
    [1_000, 1_000, '0', '0'],
    [0, 1_000, '0', '0'],
  ])('names the wait until %d at %d', (dueMs, nowMs, seconds, wholeSeconds) => {
    expect(secondsUntil(dueMs, nowMs)).toBe(seconds)
    expect(wholeSecondsUntil(dueMs, nowMs)).toBe(wholeSeconds)
  })

  it('is long enough in floating point too', () => {
    for (let waitMs = 1; waitMs <= 60_000; waitMs += 1) {
      const seconds = Number(secondsUntil(waitMs, 0))
      if (seconds * 1_000 < waitMs) expect.fail(`${seconds} s is shorter than ${waitMs} ms`)
    }
  })
})
