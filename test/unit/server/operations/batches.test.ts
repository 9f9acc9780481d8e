import { describe, expect, it } from 'vitest'
import { expectSchema } from '../../../helpers/expect-schema.ts'
import { batchListSchema } from '../../../helpers/response-schemas/files.ts'
import {
  chatBody,
  idsOf,
  input,
  linesOf,
  look,
  messages,
  mockWith,
  start,
} from './batch-fixture.ts'
import { batch, chatModel, embeddingModel, get, post } from '../mock-request.ts'
import { asText, send, type Json } from '../send.ts'

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

  it('begins when it is started', () => {
    const mock = mockWith(input(10))
    const path = start(mock, 5_000)
    expect(look(mock, path, 5_999)).toMatchObject({ status: 'VALIDATING', progress: 0 })
    expect(look(mock, path, 10_500)).toMatchObject({ status: 'IN_PROGRESS', progress: 50 })
    expect(look(mock, path, 15_000)).toMatchObject({ completed_at: '2026-01-01T00:00:15Z' })
  })

  it('takes no time where it is told to', () => {
    const over = { batchDurationMs: { min: 0, max: 0 } }
    const [good, broken] = [mockWith(input(3), over), mockWith('broken', over)]
    expect(look(good, start(good), 0)).toMatchObject({ status: 'COMPLETED', progress: 100 })
    expect(look(broken, start(broken), 0)).toMatchObject({ status: 'FAILED', progress: 0 })
  })
})

/** The order in which the requests of a batch are answered. */
function orderWith(seed: number): readonly string[] {
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

describe('the output of a batch', () => {
  it('holds the answer to each request, in an order of its own that the seed gives', () => {
    const [first, again, other] = [orderWith(1), orderWith(1), orderWith(2)]
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
    expect(send(mock, get(`/v1/files/${asText(id)}`, 'other'), 10_000).status).toBe(404)
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
      errors.map((line) => [asText(line['custom_id']), line['error']?.['code']]),
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

describe('an input', () => {
  it('may have ids of 64 characters, empty lines and words of other APIs', () => {
    const line = { custom_id: 'x'.repeat(64), method: 'POST', url: '/v1/x', body: chatBody }
    const mock = mockWith(`\n${JSON.stringify(line)}\r\n \t\n`)
    expect(look(mock, start(mock), 10_000)['status']).toBe('COMPLETED')
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
    const before = look(mock, path, 999)
    expect(before).toMatchObject({ status: 'VALIDATING' })
    expect(before).not.toHaveProperty('error')
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
