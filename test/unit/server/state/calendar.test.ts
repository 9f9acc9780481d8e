import { describe, expect, it } from 'vitest'
import { formatHttpDate, formatIsoTime } from '../../../../src/server/state/calendar.ts'

describe('calendar', () => {
  const instants = [
    0,
    951_782_399_000,
    951_782_400_000, // 29 February 2000
    951_868_800_000,
    1_709_164_800_000, // 29 February 2024
    1_767_225_599_999,
    4_107_542_400_000, // 1 March 2100, not a leap year
    253_402_300_799_999,
  ]

  it.each(instants)('formats %d as the host does', (unixMs) => {
    expect(formatHttpDate(unixMs)).toBe(new Date(unixMs).toUTCString())
    expect(formatIsoTime(unixMs)).toBe(`${new Date(unixMs).toISOString().slice(0, 19)}Z`)
  })

  it('agrees with the host on each day of four centuries', () => {
    for (let day = 0; day < 146_097; day += 1) {
      const unixMs = day * 86_400_000 + (day % 86_400) * 1_000
      if (formatHttpDate(unixMs) !== new Date(unixMs).toUTCString()) {
        expect.fail(`${formatHttpDate(unixMs)} is not ${new Date(unixMs).toUTCString()}`)
      }
    }
  })

  it('drops parts of a second, also those of fractional milliseconds', () => {
    expect(formatHttpDate(1_999.9)).toBe('Thu, 01 Jan 1970 00:00:01 GMT')
  })

  it.each([
    [1e300, 'Fri, 31 Dec 9999 23:59:59 GMT', '9999-12-31T23:59:59Z'],
    [-1e300, 'Sat, 01 Jan 0000 00:00:00 GMT', '0000-01-01T00:00:00Z'],
  ])('shows %d ms, which is beyond it, as its end', (unixMs, http, iso) => {
    expect(formatHttpDate(unixMs)).toBe(http)
    expect(formatIsoTime(unixMs)).toBe(iso)
  })
})
