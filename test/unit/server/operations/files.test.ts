import { describe, expect, it } from 'vitest'
import {
  findServerProfile,
  MockTogether,
  type MockForm,
  type MockRequest,
} from '../../../../src/server/handler.ts'
import { expectSchema } from '../../../helpers/expect-schema.ts'
import {
  fileDeletedSchema,
  fileListSchema,
  fileSchema,
} from '../../../helpers/response-schemas/files.ts'
import { errorSchema } from '../../../helpers/response-schemas/inference.ts'
import { get } from '../mock-request.ts'
import { asText, send } from '../send.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const lines = encoder.encode('{"text":"a"}\n\n  \r\n{"text":"b"}')
const fields = { purpose: 'fine-tune', file_name: 'train.jsonl', file_type: 'jsonl' }

function upload(form: MockForm | undefined, path = '/v1/files/upload', key = 'k'): MockRequest {
  const request = { method: 'POST', path, headers: { authorization: `Bearer ${key}` } }
  return form === undefined ? request : { ...request, form }
}

/** Uploads a file and returns its id. */
function put(mock: MockTogether, over: Record<string, string> = {}, bytes = lines): string {
  const form = { fields: { ...fields, ...over }, file: { name: 'blob', bytes } }
  const { status, json } = send(mock, upload(form))
  expect(status).toBe(200)
  return asText(json['id'])
}

function begin(query: string, body?: string): MockRequest {
  const request = upload(undefined, `/v1/files${query}`)
  const headers = { ...request.headers, host: 'localhost:9' }
  return body === undefined ? { ...request, headers } : { ...request, headers, body }
}

describe('POST /v1/files/upload', () => {
  it('takes a multipart form in and describes the file', () => {
    const mock = new MockTogether()
    const form = { fields, file: { name: 'blob', bytes: lines } }
    const { json } = send(mock, upload(form), 2_000)
    expectSchema(json, fileSchema)
    expect(json).toMatchObject({
      object: 'file',
      created_at: 1_767_225_602,
      filename: 'train.jsonl',
      bytes: lines.length,
      purpose: 'fine-tune',
      FileType: 'jsonl',
      Processed: true,
      LineCount: 2,
      processing_status: 'COMPLETED',
      validation_report: { valid: true },
    })
  })

  it('takes the name from the file and the type from the name where the form says neither', () => {
    const mock = new MockTogether()
    const form = { fields: { purpose: 'eval' }, file: { name: 'a.b.CSV', bytes: lines } }
    expect(send(mock, upload(form)).json).toMatchObject({ filename: 'a.b.CSV', FileType: 'csv' })
    expect(send(mock, upload(form, '/v1/files')).json).toMatchObject({ filename: 'a.b.CSV' })
  })

  it.each([
    ['{"a":1}\nno', 'line 2 is not a JSON object'],
    ['{"a":1}\n\n[1]', 'line 3 is not a JSON object'],
    [' \n', 'the file is empty'],
    ['{"a":"\u00e9"}', undefined],
  ])('validates a training file: %j', (content, error) => {
    const mock = new MockTogether()
    const id = put(mock, {}, encoder.encode(content))
    const { json } = send(mock, get(`/v1/files/${id}`, 'k'))
    expectSchema(json, fileSchema)
    expect(json['processing_status']).toBe(error === undefined ? 'COMPLETED' : 'INVALID_FORMAT')
    expect(json['validation_report']).toMatchObject({ valid: error === undefined })
    expect(json['validation_report']?.['error']).toBe(error)
  })

  it('validates training files only, and those once they have come', () => {
    const mock = new MockTogether()
    const broken = put(mock, { purpose: 'eval' }, encoder.encode('no'))
    const { headers } = mock.handle(begin('?file_name=a&purpose=fine-tune'), 0)
    for (const id of [broken, String(headers['x-together-file-id'])]) {
      expect(send(mock, get(`/v1/files/${id}`, 'k')).json).not.toHaveProperty('validation_report')
    }
  })

  it('finds bytes that are no UTF-8', () => {
    const id = new MockTogether()
    const file = put(id, {}, Uint8Array.of(123, 34, 255, 34, 58, 49, 125))
    expect(send(id, get(`/v1/files/${file}`, 'k')).json['processing_status']).toBe('INVALID_FORMAT')
  })

  it.each<[string, MockForm | undefined, string | null]>([
    ['the body must be a multipart form', undefined, null],
    ['file is required', { fields }, 'file'],
    ['file_name is required', { fields: {}, file: { name: '', bytes: lines } }, 'file_name'],
    [
      'file_name must have at most',
      { fields: { ...fields, file_name: 'x'.repeat(1_025) }, file: { name: '', bytes: lines } },
      'file_name',
    ],
    [
      'purpose must be one of fine-tune, eval, batch-api',
      { fields: { ...fields, purpose: 'batch' }, file: { name: 'a', bytes: lines } },
      'purpose',
    ],
    [
      'file_type must be one of jsonl, csv, parquet',
      { fields: { ...fields, file_type: 'txt' }, file: { name: 'a', bytes: lines } },
      'file_type',
    ],
  ])('refuses with 400: %s', (message, form, param) => {
    const { status, json } = send(new MockTogether(), upload(form))
    expect(status).toBe(400)
    expectSchema(json, errorSchema)
    expect(json['error']).toMatchObject({ param, message: expect.stringContaining(message) })
  })

  it('asks for a key', () => {
    const request = { ...upload({ fields, file: { name: 'a', bytes: lines } }), headers: {} }
    expect(send(new MockTogether(), request).status).toBe(401)
  })
})

describe('POST /v1/files and PUT', () => {
  it.each([
    ['?file_name=%2Ftmp%2Fa.jsonl&file_type=jsonl&purpose=eval', undefined],
    ['', 'file_name=%2Ftmp%2Fa.jsonl&file_type=jsonl&purpose=eval'],
  ])('tells where to put the content: %s %s', (query, body) => {
    const mock = new MockTogether()
    const answer = mock.handle(begin(query, body), 0)
    expect(answer.status).toBe(302)
    const id = answer.headers['x-together-file-id'] ?? ''
    const location = answer.headers['location'] ?? ''
    expect(location).toBe(`http://localhost:9/v1/uploads/${id}`)
    const before = send(mock, get(`/v1/files/${id}`, 'k')).json
    expectSchema(before, fileSchema)
    expect(before).toMatchObject({ Processed: false, bytes: 0, processing_status: 'PENDING' })
    expect(send(mock, get(`/v1/files/${id}/content`, 'k')).status).toBe(404)
    // No key: who knows the address is let in. Sent twice, as after an answer that got lost.
    for (const text of ['lost', 'kept']) {
      const path = new URL(location).pathname
      const request = { method: 'PUT', path, headers: {}, body: encoder.encode(text) }
      expect(mock.handle(request, 0).status).toBe(200)
    }
    const { bytes } = mock.handle(get(`/v1/files/${id}/content`, 'k'), 0)
    expect(decoder.decode(bytes)).toBe('kept')
    expect(send(mock, get(`/v1/files/${id}`, 'k')).json).toMatchObject({
      filename: '/tmp/a.jsonl',
      Processed: true,
      bytes: 4,
    })
  })

  it('takes the content as text too', () => {
    const mock = new MockTogether()
    const { headers } = mock.handle(begin('?file_name=a&purpose=eval'), 0)
    const path = new URL(headers['location'] ?? '').pathname
    expect(mock.handle({ method: 'PUT', path, headers: {}, body: 'text' }, 0).status).toBe(200)
  })

  it('keeps the content of files that were not begun so', () => {
    const mock = new MockTogether()
    for (const id of [put(mock), 'nobody']) {
      const request = { method: 'PUT', path: `/v1/uploads/${id}`, headers: {}, body: 'x' }
      expect(send(mock, request).status).toBe(404)
    }
  })

  it.each(['bad host/', 'a"b', ''])('does not repeat the host %j', (host) => {
    const request = begin('?file_name=a&purpose=eval')
    const { headers } = new MockTogether().handle(
      { ...request, headers: { ...request.headers, host } },
      0,
    )
    expect(headers['location']).toMatch(/^http:\/\/localhost\/v1/)
  })

  it('refuses what names no purpose', () => {
    const { status, json } = send(new MockTogether(), begin('?file_name=a'))
    expect([status, json['error']?.['param']]).toEqual([400, 'purpose'])
  })
})

describe('/v1/files', () => {
  it('lists, describes, sends and deletes the key’s own files', () => {
    const mock = new MockTogether()
    const [first, second] = [put(mock), put(mock, { purpose: 'eval' })]
    const { json } = send(mock, get('/v1/files', 'k'))
    expectSchema(json, fileListSchema)
    expect(json['data']).toMatchObject([{ id: first }, { id: second }])
    expect(send(mock, get('/v1/files', 'other')).json).toEqual({ data: [] })
    for (const path of [`/v1/files/${first}`, `/v1/files/${first}/content`]) {
      expect(send(mock, get(path, 'other')).status).toBe(404)
    }
    const content = mock.handle(get(`/v1/files/${first}/content`, 'k'), 0)
    expect(content.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(content.bytes).toEqual(lines)
    const remove = { ...get(`/v1/files/${first}`, 'k'), method: 'DELETE' }
    const gone = send(mock, remove).json
    expectSchema(gone, fileDeletedSchema)
    expect(gone).toEqual({ id: first, deleted: true })
    expect(send(mock, remove).status).toBe(404)
    expect(send(mock, get('/v1/files', 'k')).json['data']).toMatchObject([{ id: second }])
  })

  it('sends a table in columns as bytes', () => {
    const mock = new MockTogether()
    const id = put(mock, { file_type: 'parquet' })
    const { headers } = mock.handle(get(`/v1/files/${id}/content`, 'k'), 0)
    expect(headers['content-type']).toBe('application/octet-stream')
    expect(send(mock, get(`/v1/files/${id}`, 'k')).json['LineCount']).toBe(0)
  })

  it('shows the files it was given to every key, also after a reset', () => {
    const files = [
      { id: 'text', content: '{}' },
      { id: 'bytes', content: lines, name: 'x.csv', purpose: 'eval' as const },
    ]
    const mock = new MockTogether({ files })
    mock.handle({ ...get('/v1/files/text'), method: 'DELETE' }, 0)
    expect(send(mock, get('/v1/files/text', 'a')).status).toBe(404)
    mock.reset()
    expect(send(mock, get('/v1/files', 'b')).json['data']).toMatchObject([
      { id: 'text', filename: 'text.jsonl', purpose: 'batch-api', created_at: 1_767_225_600 },
      { id: 'bytes', filename: 'x.csv', purpose: 'eval', FileType: 'csv' },
    ])
  })

  it.each([
    [[{ id: 'a', content: 1 }], /files\[0\]\.content.*text or bytes/],
    [[{ id: '', content: '' }], /files\[0\]\.id/],
    [[{ id: 'a', content: '', purpose: 'x' }], /files\[0\]\.purpose/],
    [
      [
        { id: 'a', content: '' },
        { id: 'a', content: '' },
      ],
      /files\[1\]\.id.*of its own/,
    ],
    ['x', /files/],
  ])('refuses the option %j', (files, message) => {
    expect(() => new MockTogether({ files: files as [] })).toThrow(message)
  })

  it('has a file of every name under a lenient profile', () => {
    const profile = findServerProfile('unlimited')
    const mock = new MockTogether(profile === undefined ? {} : { profile })
    for (const path of ['/v1/files/id', '/v1/files/id/content']) {
      expect(mock.handle(get(path), 0).status).toBe(200)
    }
    expectSchema(send(mock, get('/v1/files/id')).json, fileSchema)
    expect(send(mock, { ...get('/v1/files/id'), method: 'DELETE' }).json).toEqual({
      id: 'id',
      deleted: true,
    })
  })
})
