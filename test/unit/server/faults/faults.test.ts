import { describe, expect, it } from 'vitest'
import { MockTogether, type FaultAction } from '../../../../src/server/handler.ts'
import { batch, batchFile, chat, fineTune, get, image, post } from '../mock-request.ts'

function mockWith(action: FaultAction): MockTogether {
  return new MockTogether({ files: [batchFile], faults: [{ id: 'f', do: action }] })
}

describe('a status fault', () => {
  it('is counted by the quota, and nothing is done', () => {
    const mock = mockWith({ kind: 'status', status: 503 })
    const { status, headers, body } = mock.handle(fineTune(), 0)
    expect(status).toBe(503)
    expect(JSON.parse(body)).toMatchObject({ error: { type: 'overloaded' } })
    expect(headers['x-ratelimit-limit']).toBeUndefined()
    mock.setFaults([])
    expect(JSON.parse(mock.handle(get('/v1/fine-tunes'), 0).body)).toEqual({ data: [] })
    mock.setFaults([{ id: 'f', do: { kind: 'status', status: 500 } }])
    expect(mock.handle(chat(), 0).headers['x-ratelimit-remaining']).toBe('599')
    expect(mock.journal().at(-1)).toMatchObject({ status: 500, counted: true, fault: 'f' })
  })

  it('comes before key, body and quota where asked to', () => {
    const mock = mockWith({ kind: 'status', status: 502, beforeQuota: true })
    const request = { method: 'POST', path: '/v1/chat/completions', headers: {}, body: '{' }
    expect(mock.handle(request, 0).status).toBe(502)
    expect(mock.handle(chat(), 0).status).toBe(502)
    expect(mock.journal().at(-1)).toMatchObject({ counted: false, fault: 'f' })
  })

  it('comes after 404, 401, 400 and 429 otherwise', () => {
    const mock = mockWith({ kind: 'status', status: 503 })
    expect(mock.handle(get('/nowhere'), 0).status).toBe(404)
    expect(mock.handle({ ...chat(), headers: {} }, 0).status).toBe(401)
    expect(mock.handle(post('/v1/embeddings'), 0).status).toBe(400)
    for (let index = 0; index < 60; index += 1) expect(mock.handle(image(), 0).status).toBe(503)
    expect(mock.handle(image(), 0).status).toBe(429)
    expect(mock.journal().at(-1)?.fault).toBeUndefined()
  })

  it.each([
    ['retry-after', 1_001, 'retry-after', '2'],
    ['retry-after-date', 1_001, 'retry-after', 'Thu, 01 Jan 2026 00:00:03 GMT'],
    ['retry-after-ms', 1_000.5, 'retry-after-ms', '1001'],
    ['x-ratelimit-reset', 1_250, 'x-ratelimit-reset', '1.25'],
    ['ratelimit', 1_001, 'ratelimit', '"default";r=0;t=2'],
  ] as const)('names a wait as %s', (header, delayMs, name, value) => {
    const mock = mockWith({ kind: 'status', status: 429, hints: [{ header, delayMs }] })
    expect(mock.handle(chat(), 1_000).headers[name]).toBe(value)
  })

  it('counts a date from when the answer leaves', () => {
    const mock = new MockTogether({
      faults: [
        { do: { kind: 'delay', delayMs: 5_000 } },
        {
          do: {
            kind: 'status',
            status: 503,
            hints: [{ header: 'retry-after-date', delayMs: 1_000 }],
          },
        },
      ],
    })
    const { headers, delivery } = mock.handle(chat(), 0)
    expect(delivery).toEqual({ delayMs: 5_000 })
    expect(headers['retry-after']).toBe('Thu, 01 Jan 2026 00:00:06 GMT')
  })

  it('sends the body and headers it was given', () => {
    const html = mockWith({
      kind: 'status',
      status: 524,
      body: '<h1>524</h1>',
      headers: { server: 'x' },
    })
    expect(html.handle(chat(), 0)).toMatchObject({
      body: '<h1>524</h1>',
      headers: { 'content-type': 'text/plain; charset=utf-8', server: 'x' },
    })
    const json = mockWith({
      kind: 'status',
      status: 429,
      body: { error_type: 'dynamic_request_limited' },
    })
    expect(json.handle(chat(), 0).body).toBe('{"error_type":"dynamic_request_limited"}')
  })

  it('has the error body of its endpoint', () => {
    const mock = mockWith({ kind: 'status', status: 500 })
    expect(JSON.parse(mock.handle(batch(), 0).body)).toEqual({ error: 'Internal error.' })
    expect(JSON.parse(mock.handle(fineTune(), 0).body)).toMatchObject({
      error: { type: 'server_error', param: null },
    })
  })

  it.each([400, 402, 418, 451, 529, 599])('has a body for status %d too', (status) => {
    const { body } = mockWith({ kind: 'status', status }).handle(chat(), 0)
    expect(JSON.parse(body)).toMatchObject({ error: { message: expect.any(String) } })
  })
})

describe('faults of delivery', () => {
  it('drop before: nothing is done or counted', () => {
    const mock = mockWith({ kind: 'drop', when: 'before' })
    expect(mock.handle(image(), 0)).toMatchObject({
      status: 0,
      body: '',
      delivery: { delayMs: 0, drop: 'before' },
    })
    expect(mock.journal().at(-1)).toMatchObject({ status: 0, counted: false, fault: 'f' })
    mock.setFaults([])
    expect(mock.handle(image(), 0).headers['x-ratelimit-remaining']).toBe('59')
  })

  it.each([
    [
      { kind: 'drop', when: 'after' },
      { delayMs: 0, drop: 'after' },
    ],
    [{ kind: 'hang' }, { delayMs: 0, hang: true }],
    [{ kind: 'truncate' }, { delayMs: 0, truncate: true }],
    [{ kind: 'delay', delayMs: 70 }, { delayMs: 70 }],
  ] as const)('%j: the request is counted and acted on', (action, delivery) => {
    const mock = mockWith(action)
    const response = mock.handle(fineTune(), 0)
    expect(response.status).toBe(200)
    expect(response.delivery).toEqual(delivery)
    expect(mock.journal().at(-1)).toMatchObject({ status: 200, fault: 'f' })
    mock.setFaults([])
    expect(JSON.parse(mock.handle(get('/v1/fine-tunes'), 0).body)).toMatchObject({
      data: [{ status: 'pending' }],
    })
  })

  it('adds a delay to the latency', () => {
    const latency = { min: 10, max: 10 }
    const mock = new MockTogether({ latency, faults: [{ do: { kind: 'delay', delayMs: 5 } }] })
    expect(mock.handle(chat(), 0).delivery.delayMs).toBe(15)
  })
})
