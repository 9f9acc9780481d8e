import { describe, expect, it } from 'vitest'
import {
  judgeAnswer,
  judgeJobAnswer,
  mayBeOfContent,
  readErrorMessage,
} from '../../../src/batch/judge-answer.ts'

function answer(status: number, body: unknown = {}): Parameters<typeof judgeAnswer>[0] {
  return { status, text: JSON.stringify(body), namedMs: 0 }
}

describe('judgeAnswer', () => {
  it.each([
    [400, 'content'],
    [413, 'content'],
    [422, 'content'],
    [401, 'unauthorised'],
    [403, 'content'],
    [402, 'spending-limit'],
    [404, 'model-unavailable'],
    [0, 'outage'],
    [408, 'outage'],
    [409, 'outage'],
    [425, 'outage'],
    [429, 'outage'],
    [500, 'outage'],
    [503, 'outage'],
    [529, 'outage'],
    [405, 'refused'],
    [451, 'refused'],
  ])('takes %d for %s', (status, verdict) => {
    expect(judgeAnswer(answer(status))).toBe(verdict)
  })

  it.each([
    [429, { error: { code: 'insufficient_quota' } }, 'spending-limit'],
    [429, { error: { type: 'insufficient_quota', code: null } }, 'spending-limit'],
    // Together's rate limit has this type.
    [429, { error: { type: 'credit_limit' } }, 'outage'],
    [403, { error: { code: 'invalid_api_key' } }, 'unauthorised'],
    [400, { error: { code: 'model_not_available' } }, 'model-unavailable'],
    [400, { error: 'model_not_found' }, 'content'],
    [400, { code: 'model_not_found' }, 'model-unavailable'],
  ])('reads the code of a %d: %j', (status, body, verdict) => {
    expect(judgeAnswer(answer(status, body))).toBe(verdict)
  })

  it('lets no page and no rubbish mislead it', () => {
    expect(judgeAnswer({ status: 502, text: '<html>', namedMs: 0 })).toBe('outage')
    expect(judgeAnswer({ status: 400, text: 'null', namedMs: 0 })).toBe('content')
    const text = JSON.stringify({ error: { code: 'model_not_found', message: 'x'.repeat(70_000) } })
    expect(judgeAnswer({ status: 400, text, namedMs: 0 })).toBe('content')
  })
})

it('takes a 403 for the key where there is no prompt that could be too long', () => {
  expect(judgeJobAnswer(answer(403))).toBe('unauthorised')
  expect(judgeJobAnswer(answer(400))).toBe('content')
})

it('blames texts for a 500, but not for what says that the service is not there', () => {
  expect([500, 502, 504].every((status) => mayBeOfContent(answer(status)))).toBe(true)
  expect([0, 408, 429, 503, 529].some((status) => mayBeOfContent(answer(status)))).toBe(false)
})

describe('readErrorMessage', () => {
  it.each([
    [{ error: { message: 'too long' } }, 'too long'],
    [{ error: 'too long' }, 'too long'],
    [{ message: 'too long' }, 'too long'],
    [{}, 'status 400'],
    [null, 'status 400'],
    [{ error: { message: 'x'.repeat(501) } }, 'x'.repeat(500)],
  ])('reads %j', (body, message) => {
    expect(readErrorMessage(answer(400, body))).toBe(message)
  })

  it('says that there was no answer', () => {
    expect(readErrorMessage({ status: 0, text: '' })).toBe('no answer')
  })
})
