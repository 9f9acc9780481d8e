import { afterEach, describe, expect, it } from 'vitest'
import type { FastifyInstance } from 'fastify'
import { createMockApp } from '../../../../src/server/http/app.ts'
import { MockTogether, type MockTogetherOptions } from '../../../../src/server/index.ts'
import { VirtualClock } from '../../../helpers/virtual-clock.ts'

const authorization = 'Bearer My API Key'
const payload = '{"model":"BAAI/bge-base-en-v1.5","input":"x"}'
let app: FastifyInstance | undefined

afterEach(async () => {
  await app?.close()
})

function open(options: MockTogetherOptions = {}): { mock: MockTogether; clock: VirtualClock } {
  const clock = new VirtualClock({ startMs: 5_000 })
  const mock = new MockTogether(options)
  app = createMockApp(mock, { clock, bodyLengthMax: 1_000 })
  return { mock, clock }
}

describe('createMockApp', () => {
  it('hands requests to the handler, in time that begins at zero', async () => {
    const { mock, clock } = open()
    clock.advance(250)
    const answer = await app?.inject({
      method: 'POST',
      url: '/v1/embeddings?x=1',
      headers: { authorization },
      payload,
    })
    expect(answer?.statusCode).toBe(200)
    expect(answer?.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-ratelimit-remaining': '299',
    })
    expect(mock.journal()).toMatchObject([
      { atMs: 250, path: '/v1/embeddings?x=1', method: 'POST' },
    ])
  })

  it.each([
    { kind: 'truncate' },
    { kind: 'truncate', reset: true },
    { kind: 'drop', when: 'after', reset: true },
  ] as const)('ends an injected request by the fault %j, too', async (fault) => {
    open({ faults: [{ do: fault }] })
    const answer = app?.inject({
      method: 'POST',
      url: '/v1/embeddings',
      headers: { authorization },
      payload,
    })
    await expect(answer).rejects.toMatchObject({ code: 'LIGHT_ECONNRESET' })
  })

  it.each(['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'a/b; c=d'])(
    'reads bodies of type %s',
    async (type) => {
      open()
      const headers = { authorization, 'content-type': type }
      const answer = await app?.inject({ method: 'POST', url: '/v1/embeddings', headers, payload })
      expect(answer?.statusCode).toBe(200)
    },
  )

  it.each([
    [404, 'GET', '/'],
    [404, 'POST', '/v1/unknown'],
    [405, 'DELETE', '/v1/models'],
    [405, 'PUT', '/v1/embeddings'],
    [401, 'GET', '/v1/models'],
    [401, 'POST', '/v1/batches/b/cancel'],
    [400, 'GET', '/v1/%zz'],
  ] as const)('answers %d to %s %s', async (status, method, url) => {
    open()
    const answer = await app?.inject({ method, url })
    expect(answer?.statusCode).toBe(status)
    expect(answer?.json()).toHaveProperty('error')
  })

  it('refuses oversized bodies with 413 and types that are none with 415', async () => {
    open()
    const request = { method: 'POST', url: '/v1/embeddings', headers: { authorization } } as const
    const oversized = await app?.inject({ ...request, payload: 'x'.repeat(1_001) })
    expect(oversized?.statusCode).toBe(413)
    expect(oversized?.json()).toMatchObject({ error: { type: 'invalid_request_error' } })
    const headers = { authorization, 'content-type': '???' }
    expect((await app?.inject({ ...request, headers, payload }))?.statusCode).toBe(415)
  })

  it('journals what it turns away, in the form of the endpoint', async () => {
    const { mock, clock } = open()
    clock.advance(250)
    const request = { method: 'POST', url: '/v1/batches', headers: { authorization } } as const
    const oversized = await app?.inject({ ...request, payload: 'x'.repeat(1_001) })
    expect(oversized?.json()).toEqual({ error: 'The request body is too large.' })
    const headers = { authorization, 'content-type': '???' }
    await app?.inject({ ...request, url: '/v1/chat/completions', headers, payload })
    await app?.inject({ method: 'GET', url: '/v1/%zz' })
    expect(mock.journal()).toMatchObject([
      { atMs: 250, status: 413, endpoint: 'batches', path: '/v1/batches', counted: false },
      { status: 415, endpoint: 'chat', reason: 'The content type cannot be read.' },
      { status: 400, endpoint: undefined, path: '/v1/%zz' },
    ])
    expect(mock.state(300).totals.requests).toBe(3)
  })

  it('says how long its answers are, in bytes', async () => {
    open({ models: [{ id: 'é/ü', type: 'chat' }] })
    const request = { url: '/v1/models', headers: { authorization } } as const
    const answer = await app?.inject({ ...request, method: 'GET' })
    expect(answer?.body).toContain('"é/ü"')
    expect(answer?.headers['content-length']).toBe(String(answer?.rawPayload.length))
    expect(answer?.headers).not.toHaveProperty('transfer-encoding')
  })

  it('answers 500 where an answer has a header that cannot be sent', async () => {
    const { mock } = open()
    mock.handle = () => ({
      status: 200,
      headers: { 'no name': 'x' },
      body: '',
      delivery: { delayMs: 0 },
    })
    const request = { method: 'GET', url: '/v1/models', headers: { authorization } } as const
    const answer = await app?.inject(request)
    expect(answer?.statusCode).toBe(500)
    expect(answer?.json()).toHaveProperty('error')
  })

  it('answers after the delay, by its clock', async () => {
    const { clock } = open({ faults: [{ do: { kind: 'delay', delayMs: 70_000 } }] })
    let isAnswered = false
    const answer = app?.inject({ method: 'GET', url: '/v1/models', headers: { authorization } })
    void answer?.finally(() => {
      isAnswered = true
    })
    await expect.poll(() => clock.timerCount).toBe(1)
    clock.advance(69_999)
    await new Promise(setImmediate)
    expect(isAnswered).toBe(false)
    clock.advance(1)
    expect((await answer)?.statusCode).toBe(200)
  })

  it('drops its delays when it is closed', async () => {
    const { clock } = open({ latency: { min: 1_000, max: 1_000 } })
    const answer = app?.inject({ method: 'GET', url: '/v1/models', headers: { authorization } })
    answer?.catch(() => undefined)
    await expect.poll(() => clock.timerCount).toBe(1)
    await app?.close()
    expect(clock.timerCount).toBe(0)
  })
})
