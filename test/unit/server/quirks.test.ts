/**
 * What is odd about a server: each site shows where it can, by its own chance, and changes nothing else.
 */

import { describe, expect, it } from 'vitest'
import {
  MockTogether,
  quirkSites,
  type FaultRule,
  type MockResponse,
  type QuirkSite,
} from '../../../src/server/handler.ts'
import { chat, embedding, fineTune, get, image } from './mock-request.ts'

const always = 1_000
const refusal: FaultRule = {
  do: {
    kind: 'status',
    status: 429,
    hints: [
      { header: 'retry-after', delayMs: 3_000 },
      { header: 'x-ratelimit-reset', delayMs: 2_500 },
    ],
  },
}

/** The answer of a server with one quirk, and that of one without any. */
function answers(
  site: QuirkSite,
  faults: readonly FaultRule[] = [],
  request = chat(),
): [odd: MockResponse, plain: MockResponse] {
  const quirks = [{ site, perMille: always }]
  return [
    new MockTogether({ quirks, faults }).handle(request, 0),
    new MockTogether({ faults }).handle(request, 0),
  ]
}

describe('a quirk of a refusal', () => {
  it('retry-after-missing: names the wait in one header less', () => {
    const [{ headers }] = answers('retry-after-missing', [refusal])
    expect(headers['retry-after']).toBeUndefined()
    expect(headers['x-ratelimit-reset']).toBe('2.5')
  })

  it('retry-after-date: names a date that is not before what was named in seconds', () => {
    const [{ headers }, plain] = answers('retry-after-date', [refusal])
    expect(plain.headers['retry-after']).toBe('3')
    expect(headers['retry-after']).toBe('Thu, 01 Jan 2026 00:00:03 GMT')
  })

  it('retry-after-date: leaves alone what is no number of seconds', () => {
    const nonsense = [{ do: { kind: 'status', status: 429, nonsense: 'text' } }] as const
    expect(answers('retry-after-date', nonsense)[0].headers['retry-after']).toBe('soon')
  })

  it('hints-twice: says each hint twice', () => {
    const [{ headers }] = answers('hints-twice', [refusal])
    expect(headers).toMatchObject({ 'retry-after': '3, 3', 'x-ratelimit-reset': '2.5, 2.5' })
  })

  it('reset-too-early: halves the reset', () => {
    const [{ headers }] = answers('reset-too-early', [refusal])
    expect(headers).toMatchObject({ 'retry-after': '3', 'x-ratelimit-reset': '1.25' })
  })

  it('refusal-empty: has a 429 without a body, and no other error', () => {
    const [{ status, body }] = answers('refusal-empty', [refusal])
    expect([status, body]).toEqual([429, ''])
    const [other, plain] = answers('refusal-empty', [{ do: { kind: 'status', status: 500 } }])
    expect(other).toEqual(plain)
  })

  it('error-shape: has errors in the forms that servers and proxies have, and the same message', () => {
    const bodies = new Map<string, string>()
    for (let seed = 0; seed < 60; seed += 1) {
      const mock = new MockTogether({ seed, quirks: [{ site: 'error-shape', perMille: always }] })
      const { status, body, headers } = mock.handle(get('/v1/files/none'), 0)
      expect(status).toBe(404)
      bodies.set(body, headers['content-type'] ?? '')
    }
    expect([...bodies.values()].toSorted()).toEqual([
      ...Array<string>(4).fill('application/json'),
      'text/html; charset=utf-8',
      'text/plain; charset=utf-8',
    ])
    const { body } = new MockTogether().handle(get('/v1/files/none'), 0)
    const { message } = (JSON.parse(body) as { error: { message: string } }).error
    expect([...bodies.keys()].filter((odd) => odd.includes(message))).toHaveLength(5)
  })
})

describe('a quirk of any answer', () => {
  it('json-spaced: has the same JSON with white space', () => {
    const [{ body }, plain] = answers('json-spaced')
    expect(body).not.toBe(plain.body)
    expect(JSON.parse(body)).toEqual(JSON.parse(plain.body))
  })

  it('fields-unknown: has the same fields, and others', () => {
    const [{ body }, plain] = answers('fields-unknown')
    const value = JSON.parse(body) as Record<string, unknown>
    const known = JSON.parse(plain.body) as Record<string, unknown>
    expect(value).toMatchObject(known)
    expect(Object.keys(value).length).toBe(Object.keys(known).length + 2)
  })

  it('fields-unknown: leaves lists as they are', () => {
    const [odd, plain] = answers('fields-unknown', [], get('/v1/models'))
    expect(odd.body).toBe(plain.body)
  })

  it('date-skewed: has a clock that is wrong by minutes, and nothing else', () => {
    const [{ headers, ...rest }, { headers: right, ...plain }] = answers('date-skewed')
    expect(rest).toEqual(plain)
    const skewMs = Date.parse(headers['date'] ?? '') - Date.parse(right['date'] ?? '')
    expect(skewMs).not.toBe(0)
    expect(Math.abs(skewMs)).toBeLessThanOrEqual(301_000)
    expect({ ...headers, date: '' }).toEqual({ ...right, date: '' })
  })

  it('headers-slow: takes half a second to five', () => {
    const [{ delivery }] = answers('headers-slow')
    expect(delivery.delayMs).toBeGreaterThanOrEqual(500)
    expect(delivery.delayMs).toBeLessThanOrEqual(5_000)
  })

  it('body-cut: sends half of the body', () => {
    expect(answers('body-cut')[0].delivery).toEqual({ delayMs: 0, truncate: true })
  })
})

describe('a quirk of what the server does', () => {
  it('conflict: refuses a fine-tune, and nothing else', () => {
    expect(answers('conflict', [], fineTune())[0].status).toBe(409)
    for (const request of [chat(), embedding(), image(), get('/v1/fine-tunes')]) {
      expect(answers('conflict', [], request)[0].status).toBe(200)
    }
  })

  it('overload-burst: has no capacity for two seconds, and counts what it then refuses', () => {
    const toMs = 1
    const mock = new MockTogether({ quirks: [{ site: 'overload-burst', perMille: always, toMs }] })
    const statuses = [0, 1_000, 1_999, 2_000].map((atMs) => mock.handle(chat(), atMs).status)
    expect(statuses).toEqual([503, 503, 503, 200])
    expect(mock.journal().map(({ counted }) => counted)).toEqual([true, true, true, true])
  })
})

/** Of many images in a row, which are slow. */
function slow(seed: number): boolean[] {
  const quirks = [{ site: 'headers-slow', perMille: 300 }] as const
  const mock = new MockTogether({ seed, quirks })
  return Array.from({ length: 500 }, (_unused, index) => {
    return mock.handle(image(), index * 2_000).delivery.delayMs > 0
  })
}

describe('quirks', () => {
  it('show in the journal by their site, beside faults', () => {
    const quirks = [
      { site: 'json-spaced', perMille: always },
      { site: 'headers-slow', perMille: always },
    ] as const
    const faults: FaultRule[] = [{ id: 'late', do: { kind: 'delay', delayMs: 5 } }]
    const mock = new MockTogether({ quirks, faults })
    mock.handle(chat(), 0)
    expect(mock.journal()[0]?.fault).toBe('late+quirk-headers-slow+quirk-json-spaced')
  })

  it('show within their time only', () => {
    const quirk = { site: 'refusal-empty', perMille: always, fromMs: 10, toMs: 20 } as const
    const mock = new MockTogether({ quirks: [quirk], faults: [refusal] })
    const bodies = [9, 10, 19, 20].map((atMs) => mock.handle(chat(), atMs).body !== '')
    expect(bodies).toEqual([true, false, false, true])
  })

  it('show about as often as they say, in the same answers for the same seed', () => {
    expect(slow(1)).toEqual(slow(1))
    expect(slow(1)).not.toEqual(slow(2))
    expect(slow(1).filter(Boolean).length / 500).toBeCloseTo(0.3, 1)
  })

  it('of a site that cannot show draw nothing: the others show as before', () => {
    const spaced = { site: 'json-spaced', perMille: 300 } as const
    const bodies = (others: QuirkSite[]): string[] => {
      const quirks = [...others.map((site) => ({ site, perMille: 500 })), spaced]
      const mock = new MockTogether({ quirks })
      return Array.from({ length: 50 }, () => mock.handle(embedding(), 0).body)
    }
    expect(bodies(['conflict', 'retry-after-missing', 'refusal-empty'])).toEqual(bodies([]))
  })

  it('leave streams and the content of files as they are', () => {
    const quirks = quirkSites
      .filter(
        (site) => !['overload-burst', 'body-cut', 'headers-slow', 'date-skewed'].includes(site),
      )
      .map((site) => ({ site, perMille: always }))
    const files = [{ id: 'file-1', content: '{"a":1}' }]
    const content = get('/v1/files/file-1/content')
    const { bytes, body } = new MockTogether({ quirks, files }).handle(content, 0)
    expect([new TextDecoder().decode(bytes), body]).toEqual(['{"a":1}', ''])
  })

  it.each([
    ['quirks[0].site', [{ site: 'odd', perMille: 1 }]],
    ['quirks[0].perMille', [{ site: 'conflict', perMille: 1_001 }]],
    ['quirks[0].perMille', [{ site: 'conflict' }]],
    [
      'quirks[1].perMile',
      [
        { site: 'conflict', perMille: 1 },
        { site: 'conflict', perMile: 1 },
      ],
    ],
    ['quirks', 'conflict'],
  ])('name %s where it is wrong', (option, quirks) => {
    expect(() => new MockTogether({ quirks } as object)).toThrow(
      expect.objectContaining({ option }),
    )
  })
})
