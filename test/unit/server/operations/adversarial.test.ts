/**
 * Bodies that are well-formed and made to hurt: each once threw, or asked for an answer without an end.
 */

import { describe, expect, it } from 'vitest'
import {
  MockTogether,
  findServerProfile,
  parseFaultRules,
  type MockRequest,
  type MockTogetherOptions,
} from '../../../../src/server/handler.ts'
import { InvalidOptionError } from '../../../../src/core/errors.ts'
import { answerSize, answerSizeMax } from '../../../helpers/answer-size.ts'
import { expectSchema } from '../../../helpers/expect-schema.ts'
import {
  chatChunkSchema,
  chatSchema,
  completionSchema,
  errorSchema,
  rerankSchema,
} from '../../../helpers/response-schemas/inference.ts'
import { chat, chatModel, get, languageModel, post, rerankModel } from '../mock-request.ts'

const chatPath = '/v1/chat/completions'
const base = { model: chatModel, messages: [{ role: 'user', content: 'Say nothing.' }] }
const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
/** Stands for `deep` in a body: `JSON.stringify` itself could not write it. */
const deepMark = 'DEEP'

const unlimited = findServerProfile('unlimited')
if (unlimited === undefined) throw new Error('there is no unlimited profile')

function postDeep(path: string, body: object): MockRequest {
  const text = JSON.stringify(body).replace(`"${deepMark}"`, deep)
  return { ...post(path), body: text }
}

/** The body of an answer that has to be good and no longer than is promised. */
function ask(request: MockRequest, options: MockTogetherOptions = {}) {
  const response = new MockTogether(options).handle(request, 0)
  expect(response.status).toBe(200)
  expect(answerSize(response)).toBeLessThanOrEqual(answerSizeMax(request))
  const [first] = response.stream?.parts ?? []
  return JSON.parse(first === undefined ? response.body : first.slice('data: '.length))
}

function refusal(request: MockRequest, options: MockTogetherOptions = {}) {
  const { status, body } = new MockTogether(options).handle(request, 0)
  expect(status).toBe(400)
  const parsed = JSON.parse(body)
  expectSchema(parsed, errorSchema)
  return parsed.error
}

function askFor(schema: unknown, over: object = {}) {
  const format = { response_format: { type: 'json_object', schema }, ...over }
  return ask(postDeep(chatPath, { ...base, ...format })).choices[0]
}

describe('a lenient profile', () => {
  it('does not count how much a model takes', () => {
    const profile = findServerProfile('unlimited')
    const mock = new MockTogether(profile === undefined ? {} : { profile })
    const body = { model: chatModel, messages: [{ role: 'user', content: 'x' }], max_tokens: 1e7 }
    expect(mock.handle(post('/v1/chat/completions', body), 0).status).toBe(200)
    expect(new MockTogether().handle(post('/v1/chat/completions', body), 0).status).toBe(403)
  })
})

describe('a schema to answer by', () => {
  it.each([['const', { const: deepMark }] as const, ['enum', { enum: [deepMark] }] as const])(
    'may hold a %s that is nested more deeply than the stack is high',
    (_name, schema) => {
      const { content } = askFor(schema).message
      expect(content.startsWith('[[[')).toBe(true)
      expect(content.length).toBeLessThan(200)
      JSON.parse(content)
    },
  )

  it('of a tool may hold such a value too', () => {
    const tool = { function: { name: 'f', parameters: { const: deepMark } } }
    const answer = ask(postDeep(chatPath, { ...base, tools: [tool], tool_choice: 'required' }))
    JSON.parse(answer.choices[0].message.tool_calls[0].function.arguments)
  })

  it('may ask for arrays of arrays of arrays: the answer ends all the same', () => {
    let schema: object = { type: 'integer' }
    for (let level = 0; level < 10; level += 1) {
      schema = { type: 'array', minItems: 100, items: schema }
    }
    const { content } = askFor(schema).message
    expect(content.length).toBeLessThanOrEqual(16_384)
    expect(content.length).toBeGreaterThan(16_000)
    JSON.parse(content)
  })

  it.each([
    ['a long constant', { const: 'y'.repeat(1_000_000) }, 16_300],
    ['a constant that is all escapes', { const: '\u0001'.repeat(1_000_000) }, 16_300],
    ['a long list', { const: Array.from({ length: 1_000_000 }, () => 1) }, 16_300],
    ['a long text', { type: 'string', minLength: 1e300 }, 16_300],
    ['a long name', { properties: { ['y'.repeat(1_000_000)]: {} } }, 2],
    [
      'many names',
      { const: Object.fromEntries(Array.from({ length: 9_999 }, (_, index) => [index, index])) },
      16_300,
    ],
  ])('may ask for %s: it is cut and stays JSON', (_what, schema, least) => {
    const { content } = askFor(schema).message
    expect(content.length).toBeLessThanOrEqual(16_384)
    expect(content.length).toBeGreaterThanOrEqual(least)
    JSON.parse(content)
  })

  it('is not multiplied without an end by the choices of a stream', () => {
    const chunk = askFor({ const: '"'.repeat(1_000_000) }, { n: 128, stream: true })
    expect(chunk.delta.content.length).toBeGreaterThan(5_000)
  })

  it('is one token also where a stop cuts it', () => {
    const { content } = askFor({ const: `${' '.repeat(9_000)}stop` }, { stop: 'stop' }).message
    expect(content).toBe(`"${' '.repeat(9_000)}`)
    const format = { type: 'json_object', schema: { const: `${' '.repeat(9_000)}stop` } }
    const body = { ...base, response_format: format, stop: 'stop', stream: true }
    expect(new MockTogether().handle(post(chatPath, body), 0).stream?.parts).toHaveLength(3)
  })

  it.each([
    [{ type: 'number', minimum: 'INFINITE' }, 0],
    [{ type: 'number', maximum: '-INFINITE' }, 0],
    [{ type: 'integer', exclusiveMinimum: 'INFINITE', maximum: 3 }, 0],
    [{ type: 'number', maximum: -5 }, -5],
    [{ type: 'string', maxLength: 0 }, ''],
    [{ type: 'string', minLength: 300 }, 'x'.repeat(300)],
    [{ type: 'array', minItems: -3.5 }, []],
    [{ type: 'array', minItems: 2, items: { type: ['boolean', 'null'] } }, [false, false]],
    [{ properties: { constructor: { const: null }, b: 5 } }, { constructor: null, b: {} }],
    [{ enum: [null] }, null],
    [null, {}],
  ])('with odd bounds, %j, gives %j', (schema, example) => {
    const format = { response_format: { type: 'json_schema', json_schema: { schema } } }
    const text = JSON.stringify({ ...base, ...format }).replaceAll(/"(-?)INFINITE"/g, '$11e999')
    const answer = ask({ ...post(chatPath), body: text })
    expect(JSON.parse(answer.choices[0].message.content)).toEqual(example)
  })
})

describe('a chat', () => {
  it('may end at any of many stops', () => {
    const stop = Array.from({ length: 1_000 }, (_, index) => (index === 500 ? ' mock' : '?'))
    expect(ask(post(chatPath, { ...base, stop })).choices[0].message.content).toBe(
      'This is a reply of the',
    )
  })

  it('is refused with more stops than any model takes', () => {
    const stop = Array.from({ length: 300_000 }, () => 'T')
    expect(refusal(post(chatPath, { ...base, stop })).param).toBe('stop')
  })

  it('is refused where a tool has a name without an end: each choice would repeat it', () => {
    const tools = [{ function: { name: 'f'.repeat(1_000_000) } }]
    const request = post(chatPath, { ...base, tools, tool_choice: 'required', n: 128 })
    expect(refusal(request).param).toBe('tools')
  })

  it('calls also a tool whose name is no name', () => {
    const tools = [{ function: { name: 5 } }]
    const answer = ask(post(chatPath, { ...base, tools, tool_choice: 'required' }))
    expectSchema(answer, chatSchema)
  })

  it.each(['\ud800', '"\\\n', '__proto__', '名'.repeat(256)])(
    'is answered for any model by a lenient profile, streams too: %j',
    (model) => {
      const options = { profile: unlimited }
      expectSchema(ask(post(chatPath, { ...base, model }), options), chatSchema)
      const streamed = post(chatPath, { ...base, model, stream: true, n: 128 })
      expectSchema(ask(streamed, options), chatChunkSchema)
    },
  )
})

describe('a completion', () => {
  it('is in words, for it has no place for the call of a tool', () => {
    const tools = [{ function: { name: 'f' } }]
    const over = { tools, tool_choice: 'required', response_format: { type: 'json_object' } }
    const body = { model: languageModel, prompt: 'Once', ...over }
    const answer = ask(post('/v1/completions', body))
    expectSchema(answer, completionSchema)
    expect(answer.choices[0].finish_reason).toBe('stop')
    expect(answer.choices[0].text).toMatch(/^This is a reply/)
  })
})

describe('the name of a model', () => {
  it.each([
    [chatPath, base],
    ['/v1/completions', { prompt: 'x' }],
    ['/v1/embeddings', { input: 'x' }],
    ['/v1/rerank', { query: 'x', documents: ['x'] }],
    ['/v1/images/generations', { prompt: 'x' }],
    ['/v1/fine-tunes', { training_file: 'file-1' }],
  ])('is refused by %s where it has no end, and no more of it is kept', (path, body) => {
    const mock = new MockTogether({ profile: unlimited })
    const request = post(path, { ...body, model: 'y'.repeat(1_000_000) })
    const { status, body: text } = mock.handle(request, 0)
    expect(status).toBe(400)
    expect(JSON.parse(text).error.param).toBe('model')
    expect(mock.journal()[0]?.model?.length).toBeLessThan(300)
  })

  it('cannot be longer in the catalogue either', () => {
    const models = [{ id: 'y'.repeat(257), type: 'chat' }] as const
    expect(() => new MockTogether({ models })).toThrow(InvalidOptionError)
  })
})

describe('a rerank', () => {
  const body = { model: rerankModel, query: 'x', documents: [{ text: 'x' }] }

  it('is refused where a document is nested more deeply than the stack is high', () => {
    const request = postDeep('/v1/rerank', { ...body, documents: [{ text: deepMark }] })
    expect(refusal(request).param).toBe('documents')
    expect(refusal(request, { profile: unlimited }).param).toBe('documents')
  })

  it('takes null for no choice of fields', () => {
    const request = post('/v1/rerank', { ...body, rank_fields: null, return_documents: true })
    expect(ask(request).results[0].document.text).toBe('{"text":"x"}')
  })

  it('reads a long query once and not once a document', () => {
    const documents = Array.from({ length: 10_000 }, () => '')
    const request = post('/v1/rerank', { ...body, query: 'x'.repeat(1_000_000), documents })
    // Thirty thousand million steps otherwise: the time limit of the test would be over.
    expectSchema(ask(request), rerankSchema)
  })

  it('looks fields up and not through', () => {
    const names = Array.from({ length: 150_000 }, (_, index) => `field-${index}`)
    const documents = [Object.fromEntries(names.map((name) => [name, 1]))]
    const fields = names.map((name) => `no ${name}`)
    expectSchema(ask(post('/v1/rerank', { ...body, documents, rank_fields: fields })), rerankSchema)
  })
})

describe('an embedding', () => {
  const models = [{ id: 'wide', type: 'embedding', dimensions: 65_536 }] as const

  it('of many texts is refused where the model is too wide for them', () => {
    const input = Array.from({ length: 33 }, () => 'x')
    const request = post('/v1/embeddings', { model: 'wide', input })
    expect(refusal(request, { models }).param).toBe('input')
    ask(post('/v1/embeddings', { model: 'wide', input: input.slice(1) }), { models })
  })

  it('of as many texts as there may be keeps within the bound', () => {
    const input = Array.from({ length: 2_048 }, () => '')
    ask(post('/v1/embeddings', { model: 'intfloat/multilingual-e5-large-instruct', input }))
  })
})

describe('what is kept', () => {
  it('of an upload has a length that it cannot exceed', () => {
    const long = 'y'.repeat(1_000_000)
    for (const name of ['model_name', 'model_source', 'description']) {
      const body = { model_name: 'a', model_source: 'b', [name]: long }
      expect(refusal(post('/v1/models', body)).param).toBe(name)
    }
  })

  it('of very many jobs is listed in part', () => {
    const mock = new MockTogether({ journalLengthMax: 0 })
    const upload = post('/v1/models', { model_name: 'a', model_source: 'b' })
    for (let sent = 0; sent < 1_200; sent += 1) mock.handle(upload, 0)
    const { data } = JSON.parse(mock.handle(get('/v1/jobs'), 0).body)
    expect(data).toHaveLength(1_000)
  })

  it('in the journal of a request has a length that it cannot exceed', () => {
    const mock = new MockTogether()
    const long = 'y'.repeat(1_000_000)
    mock.handle({ method: long, path: `/v1/${long}`, headers: {} }, 0)
    const fault = `{"kind":"drop","${long}":1}`
    mock.handle({ ...chat(), headers: { ...chat().headers, 'x-mock-fault': fault } }, 0)
    expect(JSON.stringify(mock.journal()).length).toBeLessThan(10_000)
  })
})

describe('the body of a fault', () => {
  it('is refused where it is nested more deeply than the stack is high', () => {
    const fault = `{"kind":"status","status":418,"body":${deep}}`
    const request = { ...chat(), headers: { ...chat().headers, 'x-mock-fault': fault } }
    expect(refusal(request).param).toBe('x-mock-fault')
  })

  it('is refused in a plan where JSON cannot express it', () => {
    const circle: Record<string, unknown> = {}
    circle['again'] = circle
    for (const body of [circle, 5n, { big: 5n }]) {
      const plan = [{ do: { kind: 'status', status: 418, body } }]
      expect(() => parseFaultRules(plan)).toThrow('faults[0].do.body')
    }
  })
})
