import { describe, expect, it } from 'vitest'
import {
  findServerProfile,
  MockTogether,
  type MockRequest,
  type MockTogetherOptions,
} from '../../../../src/server/handler.ts'
import { expectSchema } from '../../../helpers/expect-schema.ts'
import {
  batchErrorSchema,
  batchListSchema,
  batchSchema,
  createdBatchSchema,
} from '../../../helpers/response-schemas/files.ts'
import { batch, batchFile, chatModel, embeddingModel, get, post } from '../mock-request.ts'

interface Json {
  readonly [name: string]: Json
}

const decoder = new TextDecoder()
const messages = [{ role: 'user', content: 'Say nothing.' }]
const chatBody = { model: chatModel, messages }
const DAY_MS = 86_400_000

/** A batch that takes 10 s: validation ends after 1 s, of n requests one is over every 9/n s. */
function mockWith(content: string | undefined, over: MockTogetherOptions = {}): MockTogether {
  const files = content === undefined ? [batchFile] : [{ id: 'file-1', content }]
  return new MockTogether({ files, batchDurationMs: { min: 10_000, max: 10_000 }, ...over })
}

/** Requests with the ids 0, 1, 2 …, each good unless told otherwise. */
function input(count: number, bodies: Readonly<Record<number, unknown>> = {}): string {
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify({ custom_id: String(index), body: bodies[index] ?? chatBody }),
  ).join('\n')
}

function send(mock: MockTogether, request: MockRequest, nowMs = 0): { status: number; json: Json } {
  const { status, body } = mock.handle(request, nowMs)
  return { status, json: JSON.parse(body) as Json }
}

/** Starts a batch and returns its path. */
function start(mock: MockTogether, nowMs = 0): string {
  const { status, json } = send(mock, batch(), nowMs)
  expect(status).toBe(201)
  expectSchema(json, createdBatchSchema)
  return `/v1/batches/${String(json['job']?.['id'])}`
}

function look(mock: MockTogether, path: string, nowMs: number): Json {
  const { status, json } = send(mock, get(path), nowMs)
  expect(status).toBe(200)
  expectSchema(json, batchSchema)
  return json
}

/** The lines of a file that a batch has written. */
function linesOf(mock: MockTogether, id: unknown, nowMs: number): readonly Json[] {
  const { status, bytes } = mock.handle(get(`/v1/files/${String(id)}/content`), nowMs)
  expect(status).toBe(200)
  const text = decoder.decode(bytes)
  expect(text.endsWith('\n')).toBe(true)
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Json)
}

function idsOf(lines: readonly Json[]): readonly string[] {
  return lines.map((line) => String(line['custom_id']))
}

describe('the life of a batch', () => {
  it('answers 201 with the job wrapped, and passes through its stages', () => {
    const mock = mockWith(input(10))
    const path = start(mock)
    expect(look(mock, path, 0)).toMatchObject({
      status: 'VALIDATING',
      progress: 0,
      input_file_id: 'file-1',
      file_size_bytes: input(10).length,
      endpoint: '/v1/chat/completions',
      model_id: chatModel,
      created_at: '2026-01-01T00:00:00Z',
      job_deadline: '2026-01-02T00:00:00Z',
    })
    expect(look(mock, path, 999)).toMatchObject({ status: 'VALIDATING', progress: 0 })
    expect(look(mock, path, 1_000)).toMatchObject({ status: 'IN_PROGRESS', progress: 0 })
    expect(look(mock, path, 1_899)['progress']).toBe(0)
    expect(look(mock, path, 1_900)['progress']).toBe(10)
    expect(look(mock, path, 5_500)['progress']).toBe(50)
    const last = look(mock, path, 9_999)
    expect(last).toMatchObject({ status: 'IN_PROGRESS', progress: 90 })
    for (const name of ['output_file_id', 'error_file_id', 'completed_at', 'error']) {
      expect(last).not.toHaveProperty(name)
    }
    const done = look(mock, path, 10_000)
    expect(done).toMatchObject({
      status: 'COMPLETED',
      progress: 100,
      output_file_id: expect.any(String),
      completed_at: '2026-01-01T00:00:10Z',
    })
    expect(done).not.toHaveProperty('error_file_id')
  })

  it('lists as a bare array, the key’s own ones only', () => {
    const mock = mockWith(undefined)
    start(mock)
    const { json } = send(mock, get('/v1/batches'))
    expectSchema(json, batchListSchema)
    expect(json).toHaveLength(1)
    expect(send(mock, get('/v1/batches', 'other')).json).toEqual([])
  })

  it('takes time zero where it is told to', () => {
    const mock = mockWith(input(3), { batchDurationMs: { min: 0, max: 0 } })
    expect(look(mock, start(mock), 0)).toMatchObject({ status: 'COMPLETED', progress: 100 })
  })
})

describe('the output of a batch', () => {
  it('holds the answer to each request, in an order of its own that the seed gives', () => {
    const order = (seed: number): readonly string[] => {
      const mock = mockWith(input(50), { seed })
      const { output_file_id: id } = look(mock, start(mock), 10_000)
      const lines = linesOf(mock, id, 10_000)
      for (const line of lines) {
        expect(line).toMatchObject({
          response: { status_code: 200, body: { object: 'chat.completion', model: chatModel } },
        })
      }
      return idsOf(lines)
    }
    const [first, again, other] = [order(1), order(1), order(2)]
    const sorted = Array.from({ length: 50 }, (_, index) => String(index))
    expect(first.toSorted((a, b) => Number(a) - Number(b))).toEqual(sorted)
    expect(first).not.toEqual(sorted)
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
  })

  it('is a file like any other once the batch is over, and not before', () => {
    const mock = mockWith(undefined)
    const path = start(mock)
    const before = send(mock, get('/v1/files'), 9_999).json['data']
    expect(before).toHaveLength(1)
    const { output_file_id: id } = look(mock, path, 10_000)
    const { json } = send(mock, get('/v1/files'), 10_000)
    expect(json['data']).toMatchObject([
      { id: 'file-1' },
      { id, purpose: 'batch-api', created_at: 1_767_225_610, LineCount: 1 },
    ])
    expect(send(mock, get(`/v1/files/${String(id)}`, 'other'), 10_000).status).toBe(404)
  })

  it('goes on where the input is deleted meanwhile', () => {
    const mock = mockWith(undefined)
    const path = start(mock)
    expect(send(mock, { ...get('/v1/files/file-1'), method: 'DELETE' }).status).toBe(200)
    expect(look(mock, path, 10_000)['status']).toBe('COMPLETED')
  })

  it('is whole although a line asks for a stream', () => {
    const mock = mockWith(input(1, { 0: { ...chatBody, stream: true } }))
    const { output_file_id: id } = look(mock, start(mock), 10_000)
    expect(linesOf(mock, id, 10_000)).toMatchObject([
      { response: { body: { object: 'chat.completion' } } },
    ])
  })

  it('uses the model of the batch where a line names none', () => {
    const mock = mockWith(input(1, { 0: { messages } }))
    const body = { endpoint: '/v1/chat/completions', input_file_id: 'file-1', model_id: chatModel }
    send(mock, post('/v1/batches', body))
    const [done] = send(mock, get('/v1/batches'), 10_000).json as unknown as Json[]
    expect(linesOf(mock, done?.['output_file_id'], 10_000)).toMatchObject([
      { response: { body: { model: chatModel } } },
    ])
  })

  it('answers what is heard as well', () => {
    const mock = mockWith(input(1, { 0: { file: 'x' } }))
    const body = { endpoint: '/v1/audio/transcriptions', input_file_id: 'file-1' }
    send(mock, post('/v1/batches', body))
    const [done] = send(mock, get('/v1/batches'), 10_000).json as unknown as Json[]
    expect(linesOf(mock, done?.['output_file_id'], 10_000)).toMatchObject([
      { response: { body: { text: expect.any(String) } } },
    ])
  })
})

describe('requests that fail', () => {
  const bodies = {
    1: { model: 'no/body', messages },
    3: { model: embeddingModel, messages },
    4: { model: chatModel },
    6: { ...chatBody, max_tokens: 1e9, context_length_exceeded_behavior: 'error' },
  }

  it('are in the error file, each with its reason; the batch is completed', () => {
    const mock = mockWith(input(8, bodies))
    const done = look(mock, start(mock), 10_000)
    expect(done['status']).toBe('COMPLETED')
    expect(idsOf(linesOf(mock, done['output_file_id'], 10_000)).toSorted()).toEqual([
      '0',
      '2',
      '5',
      '7',
    ])
    const errors = linesOf(mock, done['error_file_id'], 10_000)
    const codes = Object.fromEntries(
      errors.map((line) => [String(line['custom_id']), line['error']?.['code']]),
    )
    expect(codes).toMatchObject({
      1: 'model_not_available',
      3: 'invalid_request_error',
      4: 'invalid_request_error',
    })
    expect(Object.keys(codes)).toEqual(['1', '3', '4', '6'])
    expect(errors.every((line) => typeof line['error']?.['message'] === 'string')).toBe(true)
  })

  it('leave no output file where all of them do', () => {
    const mock = mockWith(input(2, { 0: {}, 1: {} }))
    const done = look(mock, start(mock), 10_000)
    expect(done).toMatchObject({ status: 'COMPLETED', progress: 100 })
    expect(done).not.toHaveProperty('output_file_id')
    expect(linesOf(mock, done['error_file_id'], 10_000)).toHaveLength(2)
  })
})

describe('an input that is none', () => {
  it.each([
    [`${input(2)}\nno json`, 'line 3 is not a JSON object'],
    ['{"body":{}}', 'line 1 has no custom_id'],
    ['{"custom_id":"","body":{}}', 'line 1 has no custom_id'],
    [`\n{"custom_id":"${'x'.repeat(65)}","body":{}}`, 'line 2 has a custom_id of more than 64'],
    [`${input(1)}\n${input(1)}`, 'line 2 has the custom_id of a line before it'],
    ['{"custom_id":"a","body":[]}', 'line 1 has no body'],
    ['\n \n', 'holds no requests'],
  ])('fails the batch once it is validated: %j', (content, error) => {
    const mock = mockWith(content)
    const path = start(mock)
    expect(look(mock, path, 999)).toMatchObject({ status: 'VALIDATING' })
    const failed = look(mock, path, 1_000)
    expect(failed).toMatchObject({ status: 'FAILED', progress: 0 })
    expect(failed['error']).toContain(error)
    for (const name of ['output_file_id', 'error_file_id', 'completed_at']) {
      expect(failed).not.toHaveProperty(name)
    }
    expect(send(mock, post(`${path}/cancel`), 1_000).status).toBe(400)
  })

  it('has its place for as long as it is validated', () => {
    const mock = mockWith('broken')
    for (let index = 0; index < 10; index += 1) start(mock)
    expect(mock.handle(batch(), 999).status).toBe(429)
    expect(mock.handle(batch(), 1_000).status).toBe(201)
  })
})

describe('what is refused at once', () => {
  function expectRefusal(mock: MockTogether, request: MockRequest, part: string): void {
    const { status, json } = send(mock, request)
    expect(status).toBe(400)
    expectSchema(json, batchErrorSchema)
    expect(json['error']).toContain(part)
  }

  it('is a batch of 101, not one of 100', () => {
    expect(mockWith(input(100)).handle(batch(), 0).status).toBe(201)
    expectRefusal(mockWith(input(101)), batch(), 'at most 100 requests')
  })

  it('is a batch of 101 under the documented profile only', () => {
    const profile = findServerProfile('tier-1')
    const over = profile === undefined ? {} : { profile }
    expect(mockWith(input(101), over).handle(batch(), 0).status).toBe(201)
    const small = { ...over.profile, batches: { requestsMax: 10, bytesMax: 100 } }
    const mock = mockWith(input(2), { profile: small as NonNullable<typeof profile> })
    expectRefusal(mock, batch(), 'more than 100 bytes')
  })

  it('is a file that is not there, not the key’s, not for batches or not sent yet', () => {
    const files = [{ id: 'file-1', content: input(1), purpose: 'eval' as const }]
    const mock = mockWith(undefined, { files })
    expectRefusal(mock, batch(), 'for eval')
    const body = { endpoint: '/v1/chat/completions', input_file_id: 'file-2' }
    expectRefusal(mock, post('/v1/batches', body), 'no such file')
    const begin = post('/v1/files?file_name=a&purpose=batch-api')
    const id = mock.handle(begin, 0).headers['x-together-file-id']
    const mine = post('/v1/batches', { ...body, input_file_id: id })
    expectRefusal(mock, mine, 'not been sent yet')
    const theirs = post('/v1/batches', { ...body, input_file_id: id }, 'other')
    expectRefusal(mock, theirs, 'no such file')
  })

  it('is what is not a batch', () => {
    const mock = mockWith(undefined)
    const wrong = { endpoint: '/v1/rerank', input_file_id: 'file-1' }
    expectRefusal(mock, post('/v1/batches', wrong), 'endpoint must be one of')
    const unknown = { ...wrong, endpoint: '/v1/chat/completions', model_id: 'no/body' }
    expect(send(mock, post('/v1/batches', unknown)).status).toBe(404)
  })

  it('is an eleventh batch in flight, which costs no file', () => {
    const mock = mockWith(undefined)
    for (let index = 0; index < 10; index += 1) start(mock)
    const { status, json } = send(mock, batch())
    expect(status).toBe(429)
    expectSchema(json, batchErrorSchema)
    expect(send(mock, get('/v1/files'), 20_000).json['data']).toHaveLength(11)
  })
})

describe('POST /v1/batches/{id}/cancel', () => {
  it('ends it at once and frees its place; once', () => {
    const mock = mockWith(undefined)
    const paths = Array.from({ length: 10 }, () => start(mock))
    expect(send(mock, batch(), 1).status).toBe(429)
    const { json } = send(mock, post(`${paths[4]}/cancel`), 2)
    expectSchema(json, batchSchema)
    expect(json['status']).toBe('CANCELLED')
    expect(send(mock, batch(), 3).status).toBe(201)
    expect(send(mock, post(`${paths[4]}/cancel`), 4).status).toBe(400)
    expect(look(mock, String(paths[4]), 1e6)['status']).toBe('CANCELLED')
    expect(send(mock, post(`${paths[5]}/cancel`, {}, 'other'), 5).status).toBe(404)
  })

  it('keeps what was done before, and nothing else', () => {
    const wholes = mockWith(input(9, { 0: {}, 1: {}, 2: {} }))
    const whole = look(wholes, start(wholes), 10_000)
    const output = idsOf(linesOf(wholes, whole['output_file_id'], 10_000))
    const errors = idsOf(linesOf(wholes, whole['error_file_id'], 10_000))
    for (let done = 0; done <= 8; done += 1) {
      const mock = mockWith(input(9, { 0: {}, 1: {}, 2: {} }))
      const nowMs = 1_000 + 1_000 * done
      const path = start(mock)
      send(mock, post(`${path}/cancel`), nowMs)
      const cut = look(mock, path, 99_999)
      expect(cut).toMatchObject({ status: 'CANCELLED', progress: Math.floor((100 * done) / 9) })
      const kept = [cut['output_file_id'], cut['error_file_id']].map((id) =>
        id === undefined ? [] : idsOf(linesOf(mock, id, nowMs)),
      )
      expect(kept.flat()).toHaveLength(done)
      expect(kept[0]).toEqual(output.slice(0, kept[0]?.length))
      expect(kept[1]).toEqual(errors.slice(0, kept[1]?.length))
    }
  })
})

describe('a batch that takes too long', () => {
  it('expires after 24 hours with what was done', () => {
    const batchDurationMs = { min: 2 * DAY_MS, max: 2 * DAY_MS }
    const mock = mockWith(input(18), { batchDurationMs })
    const path = start(mock)
    expect(look(mock, path, DAY_MS - 1)['status']).toBe('IN_PROGRESS')
    const expired = look(mock, path, DAY_MS)
    expect(expired).toMatchObject({ status: 'EXPIRED', progress: 44 })
    expect(expired).not.toHaveProperty('completed_at')
    expect(linesOf(mock, expired['output_file_id'], DAY_MS)).toHaveLength(8)
    expect(send(mock, post(`${path}/cancel`), DAY_MS).status).toBe(400)
  })
})

describe('a fault of batches', () => {
  function mockWithFault(action: object): MockTogether {
    return mockWith(input(100), { faults: [{ do: { kind: 'batch', ...action } }] })
  }

  it('fails some of the requests with a server_error', () => {
    const mock = mockWithFault({ failPerMille: 300 })
    const done = look(mock, start(mock), 10_000)
    const errors = linesOf(mock, done['error_file_id'], 10_000)
    expect(errors.length).toBeGreaterThan(10)
    expect(errors.length).toBeLessThan(60)
    expect(errors[0]).toMatchObject({ error: { code: 'server_error' } })
    const output = linesOf(mock, done['output_file_id'], 10_000)
    expect(new Set([...idsOf(output), ...idsOf(errors)]).size).toBe(100)
  })

  it('lets it fail as a whole, or expire', () => {
    const failing = mockWithFault({ ending: 'FAILED' })
    expect(look(failing, start(failing), 10_000)).toMatchObject({
      status: 'FAILED',
      error: expect.any(String),
    })
    const expiring = mockWithFault({ ending: 'EXPIRED' })
    expect(look(expiring, start(expiring), DAY_MS)).toMatchObject({ status: 'EXPIRED' })
  })

  it('is written in the journal and leaves other requests alone', () => {
    const mock = mockWithFault({ ending: 'FAILED' })
    start(mock)
    expect(mock.journal().at(-1)).toMatchObject({ status: 201, fault: 'fault-1' })
    expect(mock.handle(get('/v1/models'), 0).status).toBe(200)
  })
})

describe('under a lenient profile', () => {
  it('takes any file', () => {
    const profile = findServerProfile('unlimited')
    const mock = mockWith(undefined, profile === undefined ? {} : { profile })
    const body = { endpoint: '/v1/chat/completions', input_file_id: 'file-abc123def456ghi789' }
    const { status, json } = send(mock, post('/v1/batches', body))
    expect(status).toBe(201)
    const done = look(mock, `/v1/batches/${String(json['job']?.['id'])}`, 10_000)
    expect(done['status']).toBe('COMPLETED')
    expect(linesOf(mock, done['output_file_id'], 10_000)).toHaveLength(1)
  })
})
