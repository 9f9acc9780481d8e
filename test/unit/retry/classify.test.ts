import { describe, expect, it } from 'vitest'
import { ClosedError } from '../../../src/core/errors.ts'
import { endpointClasses, type EndpointClass } from '../../../src/core/profile.ts'
import { classifyAnswer, classifyBreak, isNetworkFailure } from '../../../src/retry/classify.ts'
import { networkError } from '../../helpers/retry-world.ts'

const plainEndpoints: EndpointClass[] = ['chat', 'embeddings', 'images']
const jobEndpoints: EndpointClass[] = ['fine-tunes', 'batches']

function kindsOf(status: number, endpoints: readonly EndpointClass[], bodyText = ''): string[] {
  const kinds = endpoints.map((endpoint) => classifyAnswer({ status, endpoint, bodyText }))
  return [...new Set(kinds)]
}

describe('classifyAnswer', () => {
  it.each([408, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529])(
    'backs off from %i',
    (status) => {
      expect(kindsOf(status, plainEndpoints)).toEqual(['backoff'])
    },
  )

  it.each([500, 502, 504, 520, 521, 522, 523, 524])(
    'does not start a second job after %i',
    (status) => {
      expect(kindsOf(status, jobEndpoints)).toEqual(['none'])
    },
  )

  it.each([408, 503, 529])('asks for a job again after %i', (status) => {
    expect(kindsOf(status, jobEndpoints)).toEqual(['backoff'])
  })

  it.each([100, 301, 304, 400, 401, 402, 403, 404, 405, 410, 413, 422, 451, 501, 505, 525, 599, 0])(
    'does not retry %i',
    (status) => {
      expect(kindsOf(status, endpointClasses)).toEqual(['none'])
    },
  )

  it('waits for a place after 409 for a fine-tune only', () => {
    expect(kindsOf(409, ['fine-tunes'])).toEqual(['place'])
    expect(kindsOf(409, [...plainEndpoints, 'batches'])).toEqual(['none'])
  })

  it.each([
    '',
    'Too Many Requests',
    '{"error":',
    'null',
    '[1]',
    '{"error":null}',
    '{"error":"rate limited"}',
    '{"error":{"type":"credit_limit","code":null}}',
    '{"error":{"type":"model_rate_limit"}}',
    '{"error_type":"dynamic_request_limited"}',
    '{"error":{"error_type":"dynamic_token_limited"}}',
    '{"error":{"message":"see your billing page: insufficient_quota is something else"}}',
  ])('waits for the server after a 429 with %s', (bodyText) => {
    expect(kindsOf(429, endpointClasses, bodyText)).toEqual(['server-paced'])
  })

  it.each([
    '{"error":{"type":"insufficient_quota","code":"insufficient_quota"}}',
    '{"error":{"type":null,"code":"insufficient_quota"}}',
    '{"error":{"type_":"insufficient_quota"}}',
    '{"error_type":"insufficient_quota"}',
    '{"error":"insufficient_quota"}',
    '{"error":{"code":"billing_hard_limit_reached"}}',
  ])('does not wait for money: 429 with %s', (bodyText) => {
    expect(kindsOf(429, endpointClasses, bodyText)).toEqual(['none'])
  })
})

describe('classifyBreak', () => {
  it('backs off where doing it twice is harmless', () => {
    for (const endpoint of plainEndpoints) {
      expect(classifyBreak(networkError('ECONNRESET'), endpoint)).toBe('backoff')
    }
  })

  it.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])(
    'starts a job after %s, which was never sent',
    (code) => {
      for (const endpoint of jobEndpoints) {
        expect(classifyBreak(networkError(code), endpoint)).toBe('backoff')
      }
    },
  )

  it('does not start a job again after anything else', () => {
    for (const endpoint of jobEndpoints) {
      expect(classifyBreak(networkError('ECONNRESET'), endpoint)).toBe('none')
      expect(classifyBreak(new TypeError('fetch failed'), endpoint)).toBe('none')
      expect(classifyBreak(undefined, endpoint)).toBe('none')
    }
  })
})

describe('isNetworkFailure', () => {
  it.each([
    ['what fetch rejects with', networkError()],
    ['a bare TypeError', new TypeError('Load failed')],
    ['a code on the error', Object.assign(new Error('reset'), { code: 'ECONNRESET' })],
    ['a code on the cause', new Error('failed', { cause: { code: 'EPIPE' } })],
    ['a timeout of the caller', new DOMException('late', 'TimeoutError')],
  ])('knows %s', (_name, error) => {
    expect(isNetworkFailure(error)).toBe(true)
  })

  it.each([
    ['a plain error', new Error('bug')],
    ['a range error', new RangeError('bug')],
    ['an abort of the caller', new DOMException('stop', 'AbortError')],
    ['an invalid URL', new TypeError('bad', { cause: { code: 'ERR_INVALID_URL' } })],
    ['an error of ours', new ClosedError()],
    ['a string', 'ECONNRESET'],
    ['nothing', undefined],
    ['null', null],
  ])('is not taken in by %s', (_name, error) => {
    expect(isNetworkFailure(error)).toBe(false)
  })
})
