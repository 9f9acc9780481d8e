import { describe, expect, it } from 'vitest'
import {
  findServerProfile,
  type MockTogether,
  type MockRequest,
} from '../../../../src/server/handler.ts'
import { expectSchema } from '../../../helpers/expect-schema.ts'
import { batchErrorSchema, batchSchema } from '../../../helpers/response-schemas/files.ts'
import { idsOf, input, linesOf, look, mockWith, start } from './batch-fixture.ts'
import { batch, get, post } from '../mock-request.ts'
import { asText, send } from '../send.ts'

const DAY_MS = 86_400_000

function expectRefusal(mock: MockTogether, request: MockRequest, part: string): void {
  const { status, json } = send(mock, request)
  expect(status).toBe(400)
  expectSchema(json, batchErrorSchema)
  expect(json['error']).toContain(part)
}

describe('what is refused at once', () => {
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
    const exact = { ...small, batches: { requestsMax: 2, bytesMax: input(2).length } }
    expect(
      mockWith(input(2), { profile: exact as NonNullable<typeof profile> }).handle(batch(), 0)
        .status,
    ).toBe(201)
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
    expectRefusal(mock, post('/v1/batches', { input_file_id: 'file-1' }), 'endpoint is required')
    const noFile = { endpoint: '/v1/chat/completions' }
    expectRefusal(mock, post('/v1/batches', noFile), 'input_file_id is required')
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

  it('keeps as many failures as there were', () => {
    const mock = mockWith(
      input(9, Object.fromEntries(Array.from({ length: 9 }, (_, i) => [i, {}]))),
    )
    const path = start(mock)
    send(mock, post(`${path}/cancel`), 4_000)
    const cut = look(mock, path, 4_000)
    expect(cut).not.toHaveProperty('output_file_id')
    expect(linesOf(mock, cut['error_file_id'], 4_000)).toHaveLength(3)
  })
})

describe('a batch that takes too long', () => {
  it('is completed where it takes 24 hours to the millisecond', () => {
    const mock = mockWith(undefined, { batchDurationMs: { min: DAY_MS, max: DAY_MS } })
    expect(look(mock, start(mock), DAY_MS)['status']).toBe('COMPLETED')
  })

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

function mockWithFault(action: object): MockTogether {
  return mockWith(input(100), { faults: [{ do: { kind: 'batch', ...action } }] })
}

describe('a fault of batches', () => {
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
    const done = look(mock, `/v1/batches/${asText(json['job']?.['id'])}`, 10_000)
    expect(done['status']).toBe('COMPLETED')
    expect(linesOf(mock, done['output_file_id'], 10_000)).toHaveLength(1)
  })
})
