import { describe, expect, it } from 'vitest'
import { expectSchema } from '../../../../helpers/expect-schema.ts'
import {
  fineTuneDeletedSchema,
  fineTuneListSchema,
  fineTuneSchema,
  madeUpFineTuneSchema,
  shortFineTuneSchema,
} from '../../../../helpers/response-schemas/fine-tunes.ts'
import { errorSchema } from '../../../../helpers/response-schemas/inference.ts'
import { chatModel, del, embeddingModel, fineTune, get, post } from '../../mock-request.ts'
import {
  asText,
  createLenientMock,
  createMock,
  durationMs,
  send,
  StartedJob,
  startMs,
} from './started-job.ts'
import type { MockTogether } from '../../../../../src/server/handler.ts'

const everything = {
  validation_file: 'file-2',
  n_epochs: 3,
  n_checkpoints: 4,
  n_evals: 5,
  batch_size: 16,
  learning_rate: 0.001,
  lr_scheduler: {
    lr_scheduler_type: 'cosine',
    lr_scheduler_args: { min_lr_ratio: 0.1, num_cycles: 0.5 },
  },
  warmup_ratio: 0.1,
  max_grad_norm: 2,
  weight_decay: 0.01,
  suffix: 'mine',
  train_on_inputs: false,
  training_method: { method: 'dpo', dpo_beta: 0.2 },
  training_type: { type: 'Lora', lora_r: 4, lora_alpha: 8, lora_dropout: 0.1 },
  from_checkpoint: 'ft-1:10',
  from_hf_model: 'me/mine',
  hf_model_revision: 'main',
  wandb_project_name: 'project',
  wandb_name: 'run',
  max_seq_length: 2_048,
  packing: true,
  random_seed: 7,
}

function startMore(mock: MockTogether, count: number): void {
  for (let index = 0; index < count; index += 1) {
    expect(send(mock, fineTune(), startMs).status).toBe(200)
  }
}

describe('POST /v1/fine-tunes', () => {
  it('answers the short form', () => {
    const { created } = new StartedJob()
    expectSchema(created, shortFineTuneSchema)
    expect(created).toMatchObject({
      status: 'pending',
      created_at: '2026-01-01T00:00:01Z',
      updated_at: '2026-01-01T00:00:01Z',
      training_file: 'file-1',
      model: chatModel,
      n_epochs: 1,
      n_checkpoints: 1,
      n_evals: 0,
      learning_rate: 0.000_01,
      training_type: { type: 'Lora', lora_r: 8, lora_alpha: 16 },
      training_method: { method: 'sft', train_on_inputs: 'auto' },
      progress: { estimate_available: true, seconds_remaining: 5 },
    })
    expect(created).not.toHaveProperty('events')
  })

  it('repeats every setting, but no key of another service', () => {
    const secrets = { wandb_api_key: 'secret', hf_api_token: 'secret' }
    const job = new StartedJob({ ...everything, ...secrets })
    expectSchema(job.created, shortFineTuneSchema)
    expect(job.created).toMatchObject(everything)
    const whole = job.ask(durationMs)
    expectSchema(whole, fineTuneSchema)
    expect(whole).toMatchObject({ ...everything, eval_steps: 6 })
    expect(JSON.stringify([job.created, whole])).not.toContain('secret')
  })

  it('names the model that comes out by the base, the suffix and the job', () => {
    const { created, id } = new StartedJob({ suffix: 'mine' })
    expect(created['model_output_name']).toBe(
      `mock-user/Qwen2.5-7B-Instruct-Turbo-mine-${id.slice(0, 8)}`,
    )
  })

  it('takes 0 and "max" for the default, as clients send them', () => {
    const zeros = { n_epochs: 0, n_checkpoints: 0, n_evals: 0, batch_size: 0, learning_rate: 0 }
    const defaults = {
      n_epochs: 1,
      n_checkpoints: 1,
      n_evals: 0,
      batch_size: 128,
      learning_rate: 0.000_01,
    }
    expect(new StartedJob(zeros).created).toMatchObject(defaults)
    const full = { batch_size: 'max', training_type: { type: 'Full' } }
    expect(new StartedJob(full).created).toMatchObject({ ...full, batch_size: 96 })
  })

  it('does not ask whether its files exist', () => {
    expect(
      new StartedJob({ training_file: 'no-such-file', validation_file: 'nor-this' }).created,
    ).toBeDefined()
  })

  it.each([
    ['training_file is required', 'training_file', { training_file: null }],
    [
      'training_file must have between 1 and 256 characters',
      'training_file',
      { training_file: '' },
    ],
    ['model is required', 'model', { model: undefined }],
    ['n_epochs must be between 0 and 20', 'n_epochs', { n_epochs: 21 }],
    ['n_checkpoints must be between 0 and 10', 'n_checkpoints', { n_checkpoints: 11 }],
    ['n_evals must be between 0 and 100', 'n_evals', { n_evals: 101 }],
    ['suffix must have at most 64 characters', 'suffix', { suffix: 'x'.repeat(65) }],
    ['learning_rate must be between 0 and 1', 'learning_rate', { learning_rate: 1.1 }],
    ['batch_size must be a whole number of at least 0, or max', 'batch_size', { batch_size: 1.5 }],
    ['batch_size must be at most 128', 'batch_size', { batch_size: 129 }],
    [
      'batch_size must be at most 48',
      'batch_size',
      { batch_size: 49, training_type: { type: 'Full' }, training_method: { method: 'dpo' } },
    ],
    ['train_on_inputs must be true, false or auto', 'train_on_inputs', { train_on_inputs: 'yes' }],
    [
      'training_type has a wrong field: type must be one of Full, Lora',
      'training_type',
      { training_type: { type: 'full' } },
    ],
    [
      'training_type has a wrong field: lora_r is required',
      'training_type',
      { training_type: { type: 'Lora', lora_alpha: 1 } },
    ],
    [
      'training_type lora_r must be at most 64',
      'training_type',
      { training_type: { type: 'Lora', lora_r: 65, lora_alpha: 1 } },
    ],
    [
      'training_method has a wrong field: method is required',
      'training_method',
      { training_method: {} },
    ],
    [
      'lr_scheduler has a wrong field: lr_scheduler_args has a wrong field: min_lr_ratio must be between 0 and 1',
      'lr_scheduler',
      { lr_scheduler: { lr_scheduler_type: 'linear', lr_scheduler_args: { min_lr_ratio: 2 } } },
    ],
    [
      'early_stopping_enabled needs a validation_file',
      'validation_file',
      { early_stopping_enabled: true },
    ],
    [
      'n_evals must be at least 4 for early stopping',
      'n_evals',
      {
        early_stopping_enabled: true,
        validation_file: 'f',
        early_stopping_patience: 2,
        n_evals: 3,
      },
    ],
  ])('refuses with 400: %s', (message, param, over) => {
    const mock = createMock()
    const body = { model: chatModel, training_file: 'file-1', ...over }
    const { status, json } = send(mock, post('/v1/fine-tunes', body), 0)
    expect(json['error']).toEqual({ message, type: 'invalid_request_error', param, code: null })
    expect(status).toBe(400)
    expect(send(mock, get('/v1/fine-tunes'), 0).json['data']).toEqual([])
  })

  it('refuses models that are unknown or cannot be fine-tuned', () => {
    const body = { training_file: 'file-1' }
    const mock = createMock()
    expect(send(mock, post('/v1/fine-tunes', { ...body, model: 'no/body' }), 0).status).toBe(404)
    expect(send(mock, post('/v1/fine-tunes', { ...body, model: embeddingModel }), 0).status).toBe(
      400,
    )
  })

  it('answers a fourth job at once with 409', () => {
    const mock = createMock()
    startMore(mock, 3)
    const { status, json } = send(mock, fineTune(), startMs)
    expect(status).toBe(409)
    expectSchema(json, errorSchema)
  })
})

describe('GET /v1/fine-tunes', () => {
  it('lists the short forms', () => {
    const job = new StartedJob(everything)
    const { json } = send(job.mock, get('/v1/fine-tunes'), startMs)
    expectSchema(json, fineTuneListSchema)
    expect(json['data']).toEqual([job.created])
  })
})

describe('GET /v1/fine-tunes/{id}', () => {
  it('tells stage, tokens, epochs and the time to the next stage at every instant', () => {
    const job = new StartedJob({ n_epochs: 2 })
    const seen = [
      4_999, 5_000, 14_999, 15_000, 52_499, 52_500, 84_999, 85_000, 92_000, 99_999, 100_000,
    ].map((lifeMs) => {
      const json = job.ask(lifeMs)
      expectSchema(json, fineTuneSchema)
      const {
        status,
        progress,
        token_count: tokens,
        epochs_completed: epochs,
        started_at: since,
      } = json
      return [status, progress?.['seconds_remaining'], tokens, epochs, asText(since).slice(14, 19)]
    })
    expect(seen).toEqual([
      ['pending', 1, 0, 0, '00:01'],
      ['queued', 10, 0, 0, '00:06'],
      ['queued', 1, 0, 0, '00:06'],
      ['running', 70, 0, 0, '00:16'],
      ['running', 33, 9_216, 0, '00:16'],
      ['running', 33, 10_240, 1, '00:16'],
      ['running', 1, 19_456, 1, '00:16'],
      ['compressing', 7, 20_480, 2, '01:26'],
      ['uploading', 8, 20_480, 2, '01:33'],
      ['uploading', 1, 20_480, 2, '01:33'],
      ['completed', 0, 20_480, 2, '01:41'],
    ])
  })

  it('says where the model lies once it is completed', () => {
    const job = new StartedJob()
    expect(job.ask(99_999)).not.toHaveProperty('model_output_path')
    expect(job.ask(100_000)['model_output_path']).toBe(`mock://fine-tunes/${job.id}/model`)
  })

  it('answers 404 for a job that is unknown or of another key', () => {
    const job = new StartedJob()
    const others = [get('/v1/fine-tunes/ft-none'), get(job.path, 'another-key')]
    for (const request of others) {
      const { status, json } = send(job.mock, request, startMs)
      expect(status).toBe(404)
      expect(json['error']).toMatchObject({ code: 'job_not_found' })
    }
  })
})

describe('POST /v1/fine-tunes/{id}/cancel', () => {
  it('ends the job at once, in the short form, and frees its place', () => {
    const mock = createMock()
    const job = new StartedJob({}, mock)
    startMore(mock, 2)
    expect(send(mock, fineTune(), startMs).status).toBe(409)
    const { json } = job.cancel(60_000)
    expectSchema(json, shortFineTuneSchema)
    expect(json).toMatchObject({
      status: 'cancelled',
      updated_at: '2026-01-01T00:01:01Z',
      progress: { estimate_available: false, seconds_remaining: 0 },
    })
    expect(send(mock, fineTune(), startMs + 60_000).status).toBe(200)
    expect(job.ask(durationMs)).toMatchObject({ status: 'cancelled', token_count: 6_144 })
  })

  it.each([
    ['completed', undefined],
    ['cancelled', 10_000],
  ])('refuses a job that is %s with 400', (status, cancelledAtMs) => {
    const job = new StartedJob()
    if (cancelledAtMs !== undefined) job.cancel(cancelledAtMs)
    const reply = job.cancel(durationMs)
    expect(reply.status).toBe(400)
    expect(reply.json['error']?.['message']).toBe(`the job is ${status} and cannot be cancelled`)
    expect(send(job.mock, post('/v1/fine-tunes/none/cancel'), startMs).status).toBe(404)
  })
})

describe('DELETE /v1/fine-tunes/{id}', () => {
  it.each([
    [0, ''],
    [50_000, '?force=true'],
    [durationMs, '?force=false'],
  ])('forgets a job %d ms after its start', (lifeMs, query) => {
    const job = new StartedJob()
    const nowMs = startMs + lifeMs
    const { status, json } = send(job.mock, del(`${job.path}${query}`), nowMs)
    expect(status).toBe(200)
    expectSchema(json, fineTuneDeletedSchema)
    expect(job.reply(lifeMs).status).toBe(404)
    expect(job.reply(lifeMs, '/events').status).toBe(404)
    expect(send(job.mock, get('/v1/fine-tunes'), nowMs).json['data']).toEqual([])
    expect(send(job.mock, del(job.path), nowMs).status).toBe(404)
  })

  it('frees the place of an unfinished job', () => {
    const mock = createMock()
    const job = new StartedJob({}, mock)
    startMore(mock, 2)
    expect(send(mock, fineTune(), startMs).status).toBe(409)
    send(mock, del(job.path), startMs)
    expect(send(mock, fineTune(), startMs).status).toBe(200)
    expect(send(mock, fineTune(), startMs).status).toBe(409)
  })

  it('leaves the jobs of other keys alone', () => {
    const job = new StartedJob()
    expect(send(job.mock, del(job.path, 'another-key'), startMs).status).toBe(404)
    expect(job.reply(0).status).toBe(200)
  })
})

describe('a lenient profile', () => {
  it('answers any id as a finished job, before the beginning of time too', () => {
    for (const nowMs of [-5, 0, 1e9]) {
      const mock = createLenientMock()
      for (const id of ['id', 'ft_id', '%20', 'constructor']) {
        const { status, json } = send(mock, get(`/v1/fine-tunes/${id}`), nowMs)
        expect(status).toBe(200)
        expectSchema(json, madeUpFineTuneSchema)
        expect(json).toMatchObject({ id, status: 'completed' })
      }
    }
  })

  it('cancels and deletes any id', () => {
    const mock = createLenientMock()
    const cancelled = send(mock, post('/v1/fine-tunes/id/cancel'), 0)
    expect(cancelled).toMatchObject({ status: 200, json: { id: 'id', status: 'cancelled' } })
    expectSchema(cancelled.json, shortFineTuneSchema)
    expect(send(mock, del('/v1/fine-tunes/id'), 0).status).toBe(200)
  })

  it('follows the jobs that were really started', () => {
    const job = new StartedJob({}, createLenientMock())
    expect(job.ask(0)['status']).toBe('pending')
    expect(job.cancel(durationMs).status).toBe(400)
  })

  it('takes any model, and settings that contradict each other', () => {
    const body = { model: 'model', early_stopping_enabled: true, batch_size: 1e6 }
    const mock = createLenientMock()
    const jobs = Array.from({ length: 5 }, () => new StartedJob(body, mock))
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(5)
  })
})
