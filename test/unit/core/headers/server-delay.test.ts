import { describe, expect, it } from 'vitest'
import { readServerDelayMs } from '../../../../src/core/headers/server-delay.ts'

const nowWallMs = Date.UTC(2026, 0, 1, 12, 0, 0)

function read(headers: Record<string, string>): number | undefined {
  return readServerDelayMs(new Headers(headers), nowWallMs)
}

describe('readServerDelayMs', () => {
  it.each([
    [{ 'retry-after-ms': '300' }, 300],
    [{ 'retry-after-ms': '12.5' }, 12.5],
    [{ 'retry-after': '3' }, 3_000],
    [{ 'retry-after': ' 1.5 ' }, 1_500],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': 'Thu, 01 Jan 2026 12:00:07 GMT' }, 7_000],
    [{ 'retry-after': 'Thu, 01 Jan 2026 11:00:00 GMT' }, 0],
    [{ 'x-ratelimit-reset': '0.25' }, 250],
    [{ 'x-ratelimit-reset': '6m0.5s' }, 360_500],
    [{ 'x-ratelimit-reset': '1767268805' }, 5_000],
    [{ 'x-ratelimit-reset-requests': '12ms' }, undefined],
    [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '12ms' }, 12],
    [
      {
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '1s',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '2.5s',
        'anthropic-ratelimit-requests-remaining': '1',
        'anthropic-ratelimit-requests-reset': '2026-01-01T12:01:00Z',
      },
      2_500,
    ],
    [{ ratelimit: '"default";r=50;t=30' }, 30_000],
    [{ ratelimit: '"burst";r=0;t=30, "daily";r=400;t=3600' }, 30_000],
    [{ ratelimit: '"burst";r=3;t=30, "daily";r=400;t=3600' }, 3_600_000],
    [{ ratelimit: '"a,b;t=9";r=0;t=4' }, 4_000],
  ])('reads %o as %s ms', (headers, delayMs) => {
    expect(read(headers)).toBe(delayMs)
  })

  it('takes a date relative to the Date of the answer, not to our clock', () => {
    const headers = {
      date: 'Thu, 01 Jan 2026 09:00:00 GMT',
      'retry-after': 'Thu, 01 Jan 2026 09:00:05 GMT',
    }
    expect(read(headers)).toBe(5_000)
  })

  it('falls back to the wall clock where the Date is nonsense', () => {
    expect(read({ date: 'yesterday', 'retry-after': 'Thu, 01 Jan 2026 12:00:05 GMT' })).toBe(5_000)
  })

  it('prefers the headers in their order', () => {
    const all = { ratelimit: '"x";r=0;t=4', 'x-ratelimit-reset': '3', 'retry-after': '2' }
    expect(read({ ...all, 'retry-after-ms': '1' })).toBe(1)
    expect(read(all)).toBe(2_000)
    expect(read({ ...all, 'retry-after': 'soon' })).toBe(3_000)
    expect(read({ ...all, 'retry-after': '-1', 'x-ratelimit-reset': '' })).toBe(4_000)
  })

  it.each([
    '',
    ' ',
    '-5',
    'NaN',
    'Infinity',
    '1e9',
    '0x10',
    '1s',
    '+3',
    '5, 6',
    'soon',
    '2592001',
    '1767268800',
    '9'.repeat(400),
    'Thu, 31 Feb 2026 12:00:00 GMT',
    'Thu, 01 Jan 2026 24:00:00 GMT',
    '2026-01-01T12:00:05Z',
  ])('ignores a retry-after of %j', (text) => {
    // prettier-ignore
    expect(read({ 'retry-after': text })).toBeUndefined()
    expect(read({ 'retry-after': text, 'x-ratelimit-reset': '7' })).toBe(7_000)
  })

  it.each(['', '"x"', '"x";t=', '"x";t=-1', '"x";t=1.5', '"x";r=0', 't=5', '"x";t=99999999'])(
    'ignores a RateLimit field of %j',
    (text) => {
      expect(read({ ratelimit: text })).toBeUndefined()
    },
  )

  it('accepts 30 days and not a second more', () => {
    expect(read({ 'retry-after': '2592000' })).toBe(2_592_000_000)
    expect(read({ 'retry-after': 'Sat, 31 Jan 2026 12:00:00 GMT' })).toBe(2_592_000_000)
    expect(read({ 'retry-after': 'Sat, 31 Jan 2026 12:00:01 GMT' })).toBeUndefined()
  })

  it('names nothing where there is no header', () => {
    expect(read({})).toBeUndefined()
  })
})
