import { describe, expect, it } from 'vitest'
import { contentOf, markPoison, Notary } from '../../../../sim/world/served.ts'
import { simulatedModels } from '../../../../sim/world/requests.ts'
import type { RunRecord } from '../../../../sim/world/record.ts'
import { servedKey } from '../../../../sim/world/work-record.ts'
import {
  MockTogether,
  type MockRequest,
  type MockResponse,
} from '../../../../src/server/handler.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'
import { makePlan, makeWork } from '../../../helpers/work-record.ts'

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

function answerOf(body: string, status = 200): MockResponse {
  return { status, body, headers: {}, delivery: { delayMs: 0 } }
}

/** A notary, and what it keeps. */
function open(): { notary: Notary; record: RunRecord } {
  const record = new RunBuilder().build()
  return { notary: new Notary(record), record }
}

describe('Notary', () => {
  const work = makeWork({ plan: makePlan({ kind: 'batch' }) })

  it('keeps the vector of each text and the whole answer of a chat, by model', () => {
    const { notary, record } = open()
    const { served } = record
    const data = [
      { index: 1, embedding: [0.25, -1] },
      { index: 0, embedding: [0.123456, 0] },
    ]
    notary.note(work, embeddings(['one', 'two']), answerOf(JSON.stringify({ data })))
    const model = 'simulated/embeddings'
    expect(served.get(servedKey(model, 'one'))).toEqual(new Set(['123456 0']))
    expect(served.get(servedKey(model, 'two'))).toEqual(new Set(['250000 -1000000']))
    const body = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hello' }] })
    const chat = { method: 'POST', path: '/v1/chat/completions', headers, body }
    notary.note(work, chat, answerOf('{"id":1}'))
    notary.note(work, chat, answerOf('{"id":2}'))
    notary.note(work, chat, answerOf('{"id":3}', 503))
    expect(served.get(servedKey('chat', 'hello'))).toEqual(new Set(['{"id":1}', '{"id":2}']))
  })

  it('counts the batches of each request, and keeps what their output says', () => {
    const { notary, record } = open()
    const bytes = new TextEncoder().encode('{"custom_id":"id-1"}\n{"custom_id":"id-2"}\n')
    const form = { fields: {}, file: { name: 'in', bytes } }
    const upload = { method: 'POST', path: '/v1/files/upload', headers, form }
    notary.note(work, upload, answerOf('{"id":"file-1"}'))
    const body = JSON.stringify({ input_file_id: 'file-1' })
    const create = { method: 'POST', path: '/v1/batches', headers, body }
    notary.note(work, create, answerOf('{}'))
    notary.note(work, create, answerOf('{}', 500))
    expect(record.batchTries).toEqual(
      new Map([
        ['id-1', 1],
        ['id-2', 1],
      ]),
    )
    const lines = [
      { custom_id: 'id-1', response: { status_code: 200, body: { id: 7 } } },
      { custom_id: 'id-2', error: { message: 'no' } },
    ]
    const content = { method: 'GET', path: '/v1/files/file-2/content', headers }
    notary.note(work, content, answerOf(lines.map((line) => JSON.stringify(line)).join('\n')))
    expect([...record.served]).toEqual([[servedKey('chat', 'item 1'), new Set(['{"id":7}'])]])
  })
})
