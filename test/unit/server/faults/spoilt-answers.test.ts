/**
 * Faults that let the request through and spoil what comes back, and those that touch the quota.
 */

import { describe, expect, it } from 'vitest'
import {
  MockTogether,
  type FaultAction,
  type HintNonsense,
  type MalformedForm,
  type MockResponse,
} from '../../../../src/server/handler.ts'
import { nonsenseKinds } from '../../../../src/server/faults/fault-schema.ts'
import { chat, chatModel, image, post } from '../mock-request.ts'

function answer(action: FaultAction, seed = 1, request = chat()): MockResponse {
  return new MockTogether({ faults: [{ do: action }], seed }).handle(request, 0)
}

const streamed = post('/v1/chat/completions', {
  model: chatModel,
  messages: [{ role: 'user', content: 'x' }],
  stream: true,
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('a malformed answer', () => {
  const forms: readonly MalformedForm[] = ['cut', 'trailing-comma', 'html', 'empty', 'not-a-number']

  it.each(forms)('of form %s has the right status and is no JSON', (form) => {
    const { status, body, delivery, headers } = answer({ kind: 'malformed', form })
    expect(status).toBe(200)
    expect(isJson(body)).toBe(false)
    expect(delivery).toEqual({ delayMs: 0 })
    expect(headers['content-type']).toContain(form === 'html' ? 'text/html' : 'application/json')
  })

  it('takes its form from the seed, each of them in time', () => {
    const bodies = Array.from({ length: 60 }, (_, seed) => answer({ kind: 'malformed' }, seed).body)
    expect(new Set(bodies.map((body) => body.slice(0, 6) + body.slice(-4))).size).toBe(5)
    expect(answer({ kind: 'malformed' }, 7).body).toBe(answer({ kind: 'malformed' }, 7).body)
  })

  it('spoils the first event of a stream', () => {
    const { stream } = answer({ kind: 'malformed', form: 'cut' }, 1, streamed)
    const [first = '', second = ''] = stream?.parts ?? []
    expect(isJson(first.slice('data: '.length))).toBe(false)
    expect(isJson(second.slice('data: '.length))).toBe(true)
  })
})

describe('a cut stream', () => {
  it('tells the transport where to cut, and leaves other answers alone', () => {
    const cut = answer({ kind: 'cut-stream', afterParts: 3 }, 1, streamed)
    expect(cut.delivery).toEqual({ delayMs: 0, cutAfterParts: 3 })
    expect(cut.stream?.parts.length).toBeGreaterThan(3)
    const whole = answer({ kind: 'cut-stream', afterParts: 3 })
    expect(isJson(whole.body)).toBe(true)
  })

  it('can end with an error event', () => {
    const { stream, delivery } = answer(
      { kind: 'cut-stream', afterParts: 2, withError: true },
      1,
      streamed,
    )
    expect(delivery.cutAfterParts).toBeUndefined()
    expect(stream?.parts).toHaveLength(4)
    expect(JSON.parse(stream?.parts[2]?.slice('data: '.length) ?? '')).toHaveProperty('error')
    expect(stream?.parts[3]).toBe('data: [DONE]\n\n')
  })
})

describe('connections', () => {
  it('are reset where the rule says so', () => {
    expect(answer({ kind: 'drop', when: 'after', reset: true }).delivery).toMatchObject({
      drop: 'after',
      reset: true,
    })
    expect(answer({ kind: 'truncate', reset: true }).delivery).toMatchObject({
      truncate: true,
      reset: true,
    })
    expect(answer({ kind: 'drop', when: 'after' }).delivery.reset).toBeUndefined()
  })
})

/** Whether a careful client could take the text for a wait: whole seconds, or a date that is to come within a day. */
function saysSomething(text: string): boolean {
  if (/^\d{1,9}$/.test(text)) return Number(text) < 86_400
  const atMs = Date.parse(text)
  return text.endsWith('GMT') && atMs >= 1_767_225_600_000 && atMs < 1_767_225_600_000 + 86_400_000
}

describe('nonsense', () => {
  it.each(nonsenseKinds)('of kind %s is a retry-after that says nothing', (nonsense) => {
    const { status, headers } = answer({ kind: 'status', status: 429, nonsense })
    expect(status).toBe(429)
    expect(headers).toHaveProperty('retry-after')
    expect(saysSomething(headers['retry-after'] ?? '')).toBe(false)
  })

  it('of any kind is drawn by the seed', () => {
    const values = Array.from(
      { length: 200 },
      (_, seed) =>
        answer({ kind: 'status', status: 503, nonsense: 'any' }, seed).headers['retry-after'],
    )
    expect(new Set(values).size).toBe(nonsenseKinds.length)
  })
})

/** The refusal of the 61st image of a minute, with a rule for what it says. */
function refusal(say: Extract<FaultAction, { kind: 'hints' }>['say']): MockResponse {
  const mock = new MockTogether({ faults: [{ do: { kind: 'hints', say } }] })
  for (let sent = 0; sent < 60; sent += 1) expect(mock.handle(image(), 0).status).toBe(200)
  const refused = mock.handle(image(), 20_000)
  expect(refused.status).toBe(429)
  expect(mock.journal().at(-1)).toMatchObject({ fault: 'fault-1', freesAtMs: 60_000 })
  return refused
}

describe('hints', () => {
  it('of the server’s own refusal can be taken away', () => {
    const { headers } = refusal('none')
    expect(headers).not.toHaveProperty('retry-after')
    expect(headers).not.toHaveProperty('x-ratelimit-reset')
  })

  it('can be shorter or longer than the truth', () => {
    expect(refusal({ share: 0.25 }).headers).toMatchObject({
      'retry-after': '10',
      'x-ratelimit-reset': '10',
    })
    expect(refusal({ share: 2 }).headers['retry-after']).toBe('80')
  })

  it.each<HintNonsense>(['text', 'negative'])('can be nonsense: %s', (say) => {
    expect(saysSomething(refusal(say).headers['retry-after'] ?? '')).toBe(false)
  })
})

describe('a quota that is cut', () => {
  it('lets its share through while the rule agrees, and the rest afterwards', () => {
    const mock = new MockTogether({
      faults: [
        { match: { fromMs: 0, toMs: 1_000, key: 'poor' }, do: { kind: 'quota', share: 0.5 } },
      ],
    })
    const passed = (key: string, nowMs: number): number =>
      Array.from({ length: 70 }, () => mock.handle(image(key), nowMs).status).filter(
        (status) => status === 200,
      ).length
    expect(passed('poor', 0)).toBe(30)
    expect(passed('rich', 0)).toBe(60)
    expect(passed('poor', 1_000)).toBe(30)
  })
})

describe('a loss of counts', () => {
  it('lets a full quota through again, once', () => {
    const mock = new MockTogether({
      faults: [{ id: 'restart', match: { fromMs: 10, nth: 1 }, do: { kind: 'forget' } }],
    })
    const statuses = (nowMs: number): number[] =>
      Array.from({ length: 61 }, () => mock.handle(image(), nowMs).status)
    expect(statuses(0).filter((status) => status === 200)).toHaveLength(60)
    expect(statuses(10).filter((status) => status === 200)).toHaveLength(60)
    expect(mock.journal().filter(({ fault }) => fault === 'restart')).toHaveLength(1)
  })
})

describe('delays', () => {
  it('have a jitter from the seed, within its bounds', () => {
    const delays = Array.from(
      { length: 200 },
      (_, seed) => answer({ kind: 'delay', delayMs: 5, jitterMs: 10 }, seed).delivery.delayMs,
    )
    expect(Math.min(...delays)).toBe(5)
    expect(Math.max(...delays)).toBe(15)
  })
})

describe('every', () => {
  it('meets each nth request', () => {
    const mock = new MockTogether({
      faults: [{ match: { every: 3 }, do: { kind: 'status', status: 503 } }],
    })
    const statuses = Array.from({ length: 7 }, () => mock.handle(chat(), 0).status)
    expect(statuses).toEqual([200, 200, 503, 200, 200, 503, 200])
  })
})
