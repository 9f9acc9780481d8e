import { describe, expect, it } from 'vitest'
import { readRateReadings } from '../../../../src/core/headers/rate-readings.ts'

const nowWallMs = Date.UTC(2026, 0, 1, 12, 0, 0)

function read(headers: Record<string, string>): unknown {
  return readRateReadings(new Headers(headers), nowWallMs)
}

describe('readRateReadings', () => {
  it.each<[string, Record<string, string>, unknown[]]>([
    [
      'Together, with all nine headers',
      {
        'x-ratelimit-limit': '1',
        'x-ratelimit-remaining': '0.5',
        'x-ratelimit-reset': '0.25',
        'x-tokenlimit-limit': '3000',
        'x-tokenlimit-remaining': '12',
        'x-ratelimit-limit-dynamic': '2',
        'x-ratelimit-remaining-dynamic': '1',
        'x-tokenlimit-limit-dynamic': '6000',
        'x-tokenlimit-remaining-dynamic': '0',
      },
      [
        { source: 'x-ratelimit-*', unit: 'requests', limit: 1, remaining: 0.5, resetMs: 250 },
        { source: 'x-tokenlimit-*', unit: 'tokens', limit: 3_000, remaining: 12 },
        { source: 'x-ratelimit-*-dynamic', unit: 'requests', limit: 2, remaining: 1 },
        { source: 'x-tokenlimit-*-dynamic', unit: 'tokens', limit: 6_000, remaining: 0 },
      ],
    ],
    [
      'OpenAI, whose resets are durations',
      {
        'x-ratelimit-limit-requests': '10000',
        'x-ratelimit-remaining-requests': '9999',
        'x-ratelimit-reset-requests': '6ms',
        'x-ratelimit-limit-tokens': '200000',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '1h2m3s',
      },
      [
        {
          source: 'x-ratelimit-*-requests',
          unit: 'requests',
          limit: 10_000,
          remaining: 9_999,
          resetMs: 6,
        },
        {
          source: 'x-ratelimit-*-tokens',
          unit: 'tokens',
          limit: 200_000,
          remaining: 0,
          resetMs: 3_723_000,
        },
      ],
    ],
    [
      'Azure, whose limit of -1 and 0 says nothing',
      {
        'x-ratelimit-limit-requests': '-1',
        'x-ratelimit-remaining-requests': '-1',
        'x-ratelimit-limit-tokens': '0',
        'x-ratelimit-reset-tokens': '0',
      },
      [{ source: 'x-ratelimit-*-tokens', unit: 'tokens', resetMs: 0 }],
    ],
    [
      'Mistral, which names the window',
      {
        'x-ratelimit-limit-req-minute': '60',
        'x-ratelimit-remaining-req-minute': '59',
        'x-ratelimit-remaining-tokens-month': '7',
      },
      [
        {
          source: 'x-ratelimit-*-req-minute',
          unit: 'requests',
          windowMs: 60_000,
          limit: 60,
          remaining: 59,
        },
        {
          source: 'x-ratelimit-*-tokens-month',
          unit: 'tokens',
          windowMs: 2_592_000_000,
          remaining: 7,
        },
      ],
    ],
    [
      'Fireworks',
      { 'x-ratelimit-limit-tokens-prompt': '60000', 'x-ratelimit-remaining-tokens-generated': '5' },
      [
        { source: 'x-ratelimit-*-tokens-prompt', unit: 'tokens', limit: 60_000 },
        { source: 'x-ratelimit-*-tokens-generated', unit: 'tokens', remaining: 5 },
      ],
    ],
    [
      'Anthropic, whose resets are dates, and one an epoch',
      {
        'anthropic-ratelimit-requests-limit': '50',
        'anthropic-ratelimit-requests-remaining': '0',
        'anthropic-ratelimit-requests-reset': '2026-01-01T13:00:05.250+01:00',
        'anthropic-ratelimit-unified-reset': '1767268810',
      },
      [
        {
          source: 'anthropic-ratelimit-requests-*',
          unit: 'requests',
          limit: 50,
          remaining: 0,
          resetMs: 5_250,
        },
        { source: 'anthropic-ratelimit-unified-*', unit: 'requests', resetMs: 10_000 },
      ],
    ],
    [
      'the early IETF drafts',
      { 'ratelimit-limit': '20, 20;w=60', 'ratelimit-remaining': '3', 'ratelimit-reset': '30' },
      [
        {
          source: 'ratelimit-*',
          unit: 'requests',
          limit: 20,
          remaining: 3,
          resetMs: 30_000,
        },
      ],
    ],
    [
      'the later IETF drafts, with their policies',
      {
        'ratelimit-policy': '"burst";q=100;w=60,"daily";q=1000;w=86400;qu="content-bytes"',
        ratelimit: '"burst";r=50;t=30, "other";r=0',
      },
      [
        {
          source: 'ratelimit "burst"',
          unit: 'requests',
          windowMs: 60_000,
          limit: 100,
          remaining: 50,
          resetMs: 30_000,
        },
        { source: 'ratelimit "other"', unit: 'requests', remaining: 0 },
      ],
    ],
    [
      'a reset in Unix milliseconds, and one that is a date',
      {
        'x-ratelimit-reset': '1767268801500',
        'x-ratelimit-reset-requests': 'Thu, 01 Jan 2026 12:00:02 GMT',
      },
      [
        { source: 'x-ratelimit-*', unit: 'requests', resetMs: 1_500 },
        { source: 'x-ratelimit-*-requests', unit: 'requests', resetMs: 2_000 },
      ],
    ],
    ['nobody', { 'retry-after': '3' }, []],
    [
      'nonsense',
      { 'x-ratelimit-limit': 'many', 'x-ratelimit-reset': 'soon', ratelimit: ';r=' },
      [],
    ],
  ])('reads the headers of %s', (_name, headers, readings) => {
    expect(read(headers)).toEqual(readings)
  })

  it('takes a reset that is a date relative to the Date of the answer', () => {
    const headers = {
      date: 'Thu, 01 Jan 2026 09:00:00 GMT',
      'anthropic-ratelimit-tokens-reset': '2026-01-01T09:00:05Z',
      'x-ratelimit-reset': '1767258007',
    }
    expect(read(headers)).toMatchObject([{ resetMs: 7_000 }, { resetMs: 5_000 }])
  })

  it('takes a reset that has passed for one at once', () => {
    expect(read({ 'x-ratelimit-reset': '1767268000' })).toMatchObject([{ resetMs: 0 }])
  })

  it.each([
    '1d',
    's',
    '1s1m',
    '-1s',
    '1.5m',
    '1',
    '99999h',
    '2026-02-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T00:00:00',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:00:00+24:00',
    '2026-01-01',
  ])('does not take %j for a duration or a date', (text) => {
    expect(read({ 'x-ratelimit-reset-tokens': text })).toEqual(
      text === '1' ? [expect.objectContaining({ resetMs: 1_000 })] : [],
    )
  })
})
