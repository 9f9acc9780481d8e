import { describe, expect, it } from 'vitest'
import { MockTogether, type MockRequest } from '../../../src/server/handler.ts'
import { batch, batchFile, chat, embedding, fineTune, get, image, post } from './mock-request.ts'

function statuses(mock: MockTogether, request: MockRequest, count: number, nowMs = 0): number[] {
  return Array.from({ length: count }, () => mock.handle(request, nowMs).status)
}

function countOf(values: readonly number[], wanted: number): number {
  return values.filter((value) => value === wanted).length
}

describe('MockTogether.handle, the documented limits', () => {
  it.each([
    ['chat completions', chat(), 600],
    ['embeddings', embedding(), 300],
    ['images', image(), 60],
  ])('lets %s through up to the limit a minute', (_name, request, requestsMax) => {
    const mock = new MockTogether()
    const answers = statuses(mock, request, requestsMax + 5)
    expect(countOf(answers, 200)).toBe(requestsMax)
    expect(countOf(answers, 429)).toBe(5)
    expect(mock.handle(request, 59_999).status).toBe(429)
    expect(mock.handle(request, 60_000).status).toBe(200)
  })

  it('shares 600 a minute between chat and embeddings', () => {
    const mock = new MockTogether()
    expect(countOf(statuses(mock, embedding(), 400), 200)).toBe(300)
    expect(countOf(statuses(mock, chat(), 400), 200)).toBe(300)
    const other = new MockTogether()
    expect(countOf(statuses(other, chat(), 600), 200)).toBe(600)
    expect(other.handle(embedding(), 0).status).toBe(429)
    expect(other.journal().at(-1)).toMatchObject({ refusedBy: 'shared', counted: false })
  })

  it('keeps images outside the shared quota', () => {
    const mock = new MockTogether()
    statuses(mock, chat(), 600)
    expect(mock.handle(image(), 0).status).toBe(200)
  })

  it('counts per API key', () => {
    const mock = new MockTogether()
    statuses(mock, chat('key one'), 601)
    expect(mock.handle(chat('key two'), 0).status).toBe(200)
  })

  it('refuses a fourth running fine-tune with 409 and an eleventh batch with 429', () => {
    const mock = new MockTogether({ files: [batchFile] })
    expect(statuses(mock, fineTune(), 4)).toEqual([200, 200, 200, 409])
    expect(mock.journal().at(-1)).toMatchObject({ refusedBy: 'fine-tune-jobs', counted: false })
    expect(countOf(statuses(mock, batch(), 10), 201)).toBe(10)
    const refused = mock.handle(batch(), 0)
    expect(refused.status).toBe(429)
    const frees = mock.journal().at(-1)?.freesAtMs ?? NaN
    expect(Number(refused.headers['x-ratelimit-reset']) * 1_000).toBe(frees)
    expect(mock.handle(batch(), frees - 1).status).toBe(429)
    expect(mock.handle(batch(), frees).status).toBe(201)
  })

  it('does not limit what only reads', () => {
    const mock = new MockTogether()
    expect(countOf(statuses(mock, get('/v1/models'), 2_000), 200)).toBe(2_000)
    expect(mock.handle(get('/v1/models'), 0).headers['x-ratelimit-limit']).toBeUndefined()
  })
})

describe('MockTogether.handle, headers', () => {
  it('tells the limit and what remains on each answer of a limited endpoint', () => {
    const mock = new MockTogether()
    const first = mock.handle(chat(), 0).headers
    expect(first).toMatchObject({ 'x-ratelimit-limit': '600', 'x-ratelimit-remaining': '599' })
    const malformed = mock.handle(post('/v1/chat/completions'), 0)
    expect(malformed.status).toBe(400)
    expect(malformed.headers).toMatchObject({ 'x-ratelimit-remaining': '599' })
  })

  it('tells those of the tightest limit', () => {
    const mock = new MockTogether()
    statuses(mock, chat(), 500)
    const { headers } = mock.handle(embedding(), 0)
    expect(headers).toMatchObject({ 'x-ratelimit-limit': '600', 'x-ratelimit-remaining': '99' })
  })

  it('names the wait on a 429 in whole seconds, rounded up, and exactly', () => {
    const mock = new MockTogether({ enforcement: { kind: 'fixed-window', phaseMs: 250 } })
    statuses(mock, image(), 60, 1_000)
    const { headers } = mock.handle(image(), 1_000)
    expect(headers).toMatchObject({ 'retry-after': '60', 'x-ratelimit-reset': '59.25' })
    expect(headers['x-ratelimit-remaining']).toBe('0')
    expect(mock.handle(image(), 60_249).status).toBe(429)
    expect(mock.handle(image(), 60_250).status).toBe(200)
  })

  it('carries an id, a date and a type on every answer', () => {
    const mock = new MockTogether()
    const requests = [chat(), get('/nowhere'), get('/v1/embeddings'), post('/v1/batches')]
    const ids = requests.map((request) => {
      const { headers } = mock.handle(request, 1_000)
      expect(headers['date']).toBe('Thu, 01 Jan 2026 00:00:01 GMT')
      expect(headers['content-type']).toBe('application/json; charset=utf-8')
      return headers['x-request-id']
    })
    expect(new Set(ids).size).toBe(4)
  })
})

describe('MockTogether.handle, order of checks', () => {
  const unknownModel = post('/v1/embeddings', { model: 'nobody/nothing', input: 'x' })

  it('answers 404 and 405 before anything else', () => {
    const mock = new MockTogether()
    expect(mock.handle({ method: 'GET', path: '/v2', headers: {} }, 0).status).toBe(404)
    const wrong = mock.handle({ method: 'GET', path: '/v1/embeddings', headers: {} }, 0)
    expect(wrong.status).toBe(405)
    expect(wrong.headers['allow']).toBe('POST')
  })

  it('asks for a key before it reads the body', () => {
    const mock = new MockTogether()
    const request = { method: 'POST', path: '/v1/chat/completions', body: '{' }
    expect(mock.handle({ ...request, headers: {} }, 0).status).toBe(401)
    const headers = { authorization: 'bearer key' }
    expect(mock.handle({ ...request, headers }, 0).status).toBe(400)
  })

  it.each(['', 'Bearer', 'Bearer  ', 'Basic abc', 'key'])(
    'takes %j for no key',
    (authorization) => {
      const mock = new MockTogether()
      const request = { method: 'GET', path: '/v1/models', headers: { authorization } }
      expect(mock.handle(request, 0).status).toBe(401)
    },
  )

  it('lets in only the keys it was given', () => {
    const mock = new MockTogether({ apiKeys: ['My API Key'] })
    expect(mock.handle(get('/v1/models', 'My API Key'), 0).status).toBe(200)
    expect(mock.handle(get('/v1/models', 'other'), 0).status).toBe(401)
  })

  it('counts nothing that it refuses before the quota', () => {
    const mock = new MockTogether()
    const keyless = { ...chat(), headers: {} }
    for (const request of [keyless, unknownModel, post('/v1/chat/completions')]) {
      expect(mock.handle(request, 0).status).toBeGreaterThanOrEqual(400)
      expect(mock.journal().at(-1)?.counted).toBe(false)
    }
    expect(mock.handle(chat(), 0).headers['x-ratelimit-remaining']).toBe('599')
  })

  it('answers 404 for an unknown model and 400 for one of the wrong type', () => {
    const mock = new MockTogether()
    const unknown = mock.handle(unknownModel, 0)
    expect(unknown.status).toBe(404)
    expect(JSON.parse(unknown.body)).toMatchObject({
      error: { param: 'model', code: 'model_not_available' },
    })
    const wrongType = { model: 'BAAI/bge-base-en-v1.5', messages: [{ role: 'user' }] }
    expect(mock.handle(post('/v1/chat/completions', wrongType), 0).status).toBe(400)
  })

  it('answers errors of batches in their own shape', () => {
    const mock = new MockTogether()
    expect(JSON.parse(mock.handle(get('/v1/batches/none'), 0).body)).toEqual({
      error: 'there is no such batch',
    })
  })
})

/** All that a server with faults says to a fixed sequence of requests. */
function run(seed: number): string {
  const faults = [{ match: { perMille: 300 }, do: { kind: 'status', status: 503 } }] as const
  const mock = new MockTogether({ seed, faults, latency: { min: 0, max: 500 } })
  const requests = [chat(), fineTune(), batch(), embedding(), image()]
  const answers = Array.from({ length: 50 }, (_, index) =>
    mock.handle(requests[index % 5] ?? chat(), index * 500),
  )
  return JSON.stringify([answers, mock.journal()])
}

describe('MockTogether.handle, time and repetition', () => {
  it('never lets time go back', () => {
    const mock = new MockTogether({ enforcement: { kind: 'sliding-log' } })
    statuses(mock, image(), 60, 60_000)
    expect(mock.handle(image(), 0).status).toBe(429)
    expect(mock.journal().at(-1)?.atMs).toBe(60_000)
  })

  it('gives equal answers to equal requests with an equal seed', () => {
    expect(run(7)).toBe(run(7))
    expect(run(7)).not.toBe(run(8))
  })

  it('draws the time to answer from the range given, for successes only', () => {
    const mock = new MockTogether({ latency: { min: 5, max: 9 } })
    const delays = new Set<number>()
    for (let index = 0; index < 300; index += 1) {
      delays.add(mock.handle(chat(), index).delivery.delayMs)
    }
    expect([...delays].toSorted((a, b) => a - b)).toEqual([5, 6, 7, 8, 9])
    expect(mock.handle(post('/v1/batches'), 300).delivery.delayMs).toBe(0)
  })
})

describe('MockTogether.journal', () => {
  it('tells what happened to each request, and never a whole key', () => {
    const mock = new MockTogether()
    statuses(mock, image('secret-key-of-mine'), 61)
    const entry = mock.journal().at(-1)
    expect(entry).toMatchObject({
      atMs: 0,
      method: 'POST',
      path: '/v1/images/generations',
      key: '…mine',
      endpoint: 'images',
      model: 'black-forest-labs/FLUX.1-schnell',
      status: 429,
      counted: false,
      refusedBy: 'images',
      freesAtMs: 60_000,
    })
    expect(JSON.stringify(mock.journal())).not.toContain('secret')
  })

  it('adds up with the answers', () => {
    const mock = new MockTogether({ countsRefused: true })
    statuses(mock, image(), 70)
    expect(mock.journal().every((entry) => entry.counted)).toBe(true)
    expect(mock.journal().filter((entry) => entry.refusedBy === 'images')).toHaveLength(10)
  })

  it('is bounded, and off at zero while onRequest still hears of each request', () => {
    const bounded = new MockTogether({ journalLengthMax: 5 })
    statuses(bounded, chat(), 20)
    expect(bounded.journal()).toHaveLength(5)
    const off = new MockTogether({ journalLengthMax: 0 })
    let heard = 0
    off.onRequest = () => {
      heard += 1
    }
    statuses(off, chat(), 20)
    expect(off.journal()).toEqual([])
    expect(heard).toBe(20)
  })
})
