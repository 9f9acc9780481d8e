import { describe, expect, it } from 'vitest'
import { MockTogether, type MockResponse } from '../../../../src/server/handler.ts'
import { parseFaultHeader } from '../../../../src/server/faults/fault-header.ts'
import { chat } from '../mock-request.ts'

function ask(fault: string, mock = new MockTogether()): MockResponse {
  const request = chat()
  return mock.handle({ ...request, headers: { ...request.headers, 'x-mock-fault': fault } }, 0)
}

describe('x-mock-fault', () => {
  it.each([
    ['503', { kind: 'status', status: 503, hints: [] }],
    [
      ' 429 ; retry-after=3; x-ratelimit-reset=2.5;retry-after-ms=70 ',
      {
        kind: 'status',
        status: 429,
        hints: [
          { header: 'retry-after', delayMs: 3_000 },
          { header: 'x-ratelimit-reset', delayMs: 2_500 },
          { header: 'retry-after-ms', delayMs: 70 },
        ],
      },
    ],
    ['delay=250', { kind: 'delay', delayMs: 250 }],
    ['drop', { kind: 'drop', when: 'before' }],
    ['drop-after', { kind: 'drop', when: 'after' }],
    ['reset', { kind: 'drop', when: 'before', reset: true }],
    ['hang', { kind: 'hang' }],
    ['truncate', { kind: 'truncate' }],
    ['malformed', { kind: 'malformed' }],
    ['cut-stream=2', { kind: 'cut-stream', afterParts: 2 }],
    ['{"kind":"quota","share":0.5}', { kind: 'quota', share: 0.5 }],
  ])('reads %s', (text, action) => {
    expect(parseFaultHeader(text)).toEqual(action)
  })

  it.each([
    '',
    'explode',
    '200',
    '429; retry-after',
    '429; retry-after=soon',
    '429; wait=3',
    'hang; 5',
    'delay',
    'delay=-1',
    'delay=',
    'cut-stream=',
    'cut-stream=1.5',
    '{"kind":',
    '{"kind":"hang","forMs":5}',
    'toString',
  ])('answers 400 to %j and says what it expected', (text) => {
    const { status, body } = ask(text)
    expect(status).toBe(400)
    expect(JSON.parse(body).error).toMatchObject({
      message: expect.stringContaining('expected'),
      param: 'x-mock-fault',
    })
  })

  it('makes a fault for its request and for no other', () => {
    const mock = new MockTogether()
    const refused = ask('429; retry-after=3', mock)
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '3'])
    expect(mock.journal().at(-1)).toMatchObject({ fault: 'x-mock-fault', status: 429 })
    expect(mock.handle(chat(), 0).status).toBe(200)
  })

  it('goes before the plan, and adds to its delays at other stages', () => {
    const mock = new MockTogether({ faults: [{ do: { kind: 'status', status: 500 } }] })
    expect(ask('503', mock).status).toBe(503)
    expect(ask('drop', mock).delivery.drop).toBe('before')
  })

  it('can be switched off', () => {
    const mock = new MockTogether({ acceptsFaultHeader: false })
    expect(ask('503', mock).status).toBe(200)
    expect(ask('nonsense', mock).status).toBe(200)
  })

  it('needs no other header to be understood: it comes before the key', () => {
    const mock = new MockTogether()
    const request = { ...chat(), headers: { 'x-mock-fault': 'drop' } }
    expect(mock.handle(request, 0).delivery.drop).toBe('before')
  })
})
