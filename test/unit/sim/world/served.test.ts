import { describe, expect, it } from 'vitest'
import { contentOf, markPoison, noteServed } from '../../../../sim/world/served.ts'
import { simulatedModels } from '../../../../sim/world/requests.ts'
import { servedKey, type ServedRecord } from '../../../../sim/world/work-record.ts'
import { MockTogether, type MockRequest } from '../../../../src/server/handler.ts'

const headers = { authorization: 'Bearer key' }

function embeddings(input: string[]): MockRequest {
  const body = JSON.stringify({ model: 'simulated/embeddings', input })
  return { method: 'POST', path: '/v1/embeddings', headers, body }
}

describe('markPoison', () => {
  it('makes the mock refuse what has poison in it, with its status, and nothing else', () => {
    const mock = new MockTogether({ models: simulatedModels })
    const statusOf = (texts: string[]): number =>
      mock.handle(markPoison(embeddings(texts)), 0).status
    expect(statusOf([contentOf('one', undefined), contentOf('two', undefined)])).toBe(200)
    expect(statusOf([contentOf('one', undefined), contentOf('two', 422)])).toBe(422)
    expect(statusOf([contentOf('two', 500)])).toBe(500)
  })
})

describe('noteServed', () => {
  it('keeps the vector of each text and the whole answer of a chat, by model', () => {
    const served: ServedRecord = new Map()
    const data = [
      { index: 1, embedding: [0.25, -1] },
      { index: 0, embedding: [0.123456, 0] },
    ]
    const answer = { headers: {}, delivery: { delayMs: 0 } }
    noteServed(served, embeddings(['one', 'two']), {
      ...answer,
      status: 200,
      body: JSON.stringify({ data }),
    })
    expect(served.get(servedKey('simulated/embeddings', 'one'))).toEqual(new Set(['123456 0']))
    expect(served.get(servedKey('simulated/embeddings', 'two'))).toEqual(
      new Set(['250000 -1000000']),
    )
    const body = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hello' }] })
    const chat = { method: 'POST', path: '/v1/chat/completions', headers, body }
    noteServed(served, chat, { ...answer, status: 200, body: '{"id":1}' })
    noteServed(served, chat, { ...answer, status: 200, body: '{"id":2}' })
    expect(served.get(servedKey('chat', 'hello'))).toEqual(new Set(['{"id":1}', '{"id":2}']))
    noteServed(served, chat, { ...answer, status: 503, body: '{"id":3}' })
    expect(served.get(servedKey('chat', 'hello'))?.size).toBe(2)
  })
})
