import { describe, expect, it } from 'vitest'
import { parseHttpDate } from '../../../../src/core/headers/http-date.ts'

const nowWallMs = Date.UTC(2026, 0, 1)

describe('parseHttpDate', () => {
  it.each([
    ['Sun, 06 Nov 1994 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['Sunday, 06-Nov-94 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['Sun Nov  6 08:49:37 1994', Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['Thu, 29 Feb 2024 23:59:59 GMT', Date.UTC(2024, 1, 29, 23, 59, 59)],
    ['Fri, 01 Mar 2024 00:00:00 GMT', Date.UTC(2024, 2, 1)],
    ['Wed, 31 Dec 2025 23:59:60 GMT', Date.UTC(2026, 0, 1)],
    ['Thursday, 01-Jan-26 00:00:00 GMT', Date.UTC(2026, 0, 1)],
    ['Tuesday, 01-Jan-75 00:00:00 GMT', Date.UTC(2075, 0, 1)],
    ['Saturday, 01-Jan-77 00:00:00 GMT', Date.UTC(1977, 0, 1)],
  ])('reads %j', (text, unixMs) => {
    expect(parseHttpDate(text, nowWallMs)).toBe(unixMs)
  })

  it.each([
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 CET',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 06 Foo 1994 08:49:37 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Sun, 31 Nov 1994 08:49:37 GMT',
    'Thu, 29 Feb 2023 00:00:00 GMT',
    'Thu, 29 Feb 2100 00:00:00 GMT',
    'Sun, 06 Nov 1994 08:60:37 GMT',
    'Sun, 06 Nov 1994 08:49:61 GMT',
    'x Sun, 06 Nov 1994 08:49:37 GMT',
  ])('does not read %j', (text) => {
    expect(parseHttpDate(text, nowWallMs)).toBeUndefined()
  })
})
