import { describe, expect, it } from 'vitest'
import { MockTogether, type JournalEntry } from '../../../src/server/handler.ts'

const key = 'sk-supersecretkey-1234567890'

function journalOf(path: string, authorization: string, body?: string): JournalEntry | undefined {
  const mock = new MockTogether()
  const request = { method: body === undefined ? 'GET' : 'POST', path, headers: { authorization } }
  mock.handle(body === undefined ? request : { ...request, body }, 0)
  return mock.journal()[0]
}

describe('the journal', () => {
  it.each([
    [`/v1/files/${key}`, `Bearer ${key}`],
    [`/v1/files/%73${key.slice(1)}`, `Bearer ${key}`],
    [`/v1/models?x=${key}&y=1`, `Bearer ${key}`],
    [`/v1/models?api_key=${key}`, ''],
    [`/v1/models?a=1&Token=${key}&b=2`, ''],
    [`/v1/models?access_token=${key}`, 'Bearer another-key-of-some-length'],
  ])('shows no key that stands in an address: %s', (path, authorization) => {
    const entry = journalOf(path, authorization)
    expect(entry?.path).toMatch(/^\/v1\/(files|models)/)
    expect(JSON.stringify(entry)).not.toContain(key)
  })

  it('shows no key that stands in place of a model', () => {
    const body = JSON.stringify({ model: key, messages: [{ role: 'user', content: 'x' }] })
    const entry = journalOf('/v1/chat/completions', `Bearer ${key}`, body)
    expect(entry).toMatchObject({ status: 404, model: '…7890' })
    expect(JSON.stringify(entry)).not.toContain(key)
  })

  it.each(['/v1/models?page=2', '/v1/files/a%20b', '/v1/%zz', '/v1/models?a=b=c'])(
    'leaves other addresses as they are: %s',
    (path) => {
      expect(journalOf(path, `Bearer ${key}`)?.path).toBe(path)
    },
  )
})
