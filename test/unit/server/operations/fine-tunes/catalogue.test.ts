import { describe, expect, it } from 'vitest'
import { expectSchema } from '../../../../helpers/expect-schema.ts'
import {
  bareErrorSchema,
  modelLimitsSchema,
  previewSchema,
  priceEstimateSchema,
  supportedModelsSchema,
  tokenizedDatasetSchema,
} from '../../../../helpers/response-schemas/fine-tunes.ts'
import {
  chatModel,
  embeddingModel,
  get,
  imageModel,
  languageModel,
  post,
} from '../../mock-request.ts'
import {
  createLenientMock,
  createMock,
  durationMs,
  send,
  StartedJob,
  startMs,
} from './started-job.ts'

function limits(name: string, mock = createMock()) {
  return send(mock, get(`/v1/fine-tunes/models/limits?model_name=${name}`), 0)
}

describe('GET /v1/fine-tunes/models/supported', () => {
  it('lists the models that make text', () => {
    const { json } = send(createMock(), get('/v1/fine-tunes/models/supported'), 0)
    expectSchema(json, supportedModelsSchema)
    expect(json['models']).toEqual(expect.arrayContaining([chatModel, languageModel]))
    expect(json['models']).not.toEqual(expect.arrayContaining([embeddingModel]))
  })
})

describe('GET /v1/fine-tunes/models/limits', () => {
  it('answers for every model that can be fine-tuned', () => {
    const { json } = limits(chatModel)
    expectSchema(json, modelLimitsSchema)
    expect(json).toMatchObject({
      model_name: chatModel,
      max_num_epochs: 20,
      max_num_checkpoints: 10,
      max_seq_length_sft: 32_768,
    })
  })

  it('tells the bounds that jobs are held to', () => {
    const { json } = limits(chatModel)
    const most = {
      n_epochs: json['max_num_epochs'],
      n_checkpoints: json['max_num_checkpoints'],
      n_evals: json['max_num_evals'],
      learning_rate: json['max_learning_rate'],
      batch_size: json['lora_training']?.['max_batch_size'],
      training_type: { type: 'Lora', lora_r: json['lora_training']?.['max_rank'], lora_alpha: 1 },
    }
    expect(new StartedJob(most).created).toMatchObject(most)
  })

  it.each(['no/body', embeddingModel, imageModel])(
    'answers 404 for %s with a bare message',
    (name) => {
      const mock = createMock()
      const { status, json } = limits(name, mock)
      expect(status).toBe(404)
      expectSchema(json, bareErrorSchema)
      expect(mock.journal().at(-1)?.reason).toBe(json['message'])
    },
  )

  it('asks for a name in the usual shape', () => {
    const { status, json } = limits('')
    expect(status).toBe(400)
    expect(json['error']).toMatchObject({ param: 'model_name', message: 'model_name is required' })
  })

  it('answers for any name where the profile is lenient', () => {
    const { json } = limits('model_name', createLenientMock())
    expectSchema(json, modelLimitsSchema)
    expect(json['model_name']).toBe('model_name')
  })
})

function estimate(body: object, mock = createMock()) {
  return send(mock, post('/v1/fine-tunes/estimate-price', body), 0)
}

describe('POST /v1/fine-tunes/estimate-price', () => {
  it('counts epochs, and evaluations on a validation file', () => {
    const { json } = estimate({ training_file: 'f' })
    expectSchema(json, priceEstimateSchema)
    expect(json).toMatchObject({
      estimated_train_token_count: 10_240,
      estimated_eval_token_count: 0,
      estimated_total_price: 1,
      allowed_to_proceed: true,
    })
    const more = { training_file: 'f', model: chatModel, n_epochs: 20, n_evals: 100 }
    expect(estimate(more).json['estimated_eval_token_count']).toBe(0)
    expect(estimate({ ...more, validation_file: 'v' }).json).toMatchObject({
      estimated_train_token_count: 204_800,
      estimated_eval_token_count: 1_024_000,
      estimated_total_price: 2,
    })
  })

  it('estimates what the job then comes to', () => {
    const settings = { n_epochs: 20, n_evals: 100, validation_file: 'v' }
    const { json } = estimate({ training_file: 'f', ...settings })
    const job = new StartedJob(settings)
    expect(job.ask(50_000)['total_price']).toBe(1)
    expect(job.ask(durationMs)).toMatchObject({
      token_count: json['estimated_train_token_count'],
      total_price: json['estimated_total_price'],
    })
  })

  it.each([
    [400, 'training_file', {}],
    [400, 'n_epochs', { training_file: 'f', n_epochs: -1 }],
    [400, 'training_method', { training_file: 'f', training_method: { method: 'x' } }],
    [404, 'model', { training_file: 'f', model: 'no/body' }],
    [400, 'model', { training_file: 'f', model: embeddingModel }],
  ])('refuses with %d, naming %s', (status, param, body) => {
    expect(estimate(body)).toMatchObject({ status, json: { error: { param } } })
  })

  it('takes no place and starts nothing', () => {
    const mock = createMock()
    for (let count = 0; count < 5; count += 1)
      expect(estimate({ training_file: 'f' }, mock).status).toBe(200)
    expect(send(mock, get('/v1/fine-tunes'), 0).json['data']).toEqual([])
  })
})

function preview(body: object, mock = createMock()) {
  return send(
    mock,
    post('/v1/fine-tunes/preview', { model: chatModel, training_file: 'f', ...body }),
    0,
  )
}

describe('POST /v1/fine-tunes/preview', () => {
  it('shows rows whose counts, labels and spans agree', () => {
    for (const trains of [true, false]) {
      const { json } = preview({ train_on_inputs: trains, top_k: 3 })
      expectSchema(json, previewSchema)
      expect(json).toMatchObject({
        model: chatModel,
        train_on_inputs: trains,
        max_seq_length: 32_768,
      })
      expect(json['rows']).toHaveLength(3)
      const rows = json['rows'] as unknown as readonly Readonly<
        Record<string, number[] & number[][]>
      >[]
      for (const {
        tokens = [],
        input_ids: ids = [],
        labels = [],
        trained_spans: spans = [],
        ...row
      } of rows) {
        const trained = labels.flatMap((label, place) => (label === -100 ? [] : [place]))
        expect([ids.length, labels.length, row['num_tokens']]).toEqual(Array(3).fill(tokens.length))
        expect(row['num_trained_tokens']).toBe(trained.length)
        expect(spans).toEqual([[trained[0], tokens.length]])
        expect(trained[0]).toBe(trains ? 0 : 4)
        expect(trained.map((place) => labels[place])).toEqual(trained.map((place) => ids[place]))
      }
    }
  })

  it('shows five rows unless told, or none', () => {
    expect(preview({}).json['rows']).toHaveLength(5)
    expect(preview({ top_k: 0 }).json['rows']).toEqual([])
  })

  it('cuts rows at the length of the model', () => {
    const mock = createMock({ models: [{ id: 'short', type: 'chat', contextLength: 3 }] })
    const { json } = preview({ model: 'short', top_k: 1 }, mock)
    expectSchema(json, previewSchema)
    expect(json['rows']?.[0]).toMatchObject({ truncated: true, num_tokens: 3, trained_spans: [] })
    expect(preview({}).json['rows']?.[0]).toMatchObject({ truncated: false })
  })

  it.each([
    [400, 'model', { model: null }],
    [400, 'training_file', { training_file: null }],
    [400, 'top_k', { top_k: 101 }],
    [400, 'training_method', { training_method: 'dpo' }],
    [404, 'model', { model: 'no/body' }],
  ])('refuses with %d, naming %s', (status, param, body) => {
    expect(preview(body)).toMatchObject({ status, json: { error: { param } } })
  })
})

describe('GET /v1/fine-tunes/{id}/download-tokenized-dataset', () => {
  const action = '/download-tokenized-dataset'

  it('says where the archive lies from the start of the training on', () => {
    const job = new StartedJob()
    const early = job.reply(19_999, action)
    expect(early).toMatchObject({ status: 404, json: { error: { code: 'dataset_not_found' } } })
    const json = job.ask(20_000, action)
    expectSchema(json, tokenizedDatasetSchema)
    expect(json).toMatchObject({
      url: `https://files.invalid/fine-tunes/${job.id}/tokenized.tar.zst`,
      expires_at: '2026-01-01T01:00:21Z',
    })
  })

  it('has none of a job that was cancelled before', () => {
    const job = new StartedJob()
    job.cancel(19_000)
    expect(job.reply(durationMs, action).status).toBe(404)
  })

  it('answers 404 for an unknown job, and for any id where the profile is lenient', () => {
    const request = get(`/v1/fine-tunes/id${action}`)
    expect(send(createMock(), request, startMs).json['error']).toMatchObject({
      code: 'job_not_found',
    })
    const odd = send(createLenientMock(), get(`/v1/fine-tunes/\uD800%20"${action}`), startMs)
    expectSchema(odd.json, tokenizedDatasetSchema)
    expect(odd.json['url']).toBe('https://files.invalid/fine-tunes/__20_/tokenized.tar.zst')
  })
})
