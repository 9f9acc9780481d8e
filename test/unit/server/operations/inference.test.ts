/**
 * Streams, forced forms and the newer operations, each answer against the API's description.
 */

import { describe, expect, it } from 'vitest'
import { MockTogether, findServerProfile } from '../../../../src/server/handler.ts'
import { expectSchema } from '../../../helpers/expect-schema.ts'
import {
  chatChunkSchema,
  chatSchema,
  completionChunkSchema,
  completionSchema,
  errorSchema,
  imagesSchema,
  modelsSchema,
  modelUploadSchema,
  rerankSchema,
  uploadJobSchema,
} from '../../../helpers/response-schemas/inference.ts'
import { chatModel, get, languageModel, post, rerankModel } from '../mock-request.ts'

const messages = [{ role: 'user', content: 'Say nothing.' }]
const tools = [
  { type: 'function', function: { name: 'other' } },
  {
    type: 'function',
    function: {
      name: 'weather',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 2 } },
      },
    },
  },
]

interface Chunk {
  readonly choices: readonly {
    readonly index: number
    readonly text: string
    readonly finish_reason: string | null
    readonly delta: { readonly content: string | null; readonly tool_calls?: readonly object[] }
  }[]
  readonly finish_reason?: string | null
  readonly usage: object | null
}

/** The body of a good answer. */
function ask(path: string, body: object, mock = new MockTogether()) {
  const { status, body: text } = mock.handle(post(path, body), 0)
  expect(status).toBe(200)
  return JSON.parse(text)
}

function stream(path: string, body: object): readonly Chunk[] {
  const response = new MockTogether().handle(post(path, { ...body, stream: true }), 0)
  expect(response.headers['content-type']).toBe('text/event-stream;charset=utf-8')
  const parts = response.stream?.parts ?? []
  expect(parts.at(-1)).toBe('data: [DONE]\n\n')
  return parts.slice(0, -1).map((part) => {
    expect(part.endsWith('\n\n')).toBe(true)
    return JSON.parse(part.slice('data: '.length)) as Chunk
  })
}

const chatPath = '/v1/chat/completions'
const base = { model: chatModel, messages }

describe('a streamed chat', () => {
  it('says the same as the whole answer, each choice in its order', () => {
    const whole = ask(chatPath, { ...base, n: 2 })
    const chunks = stream(chatPath, { ...base, n: 2 })
    for (const chunk of chunks) expectSchema(chunk, chatChunkSchema)
    for (const index of [0, 1]) {
      const mine = chunks.flatMap(({ choices }) =>
        choices.filter((choice) => choice.index === index),
      )
      const content = mine.map(({ delta }) => delta.content).join('')
      expect(content).toBe(whole['choices'][index].message.content)
      expect(mine.map(({ finish_reason }) => finish_reason).filter(Boolean)).toEqual(['stop'])
    }
  })

  it('tells the usage on the chunk that ends it and on no other', () => {
    const whole = ask(chatPath, base)
    const chunks = stream(chatPath, base)
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop')
    expect(chunks.at(-1)?.usage).toEqual(whole['usage'])
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true)
  })

  it('ends at once where no token is allowed', () => {
    const chunks = stream(chatPath, { ...base, max_tokens: 0 })
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason)).toEqual(['length'])
  })

  it('calls the tool that it is told to', () => {
    const chunks = stream(chatPath, { ...base, tools, tool_choice: 'required' })
    for (const chunk of chunks) expectSchema(chunk, chatChunkSchema)
    expect(chunks.map(({ choices }) => choices[0]?.delta.tool_calls?.length ?? 0)).toEqual([1, 0])
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls')
  })
})

describe('a chat that is told how to answer', () => {
  it.each([
    ['by name', 'weather'],
    ['by object', { type: 'function', function: { name: 'weather' } }],
  ])('calls the tool named %s, with arguments that fit', (_how, toolChoice) => {
    const answer = ask(chatPath, { ...base, tools, tool_choice: toolChoice })
    expectSchema(answer, chatSchema)
    const [choice] = answer['choices']
    expect(choice.finish_reason).toBe('tool_calls')
    expect(choice.message.content).toBeNull()
    expect(choice.message.tool_calls[0].function.name).toBe('weather')
    expect(JSON.parse(choice.message.tool_calls[0].function.arguments)).toEqual({
      city: 'x',
      days: 2,
    })
  })

  it.each(['auto', 'none', 'no such tool'])('answers in words with tool_choice %s', (choice) => {
    const answer = ask(chatPath, { ...base, tools, tool_choice: choice })
    expect(answer['choices'][0].finish_reason).toBe('stop')
  })

  it.each([
    [
      'json_schema',
      { type: 'json_schema', json_schema: { name: 'n', schema: tools[1]?.function.parameters } },
    ],
    ['json_object with a schema', { type: 'json_object', schema: tools[1]?.function.parameters }],
  ])('answers with JSON that fits %s', (_kind, format) => {
    const answer = ask(chatPath, { ...base, response_format: format })
    expect(JSON.parse(answer['choices'][0].message.content)).toEqual({ city: 'x', days: 2 })
  })

  it('answers with an empty object for json_object', () => {
    const answer = ask(chatPath, { ...base, response_format: { type: 'json_object' } })
    expect(answer['choices'][0].message.content).toBe('{}')
  })

  it.each([
    [{ stop: [' mock'] }, 'This is a reply of the', 'stop'],
    [{ stop: 'This' }, '', 'stop'],
    [{ stop: ['nowhere'], max_tokens: 2 }, 'This is', 'length'],
    [{ max_tokens: 0 }, '', 'length'],
  ])('ends where %j says', (fields, content, reason) => {
    const answer = ask(chatPath, { ...base, ...fields })
    expectSchema(answer, chatSchema)
    expect(answer['choices'][0].message.content).toBe(content)
    expect(answer['choices'][0].finish_reason).toBe(reason)
  })

  it('repeats seed and prompt and tells its thoughts where it is asked to', () => {
    const answer = ask(chatPath, { ...base, seed: 7, echo: true, logprobs: 1 })
    expectSchema(answer, chatSchema)
    expect(answer['choices'][0].seed).toBe(7)
    expect(answer['prompt']).toEqual([{ text: 'Say nothing.' }])
    expect(answer['choices'][0].logprobs.tokens.join('')).toBe(answer['choices'][0].message.content)
  })

  it.each([
    [undefined, 403],
    ['error', 400],
    ['truncate', 200],
  ])(
    'meets a prompt that is too long with context_length_exceeded_behavior %s',
    (behaviour, status) => {
      const body = { ...base, max_tokens: 40_000, context_length_exceeded_behavior: behaviour }
      const response = new MockTogether().handle(post(chatPath, body), 0)
      expect(response.status).toBe(status)
      if (status !== 200) expectSchema(JSON.parse(response.body), errorSchema)
    },
  )
})

describe('POST /v1/completions', () => {
  const body = { model: languageModel, prompt: 'Once upon a time' }

  it('completes a text', () => {
    const answer = ask('/v1/completions', { ...body, n: 2, seed: 3, logprobs: 2, echo: true })
    expectSchema(answer, completionSchema)
    expect(answer['choices']).toHaveLength(2)
    expect(answer['usage']).toEqual({ prompt_tokens: 4, completion_tokens: 30, total_tokens: 34 })
    expect(answer['prompt']).toEqual([{ text: 'Once upon a time' }])
  })

  it('streams it', () => {
    const whole = ask('/v1/completions', body)
    const chunks = stream('/v1/completions', body)
    for (const chunk of chunks) expectSchema(chunk, completionChunkSchema)
    expect(chunks.map(({ choices }) => choices[0]?.text).join('')).toBe(whole['choices'][0].text)
    expect(chunks.at(-1)).toMatchObject({ finish_reason: 'stop', usage: whole['usage'] })
  })

  it('takes no embedding model', () => {
    const wrong = { ...body, model: 'BAAI/bge-base-en-v1.5' }
    const response = new MockTogether().handle(post('/v1/completions', wrong), 0)
    expect(response.status).toBe(400)
    expect(JSON.parse(response.body).error).toMatchObject({ param: 'model' })
  })
})

describe('POST /v1/rerank', () => {
  const documents = ['Llama', 'Panda', 'Guanaco', 'Camel']
  const body = { model: rerankModel, query: 'Near Peru?', documents }

  it('ranks by falling score, the same every time', () => {
    const answer = ask('/v1/rerank', body)
    expectSchema(answer, rerankSchema)
    const scores = answer['results'].map(
      (result: { relevance_score: number }) => result.relevance_score,
    )
    expect(scores).toEqual(scores.toSorted((left: number, right: number) => right - left))
    expect(answer['results'].map(({ index }: { index: number }) => index).toSorted()).toEqual([
      0, 1, 2, 3,
    ])
    expect(ask('/v1/rerank', body)['results']).toEqual(answer['results'])
  })

  it('gives so many as asked for, with their texts', () => {
    const all = ask('/v1/rerank', body)['results']
    const answer = ask('/v1/rerank', { ...body, top_n: 2, return_documents: true })
    expectSchema(answer, rerankSchema)
    expect(answer['results'].map(({ index }: { index: number }) => index)).toEqual(
      all.slice(0, 2).map(({ index }: { index: number }) => index),
    )
    for (const { index, document } of answer['results']) {
      expect(document.text).toBe(documents[index])
    }
  })

  it('ranks objects by the fields named', () => {
    const objects = documents.map((title, index) => ({ title, page: index }))
    const ranked = (fields?: string[]): unknown =>
      ask('/v1/rerank', {
        ...body,
        documents: objects,
        rank_fields: fields,
        return_documents: true,
      })
    expect(ranked(['title'])).toMatchObject({
      results: expect.arrayContaining([
        expect.objectContaining({ document: { text: '{"title":"Llama"}' } }),
      ]),
    })
    expect(ranked()).not.toEqual(ranked(['title']))
  })

  it.each([
    ['documents', { documents: [] }],
    ['documents', { documents: ['x', {}] }],
    ['documents', { documents: undefined }],
    ['query', { query: 5 }],
    ['top_n', { top_n: -1 }],
  ])('names %s where it is wrong', (param, over) => {
    const response = new MockTogether().handle(post('/v1/rerank', { ...body, ...over }), 0)
    expect(response.status).toBe(400)
    expect(JSON.parse(response.body).error.param).toBe(param)
  })
})

describe('models', () => {
  it('are listed with the fields that the description asks for, and none is dedicated', () => {
    const mock = new MockTogether()
    const list = JSON.parse(mock.handle(get('/v1/models'), 0).body)
    expectSchema(list, modelsSchema)
    expect(list.length).toBeGreaterThan(10)
    expect(mock.handle(get('/v1/models?dedicated=true'), 0).body).toBe('[]')
  })

  it('are taken in by a job that goes through its stages', () => {
    const mock = new MockTogether({ jobDurationMs: { min: 1_000, max: 1_000 } })
    const upload = ask('/v1/models', { model_name: 'mine', model_source: 'me/mine' }, mock)
    expectSchema(upload, modelUploadSchema)
    const path = `/v1/jobs/${upload['data'].job_id}`
    const stages = [0, 200, 999, 1_000].map((nowMs) => {
      const job = JSON.parse(mock.handle(get(path), nowMs).body)
      expectSchema(job, uploadJobSchema)
      return job.status
    })
    expect(stages).toEqual(['Queued', 'Running', 'Running', 'Complete'])
    const { data } = JSON.parse(mock.handle(get('/v1/jobs'), 1_000).body)
    expect(data).toHaveLength(1)
    expect(mock.handle(get(path, 'another key'), 1_000).status).toBe(404)
  })
})

describe('the unlimited profile', () => {
  const profile = findServerProfile('unlimited')
  if (profile === undefined) throw new Error('there is no unlimited profile')

  it.each([
    [chatPath, { model: 'model', messages, max_tokens: 0 }, chatSchema],
    ['/v1/completions', { model: 'model', prompt: 'prompt', max_tokens: 0 }, completionSchema],
    ['/v1/rerank', { model: 'model', query: 'q', documents: [{ a: 1 }] }, rerankSchema],
    [
      '/v1/images/generations',
      { model: 'x/y', prompt: 'cat', n: 0, height: 0, width: 0, steps: 0, seed: 0 },
      imagesSchema,
    ],
  ])('answers odd requests for unknown models at %s', (path, body, schema) => {
    const mock = new MockTogether({ profile })
    for (let sent = 0; sent < 2_000; sent += 1) {
      const response = mock.handle(post(path, body, 'My API Key'), 0)
      expect(response.status).toBe(200)
      if (sent === 0) expectSchema(JSON.parse(response.body), schema)
    }
  })

  it('tells of any upload that it is complete', () => {
    const response = new MockTogether({ profile }).handle(get('/v1/jobs/job-a15dad11'), 0)
    const job = JSON.parse(response.body)
    expectSchema(job, uploadJobSchema)
    expect(job).toMatchObject({ job_id: 'job-a15dad11', status: 'Complete' })
  })

  it('asks for a key all the same', () => {
    const request = { ...get('/v1/models'), headers: {} }
    expect(new MockTogether({ profile }).handle(request, 0).status).toBe(401)
  })
})

function vectorOf(mock: MockTogether, model: string, input: string): unknown {
  const { body } = mock.handle(post('/v1/embeddings', { model, input }), 0)
  return (JSON.parse(body) as { data: { embedding: unknown }[] }).data[0]?.embedding
}

describe('vectors that are recalled', () => {
  it('are those of their text, model and dimensions, however many come between', () => {
    const models = [
      { id: 'a/b', type: 'embedding' as const, dimensions: 4 },
      { id: 'c/d', type: 'embedding' as const, dimensions: 4 },
    ]
    const profile = findServerProfile('unlimited')
    const mock = new MockTogether({ models, ...(profile === undefined ? {} : { profile }) })
    const [first, other] = [vectorOf(mock, 'a/b', 'x'), vectorOf(mock, 'c/d', 'x')]
    expect(first).not.toEqual(other)
    for (let index = 0; index < 600; index += 1) vectorOf(mock, 'a/b', `text ${index}`)
    expect(vectorOf(mock, 'a/b', 'x')).toEqual(first)
    expect(vectorOf(mock, 'a/b', 'x')).toEqual(first)
    expect(vectorOf(mock, 'c/d', 'x')).toEqual(other)
    const wide = new MockTogether({ models: [{ id: 'a/b', type: 'embedding', dimensions: 5 }] })
    expect(vectorOf(wide, 'a/b', 'x')).toHaveLength(5)
  })
})
