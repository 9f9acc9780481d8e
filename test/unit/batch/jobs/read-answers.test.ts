import { describe, expect, it } from 'vitest'
import {
  isOver,
  readBatch,
  readBatches,
  readFileId,
} from '../../../../src/batch/jobs/batch-state.ts'
import { readLines } from '../../../../src/batch/jobs/read-lines.ts'

function lineOf(fields: object): string {
  return JSON.stringify({ custom_id: 'a', ...fields })
}

function kindOf(fields: object): string | undefined {
  return [...readLines(lineOf(fields))][0]?.result.kind
}

function failureOf(fields: object): unknown {
  const result = [...readLines(lineOf(fields))][0]?.result
  return result !== undefined && 'failure' in result ? result.failure : undefined
}

describe('a line', () => {
  it.each([
    ['answered', { response: { status_code: 200, body: { id: 1 } } }],
    ['answered', { response: { status_code: 200, body: { id: 1 } }, error: null }],
    ['answered', { response: { body: { id: 1 } } }],
    ['answered', { response: { status_code: 200, body: { id: 1, error: null } } }],
    [undefined, { response: { status_code: 200, body: null } }],
    ['again', { response: { status_code: 200, body: { error: { code: 'server_error' } } } }],
    ['failed', { response: { status_code: 0, body: { error: { code: 'invalid_request' } } } }],
    ['failed', { response: { status_code: null, body: null }, error: { code: 422 } }],
    [undefined, {}],
    [undefined, { error: null }],
    ['again', { response: { status_code: 500, body: { error: { message: 'x' } } } }],
    ['again', { response: { status_code: 429, body: {} } }],
    ['again', { response: { status_code: 408 } }],
    ['failed', { response: { status_code: 400, body: { error: { code: 'server_error' } } } }],
    ['failed', { response: { status_code: 404 }, error: { message: 'x' } }],
    ['again', { error: { message: 'x', code: 'server_error' } }],
    ['again', { error: { message: 'x', code: 'engine_overloaded' } }],
    ['again', { error: { message: 'x', code: 'rate_limit_exceeded' } }],
    ['again', { error: { message: 'x', code: 'what_is_this' } }],
    ['again', { error: { message: 'x' } }],
    ['again', { error: 'broken' }],
    ['again', { error: { code: '503' } }],
    ['again', { error: { code: 504 } }],
    ['failed', { error: { code: '422' } }],
    ['failed', { error: { message: 'x', code: 'invalid_request_error' } }],
    ['failed', { error: { message: 'x', type: 'invalid_request_error', code: null } }],
    ['failed', { error: { message: 'x', code: 'context_length_exceeded' } }],
    ['failed', { error: { message: 'x', code: 'model_not_found' } }],
    ['failed', { error: { message: 'x', code: 'output_too_large' } }],
  ])('says %s: %j', (kind, fields) => {
    expect(kindOf(fields)).toBe(kind)
  })

  it('says why, as far as it does', () => {
    expect(failureOf({ error: 'broken' })).toEqual({ status: undefined, message: 'broken' })
    expect(failureOf({ error: { code: '503' } })).toEqual({ status: 503, message: 'status 503' })
    expect(failureOf({ error: {} })).toEqual({ status: undefined, message: 'no message' })
    const long = failureOf({ error: { message: 'x'.repeat(9_999) } })
    expect(long).toMatchObject({ message: 'x'.repeat(500) })
  })

  it('ends at a line feed or at the end; what is none is left out', () => {
    const text = `\n${lineOf({ error: 'x' })}\nno json\n[]\nnull\n7\n{"error":"x"}\r\n${lineOf({ error: 'y' })}`
    expect([...readLines(text)].map(({ customId }) => customId)).toEqual(['a', 'a'])
    expect([...readLines('')]).toEqual([])
  })
})

describe('a batch', () => {
  it('is read alone or as a job, with what it says', () => {
    const batch = { id: 'b', status: 'completed', input_file_id: 'i', output_file_id: 'o' }
    const state = {
      id: 'b',
      status: 'COMPLETED',
      inputFileId: 'i',
      outputFileId: 'o',
      errorFileId: undefined,
      error: undefined,
    }
    expect(readBatch(JSON.stringify(batch))).toEqual(state)
    expect(readBatch(JSON.stringify({ job: batch, warning: 'x' }))).toEqual(state)
    expect(readBatches(JSON.stringify([batch, null, {}]))).toEqual([state])
    expect(readBatches(JSON.stringify({ data: [batch] }))).toEqual([state])
  })

  it.each([
    ['COMPLETED', true],
    ['FAILED', true],
    ['EXPIRED', true],
    ['CANCELLED', true],
    ['canceled', true],
    ['VALIDATING', false],
    ['IN_PROGRESS', false],
    ['CANCELLING', false],
    ['FINALIZING', false],
    [null, false],
  ])('that is %s is over: %s', (status, over) => {
    const batch = readBatch(JSON.stringify({ id: 'b', status }))
    expect(batch !== undefined && isOver(batch)).toBe(over)
  })

  it('says why it failed', () => {
    expect(readBatch('{"id":"b","error":"x"}')?.error).toBe('x')
    expect(readBatch('{"id":"b","error":{"message":"x"}}')?.error).toBe('x')
  })

  it.each(['', 'no json', 'null', '7', '{}', '{"id":7}', '{"job":{}}'])('is not %j', (text) => {
    expect(readBatch(text)).toBeUndefined()
    expect(readFileId(text)).toBeUndefined()
    expect(readBatches(text)).toBeUndefined()
  })
})
