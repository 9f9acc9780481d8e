import { describe, expect, it } from 'vitest'
import {
  documentedServerProfile,
  latencyPresets,
  MockTogether,
  type LatencyModel,
  type MockRequest,
  type MockTogetherOptions,
} from '../../../../src/server/handler.ts'
import { batch, batchFile, chat, chatModel, embedding, get, image, post } from '../mock-request.ts'

/** Three tokens of prompt and fifteen of answer, which a stream sends in seventeen parts. */
const streamedChat = post('/v1/chat/completions', {
  model: chatModel,
  messages: [{ role: 'user', content: 'Say nothing.' }],
  stream: true,
})

/** Milliseconds to the answer and between its parts. */
function timesOf(mock: MockTogether, request: MockRequest, nowMs = 0): [number, number] {
  const { delivery, stream } = mock.handle(request, nowMs)
  return [delivery.delayMs, stream?.partDelayMs ?? 0]
}

function draw(seed: number): number[] {
  const mock = new MockTogether({ latency: { timeToFirstTokenMs: 200, sigma: 0.5 }, seed })
  return Array.from({ length: 20 }, () => timesOf(mock, chat())[0])
}

function delayOf(latency: LatencyModel, request: MockRequest): number {
  return timesOf(new MockTogether({ latency }), request)[0]
}

describe('the latency of a whole answer', () => {
  it('is the time to first token, the prompt and each token of the answer', () => {
    expect(delayOf({}, chat())).toBe(0)
    expect(delayOf({ timeToFirstTokenMs: 200 }, chat())).toBe(200)
    expect(delayOf({ perPromptTokenMs: 7 }, chat())).toBe(21)
    expect(delayOf({ interTokenMs: 10 }, chat())).toBe(150)
    const all = { timeToFirstTokenMs: 200, perPromptTokenMs: 7, interTokenMs: 10 }
    expect(delayOf(all, chat())).toBe(371)
  })

  it('is the time to first token alone where there are no tokens', () => {
    const latency = { timeToFirstTokenMs: 200, perPromptTokenMs: 7, interTokenMs: 10 }
    expect(delayOf(latency, get('/v1/models'))).toBe(200)
    expect(delayOf(latency, image())).toBe(200)
  })

  it('is a whole number of milliseconds, and at most the longest', () => {
    expect(delayOf({ timeToFirstTokenMs: 0.6 }, chat())).toBe(1)
    expect(delayOf({ timeToFirstTokenMs: 200, maxMs: 99.5 }, chat())).toBe(99.5)
    expect(delayOf({ timeToFirstTokenMs: 3_600_000 }, chat())).toBe(600_000)
  })

  it('differs by endpoint, in what is given', () => {
    const latency = {
      timeToFirstTokenMs: 200,
      perPromptTokenMs: 7,
      byEndpoint: { embeddings: { timeToFirstTokenMs: 30 }, images: { perPromptTokenMs: 0 } },
    }
    expect(delayOf(latency, chat())).toBe(221)
    expect(delayOf(latency, embedding())).toBe(37)
    expect(delayOf(latency, image())).toBe(200)
  })

  it('is drawn anew for each answer, and the same with the same seed', () => {
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
    expect(new Set(draw(7)).size).toBeGreaterThan(15)
  })

  it('adds to what a fault holds it back', () => {
    const faults = [{ do: { kind: 'delay', delayMs: 5 } }] as const
    const mock = new MockTogether({ latency: { timeToFirstTokenMs: 200 }, faults })
    expect(timesOf(mock, chat())[0]).toBe(205)
  })
})

describe('the latency of a stream', () => {
  it('is the time to first token and the prompt, then a time for each part', () => {
    const latency = { timeToFirstTokenMs: 200, perPromptTokenMs: 7, interTokenMs: 0.25 }
    expect(timesOf(new MockTogether({ latency }), streamedChat)).toEqual([221, 0.25])
  })

  it('goes faster where it would take longer than the longest', () => {
    const latency = { timeToFirstTokenMs: 200, interTokenMs: 50, maxMs: 360 }
    // Sixteen steps in 160 ms.
    expect(timesOf(new MockTogether({ latency }), streamedChat)).toEqual([200, 10])
    const none = { ...latency, maxMs: 150 }
    expect(timesOf(new MockTogether({ latency: none }), streamedChat)).toEqual([150, 0])
  })

  it('is none where the latency is a range', () => {
    const mock = new MockTogether({ latency: { min: 5, max: 5 } })
    expect(timesOf(mock, streamedChat)).toEqual([5, 0])
  })
})

describe('the load', () => {
  const latency = { timeToFirstTokenMs: 100, load: { concurrency: 4, factor: 3 } }

  it('makes each answer slower that begins while others are under way', () => {
    const mock = new MockTogether({ latency })
    const delays = Array.from({ length: 6 }, () => timesOf(mock, chat())[0])
    expect(delays).toEqual([100, 150, 200, 250, 300, 350])
  })

  it('is that of all keys and endpoints', () => {
    const mock = new MockTogether({ latency })
    timesOf(mock, chat('key one'))
    timesOf(mock, image('key two'))
    expect(timesOf(mock, chat('key three'))[0]).toBe(200)
  })

  it('ends with each answer, at its instant', () => {
    const mock = new MockTogether({ latency })
    timesOf(mock, chat(), 0)
    timesOf(mock, chat(), 0)
    expect(timesOf(mock, chat(), 99)[0]).toBe(200)
    expect(timesOf(mock, chat(), 149)[0]).toBe(200)
    // The first is over at 100, the second at 150, the others at 299 and 349.
    expect(timesOf(mock, chat(), 150)[0]).toBe(200)
    expect(timesOf(mock, chat(), 350)[0]).toBe(100)
  })

  it('lengthens the steps of a stream too, and lasts until its last part', () => {
    const mock = new MockTogether({ latency: { ...latency, interTokenMs: 10 } })
    expect(timesOf(mock, streamedChat)).toEqual([100, 10])
    expect(timesOf(mock, streamedChat)).toEqual([150, 15])
    expect(timesOf(mock, image(), 259)[0]).toBe(200)
    expect(timesOf(mock, image(), 389)[0]).toBe(200)
    expect(timesOf(mock, image(), 600)[0]).toBe(100)
  })

  it('lasts until a stream is cut', () => {
    const faults = [{ match: { nth: 1 }, do: { kind: 'cut-stream', afterParts: 3 } }] as const
    const mock = new MockTogether({ latency: { ...latency, interTokenMs: 10 }, faults })
    expect(timesOf(mock, streamedChat)).toEqual([100, 10])
    expect(timesOf(mock, image(), 119)[0]).toBe(150)
    // At 120 the third part has left: only the first image is under way.
    expect(timesOf(mock, image(), 120)[0]).toBe(150)
  })

  it('is of answers, not of refusals', () => {
    const mock = new MockTogether({ latency })
    for (let sent = 0; sent < 9; sent += 1) mock.handle(post('/v1/batches'), 0)
    expect(timesOf(mock, chat())[0]).toBe(100)
  })
})

describe('what is not answered well', () => {
  it.each<[number, MockRequest, MockTogetherOptions]>([
    [400, post('/v1/chat/completions'), {}],
    [401, { method: 'GET', path: '/v1/models', headers: {} }, {}],
    [404, get('/nowhere'), {}],
    [404, get('/v1/batches/none'), {}],
    [404, post('/v1/fine-tunes/none/cancel'), {}],
    [503, chat(), { faults: [{ do: { kind: 'status', status: 503 } }] }],
  ])('is told at once: %d', (status, request, options) => {
    const mock = new MockTogether({ ...options, latency: latencyPresets.typical })
    expect(mock.handle(request, 0)).toMatchObject({ status, delivery: { delayMs: 0 } })
  })

  it('is told at once: 429', () => {
    const mock = new MockTogether({ files: [batchFile], latency: { timeToFirstTokenMs: 100 } })
    for (let sent = 0; sent < 10; sent += 1) expect(timesOf(mock, batch())[0]).toBe(100)
    expect(mock.handle(batch(), 0)).toMatchObject({ status: 429, delivery: { delayMs: 0 } })
  })
})

describe('used tokens', () => {
  const limit = { id: 'tokens', endpoints: ['chat'], tokensMax: 100, windowMs: 60_000 } as const
  const profile = {
    ...documentedServerProfile,
    rateLimits: [limit],
    tokenAccounting: 'used',
    headers: { always: ['x-tokenlimit-remaining'], refused: [] },
  } as const

  it.each([
    ['whole', chat(), 249],
    // Sixteen steps after the first part.
    ['streamed', streamedChat, 259],
  ])('are counted when the answer is over: %s', (_how, request, lastMs) => {
    const mock = new MockTogether({
      profile,
      latency: { timeToFirstTokenMs: 100, interTokenMs: 10 },
    })
    const remainingAt = (nowMs: number): string | undefined =>
      mock.handle(post('/v1/chat/completions'), nowMs).headers['x-tokenlimit-remaining']
    mock.handle(request, 0)
    expect(remainingAt(lastMs)).toBe('100')
    expect(remainingAt(lastMs + 1)).toBe('82')
  })
})
