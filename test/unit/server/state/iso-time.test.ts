import { describe, expect, it } from 'vitest'
import { formatIsoTime } from '../../../../src/server/state/calendar.ts'
import { parseIsoTime } from '../../../../src/server/state/iso-time.ts'

describe('parseIsoTime', () => {
  it.each([
    '1970-01-01T00:00:00Z',
    '1969-12-31T23:59:59.999Z',
    '2000-02-29T12:34:56Z',
    '2024-01-01T00:00:00.5Z',
    '2026-11-24t01:02:03z',
    '2026-11-24T01:02Z',
    '2026-11-24',
    '2026-11-24T01:02:03+05:30',
    '2026-11-24T01:02:03-08:00',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
  ])('reads %s as Date does', (text) => {
    expect(parseIsoTime(text)).toBe(Date.parse(text))
  })

  it('takes a time without a zone for UTC', () => {
    expect(parseIsoTime('2026-11-24T01:02:03')).toBe(Date.parse('2026-11-24T01:02:03Z'))
  })

  it.each([
    '',
    'yesterday',
    '2026',
    '1e3',
    '2026-13-01',
    '2026-00-01',
    '2026-02-29',
    '1900-02-29',
    '2026-04-31',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01T00:00:00+24:00',
    '2026-01-01T00:00:00Zx',
    ' 2026-01-01',
  ])('does not read %j', (text) => {
    expect(parseIsoTime(text)).toBeUndefined()
  })

  it('is the other way round from formatIsoTime', () => {
    for (let day = -719_162; day <= 2_932_896; day += 997) {
      const unixMs = day * 86_400_000
      expect(parseIsoTime(formatIsoTime(unixMs))).toBe(unixMs)
    }
  })
})
