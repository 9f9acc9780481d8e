import { describe, expect, it } from 'vitest'
import { MockTogether } from '../../../../src/server/handler.ts'
import { chatModel, embeddingModel, fineTune, get, imageModel, post } from '../mock-request.ts'
import { asText, send } from '../send.ts'

const messages = [{ role: 'user', content: 'x'.repeat(40) }]

describe('POST /v1/chat/completions', () => {
  it('answers with the fields that clients require', () => {
    const mock = new MockTogether()
    const { json } = send(mock, post('/v1/chat/completions', { model: chatModel, messages }))
    expect(json).toMatchObject({
      id: expect.any(String),
      object: 'chat.completion',
      created: 1_767_225_600,
      model: chatModel,
      prompt: [],
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant' } }],
      usage: { prompt_tokens: 10, completion_tokens: 15, total_tokens: 25 },
    })
  })

  it('obeys n and max_tokens', () => {
    const mock = new MockTogether()
    const body = { model: chatModel, messages, n: 3, max_tokens: 2 }
    const { json } = send(mock, post('/v1/chat/completions', body))
    expect(json['choices']).toHaveLength(3)
    expect(json['choices']?.[2]).toMatchObject({
      index: 2,
      finish_reason: 'length',
      message: { content: 'This is' },
    })
    expect(json['usage']?.['completion_tokens']).toBe(6)
    const none = send(
      mock,
      post('/v1/chat/completions', { model: chatModel, messages, max_tokens: 0 }),
    )
    expect(none.json['choices']?.[0]?.['message']?.['content']).toBe('')
  })

  it('counts the text of content parts', () => {
    const parts = [{ type: 'text', text: 'four' }, { type: 'image_url' }, 7]
    const body = { model: chatModel, messages: [{ role: 'user', content: parts }] }
    const { json } = send(new MockTogether(), post('/v1/chat/completions', body))
    expect(json['usage']?.['prompt_tokens']).toBe(1)
  })

  it.each([
    ['messages is required', { model: chatModel }],
    ['messages must have at least 1 items', { model: chatModel, messages: [] }],
    ['messages must hold objects only', { model: chatModel, messages: ['x'] }],
    ['messages must hold objects with a role', { model: chatModel, messages: [{}] }],
    ['model is required', { messages }],
    ['model must be a string', { model: 3, messages }],
    ['n must be between 1 and 128', { model: chatModel, messages, n: 129 }],
    ['max_tokens must be a whole number', { model: chatModel, messages, max_tokens: 1.5 }],
    ['stream must be true or false', { model: chatModel, messages, stream: 'yes' }],
  ])('refuses with 400: %s', (message, body) => {
    const { status, json } = send(new MockTogether(), post('/v1/chat/completions', body))
    expect(status).toBe(400)
    expect(json['error']).toMatchObject({ message, type: 'invalid_request_error', code: null })
  })

  it('answers 403 where input and max_tokens exceed the context', () => {
    const body = { model: chatModel, messages, max_tokens: 32_759 }
    const mock = new MockTogether()
    expect(send(mock, post('/v1/chat/completions', body)).status).toBe(403)
    const fitting = { ...body, max_tokens: 32_758 }
    expect(send(mock, post('/v1/chat/completions', fitting)).status).toBe(200)
  })

  it('treats null as absent', () => {
    const body = { model: chatModel, messages, n: null, stream: null }
    expect(send(new MockTogether(), post('/v1/chat/completions', body)).status).toBe(200)
  })
})

function embed(input: unknown, model = embeddingModel): readonly (readonly number[])[] {
  const { json } = send(new MockTogether(), post('/v1/embeddings', { model, input }))
  const data = json['data'] as unknown as readonly { embedding: readonly number[] }[]
  return data.map(({ embedding }) => embedding)
}

describe('POST /v1/embeddings', () => {
  it('has the dimension of the model and length 1', () => {
    const [vector = []] = embed('text')
    expect(vector).toHaveLength(768)
    expect(vector.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 4)
    expect(embed('text', 'intfloat/multilingual-e5-large-instruct')[0]).toHaveLength(1_024)
  })

  it('has length 1 also with one dimension', () => {
    const models = [{ id: 'm', type: 'embedding', dimensions: 1 }] as const
    const body = { model: 'm', input: Array.from({ length: 20 }, (_, index) => `${index}`) }
    const { json } = send(new MockTogether({ models }), post('/v1/embeddings', body))
    const data = json['data'] as unknown as readonly { embedding: readonly number[] }[]
    expect(new Set(data.map(({ embedding }) => embedding[0]))).toEqual(new Set([1, -1]))
  })

  it('gives equal texts equal vectors and others others', () => {
    const [first, second, third] = embed(['a', 'b', 'a'])
    expect(first).toEqual(third)
    expect(first).not.toEqual(second)
    expect(embed('a')[0]).toEqual(first)
    expect(embed('a', 'togethercomputer/m2-bert-80M-8k-retrieval')[0]).not.toEqual(first)
  })

  it('answers in the documented shape', () => {
    const body = { model: embeddingModel, input: ['a', ''] }
    const { json } = send(new MockTogether(), post('/v1/embeddings', body))
    expect(json).toMatchObject({ object: 'list', model: embeddingModel })
    expect(json['data']?.[1]).toMatchObject({ object: 'embedding', index: 1 })
  })

  it.each([[undefined], [[]], [3], [[1, 2]], [{}], [Array.from({ length: 2_049 }, () => '')]])(
    'refuses the input %j',
    (input) => {
      const body = { model: embeddingModel, input }
      expect(send(new MockTogether(), post('/v1/embeddings', body)).status).toBe(400)
    },
  )
})

describe('POST /v1/images/generations', () => {
  const body = { model: imageModel, prompt: 'grey' }

  it('answers with as many images as asked for', () => {
    const mock = new MockTogether()
    const { json } = send(mock, post('/v1/images/generations', { ...body, n: 2 }))
    expect(json).toMatchObject({ object: 'list', model: imageModel, id: expect.any(String) })
    expect(json['data']).toHaveLength(2)
    expect(json['data']?.[1]).toMatchObject({ index: 1, type: 'url', url: expect.any(String) })
    const none = { ...body, n: 0, height: 0 }
    expect(send(mock, post('/v1/images/generations', none)).json['data']).toEqual([])
  })

  it('sends pictures inline on request', () => {
    const inline = { ...body, response_format: 'base64' }
    const { json } = send(new MockTogether(), post('/v1/images/generations', inline))
    const bytes = Buffer.from(asText(json['data']?.[0]?.['b64_json']), 'base64')
    expect(bytes.subarray(1, 4).toString()).toBe('PNG')
  })

  it('refuses a missing prompt', () => {
    const promptless = { model: imageModel }
    expect(send(new MockTogether(), post('/v1/images/generations', promptless)).status).toBe(400)
  })
})

describe('/v1/fine-tunes', () => {
  const options = { jobDurationMs: { min: 100_000, max: 100_000 } }

  it('passes through the stages of its life', () => {
    const mock = new MockTogether(options)
    const { json } = send(mock, fineTune(), 1_000)
    expect(json).toMatchObject({
      status: 'pending',
      created_at: '2026-01-01T00:00:01Z',
      updated_at: '2026-01-01T00:00:01Z',
      user_id: expect.any(String),
    })
    const path = `/v1/fine-tunes/${asText(json['id'])}`
    const seen = [5_000, 15_000, 85_000, 92_000, 100_000].flatMap((endMs) => [
      send(mock, get(path), 1_000 + endMs - 1).json['status'],
    ])
    expect(seen).toEqual(['pending', 'queued', 'running', 'compressing', 'uploading'])
    expect(send(mock, get(path), 101_000).json).toMatchObject({
      status: 'completed',
      model_output_path: expect.any(String),
    })
  })

  it('frees the place when the job is completed', () => {
    const mock = new MockTogether(options)
    for (const nowMs of [0, 10, 20]) expect(send(mock, fineTune(), nowMs).status).toBe(200)
    expect(send(mock, fineTune(), 99_999).status).toBe(409)
    expect(mock.journal().at(-1)?.freesAtMs).toBe(100_000)
    expect(send(mock, fineTune(), 100_000).status).toBe(200)
    expect(send(mock, fineTune(), 100_000).status).toBe(409)
  })

  it('cancels an unfinished job once', () => {
    const mock = new MockTogether(options)
    const path = `/v1/fine-tunes/${asText(send(mock, fineTune()).json['id'])}`
    expect(send(mock, post(`${path}/cancel`), 50).json['status']).toBe('cancelled')
    expect(send(mock, get(path), 1e9).json['status']).toBe('cancelled')
    expect(send(mock, post(`${path}/cancel`), 1e9).status).toBe(400)
    expect(send(mock, post('/v1/fine-tunes/none/cancel')).status).toBe(404)
  })

  it('lists the jobs of the key alone', () => {
    const mock = new MockTogether(options)
    const mine = send(mock, fineTune('key-one')).json['id']
    send(mock, fineTune('key-two'))
    const { json } = send(mock, get('/v1/fine-tunes?limit=5', 'key-one'))
    expect(json['data']).toMatchObject([{ id: mine }])
    expect(send(mock, get(`/v1/fine-tunes/${asText(mine)}`, 'key-two')).status).toBe(404)
  })

  it('draws durations within the range', () => {
    const mock = new MockTogether({ jobDurationMs: { min: 10, max: 20 } })
    for (let nowMs = 0; nowMs < 1_000; nowMs += 25) {
      const path = `/v1/fine-tunes/${asText(send(mock, fineTune(), nowMs).json['id'])}`
      expect(send(mock, get(path), nowMs + 9).json['status']).not.toBe('completed')
      expect(send(mock, get(path), nowMs + 20).json['status']).toBe('completed')
    }
  })
})

describe('GET /v1/models', () => {
  it('answers with a bare array of the models it was given', () => {
    const mock = new MockTogether({ models: [{ id: 'a/b', type: 'chat', contextLength: 9 }] })
    expect(send(mock, get('/v1/models')).json).toMatchObject([
      { id: 'a/b', object: 'model', type: 'chat', context_length: 9, created: 1_767_139_200 },
    ])
  })

  it('shows the prices that it was given, or zeros', () => {
    const pricing = { input: 0.2, output: 0.6 }
    const models = [
      { id: 'a/b', type: 'chat', pricing },
      { id: 'c/d', type: 'chat' },
    ] as const
    expect(send(new MockTogether({ models }), get('/v1/models')).json).toMatchObject([
      { pricing: { hourly: 0, ...pricing } },
      { pricing: { hourly: 0, input: 0, output: 0 } },
    ])
    const bad = [{ id: 'a/b', type: 'chat', pricing: { input: -1, output: 0 } }] as const
    expect(() => new MockTogether({ models: bad })).toThrow(/models a\/b pricing/)
  })
})
