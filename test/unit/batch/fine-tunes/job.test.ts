import { describe, expect, it } from 'vitest'
import {
  findStarted,
  hasEnded,
  readEndMessage,
  readJob,
  readJobs,
  rememberJobs,
  type FineTuneJob,
} from '../../../../src/batch/fine-tunes/job.ts'

const request = { training_file: 'file', model: 'model' }

function listed(id: string, fields: object = {}): FineTuneJob {
  return { id, status: 'running', ...request, created_at: '2026-01-01T00:00:00Z', ...fields }
}

describe('readJobs', () => {
  it.each([
    ['an object', '{"data":[{"id":"a","status":"queued"}]}', [{ id: 'a', status: 'queued' }]],
    ['a bare list', '[{"id":"a","status":"queued"}]', [{ id: 'a', status: 'queued' }]],
    ['a list with what is no job', '[null,1,{},{"id":""},{"id":7}]', []],
    ['a job without a status', '[{"id":"a"}]', [{ id: 'a', status: 'unknown' }]],
    ['no list', '{"data":{}}', undefined],
    ['no JSON', '<html>', undefined],
  ])('reads %s', (_name, text, jobs) => {
    expect(readJobs({ text })).toEqual(jobs)
  })

  it('reads one by itself', () => {
    expect(readJob({ text: '{"id":"a","status":"error","x":1}' })).toMatchObject({ id: 'a', x: 1 })
    expect(readJob({ text: '{"status":"error"}' })).toBeUndefined()
  })
})

describe('hasEnded', () => {
  it('knows three ends', () => {
    const statuses = [
      'completed',
      'error',
      'cancelled',
      'Completed',
      'pending',
      'cancel_requested',
      '',
    ]
    expect(statuses.map((status) => hasEnded(listed('a', { status })))).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ])
  })
})

describe('readEndMessage', () => {
  it.each([
    [{ error: { message: 'one' } }, 'one'],
    [{ error: 'two' }, 'two'],
    [{ error: null, message: 'three' }, 'three'],
    [{ events: [{ message: 'first' }, { message: 'last' }] }, 'last'],
    [{ events: [] }, ''],
    [{ events: [null] }, ''],
    [{ error: 'x'.repeat(1_000) }, 'x'.repeat(500)],
  ])('reads %j', (fields, message) => {
    expect(readEndMessage(listed('a', fields))).toBe(message)
  })
})

describe('findStarted', () => {
  it('takes the oldest of those that match and were not there', () => {
    const before = rememberJobs([listed('a')])
    const jobs = [
      listed('a'),
      listed('c', { created_at: '2026-01-01T00:02:00Z' }),
      listed('b', { created_at: '2026-01-01T00:01:00Z' }),
    ]
    expect(findStarted(request, jobs, before)?.id).toBe('b')
  })

  it.each([
    ['another file', { training_file: 'other' }],
    ['another model', { model: 'other' }],
    ['another suffix', { suffix: 'other' }],
    ['an age before the newest that was known', { created_at: '2025-12-31T23:59:59Z' }],
  ])('takes none of %s', (_name, fields) => {
    const before = rememberJobs([listed('a')])
    const found = findStarted({ ...request, suffix: 'mine' }, [listed('b', fields)], before)
    expect(found).toBeUndefined()
  })

  it('takes one that does not say its suffix, or its age in another notation', () => {
    const before = rememberJobs([listed('a'), listed('b', { created_at: 5 })])
    const given = { ...request, suffix: 'mine' }
    expect(findStarted(given, [listed('c', { created_at: 1_767_225_600 })], before)?.id).toBe('c')
    const inNumbers = rememberJobs([
      listed('a', { created_at: 10 }),
      listed('b', { created_at: 5 }),
    ])
    expect(findStarted(given, [listed('c', { created_at: 9 })], inNumbers)).toBeUndefined()
    expect(findStarted(given, [listed('c', { created_at: 10 })], inNumbers)?.id).toBe('c')
  })
})
