/**
 * The life of fine-tune jobs, whatever they are asked for and whenever somebody looks.
 */

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findServerProfile, MockTogether, type MockRequest } from '../../src/server/handler.ts'
import { expectSchema } from '../helpers/expect-schema.ts'
import {
  bareErrorSchema,
  fineTuneCheckpointsSchema,
  fineTuneEventsSchema,
  fineTuneListSchema,
  fineTuneMetricsSchema,
  fineTuneSchema,
  modelLimitsSchema,
  previewSchema,
  priceEstimateSchema,
  shortFineTuneSchema,
  supportedModelsSchema,
} from '../helpers/response-schemas/fine-tunes.ts'
import { errorSchema } from '../helpers/response-schemas/inference.ts'
import { chatModel, get, post } from '../unit/server/mock-request.ts'

const zeroOr = (max: number) => fc.integer({ min: 0, max })
const bodies = fc.record(
  {
    n_epochs: zeroOr(20),
    n_checkpoints: zeroOr(10),
    n_evals: zeroOr(100),
    validation_file: fc.constant('file-2'),
    suffix: fc.string({ maxLength: 64 }),
    learning_rate: fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1, noNaN: true })),
    warmup_ratio: fc.double({ min: 0, max: 1, noNaN: true }),
    batch_size: fc.oneof(zeroOr(48), fc.constant('max')),
    lr_scheduler: fc.record({ lr_scheduler_type: fc.constantFrom('linear', 'cosine') }),
    training_type: fc.constantFrom({ type: 'Full' }, { type: 'Lora', lora_r: 1, lora_alpha: 1 }),
    training_method: fc.constantFrom({ method: 'dpo' }, { method: 'sft', train_on_inputs: 'auto' }),
    wandb_api_key: fc.constant('key'),
  },
  { requiredKeys: [] },
)
/** Also jobs that end at once, and instants between two milliseconds. */
const durations = fc.oneof(
  fc.integer({ min: 0, max: 200_000 }),
  fc.double({ min: 0, max: 50, noNaN: true }),
)
/** Shares of a life, the boundaries of its stages and somewhat more than all of it among them. */
const shares = fc.oneof(
  fc.integer({ min: 0, max: 1_200 }).map((perMille) => perMille / 1_000),
  fc.constantFrom(0.05, 0.15, 0.2, 0.85, 0.92, 1),
  fc.double({ min: 0, max: 1.2, noNaN: true }),
)

function read(mock: MockTogether, request: MockRequest, nowMs: number) {
  const { status, body } = mock.handle(request, nowMs)
  expect([status, body]).toEqual([200, body])
  return JSON.parse(body)
}

const order = ['pending', 'queued', 'running', 'compressing', 'uploading', 'completed', 'cancelled']
/** The event that announces a stage, where there is one. */
const announcements: Readonly<Record<string, string>> = {
  pending: 'job_pending',
  running: 'job_start',
  compressing: 'model_compressing',
  uploading: 'model_uploading',
  completed: 'job_complete',
  cancelled: 'job_stopped',
}

/** What a client sees that asks for everything at one instant, each answer of the documented shape. */
function look(mock: MockTogether, path: string, nowMs: number) {
  const job = read(mock, get(path), nowMs)
  const [events, checkpoints, metrics] = [
    ['events', fineTuneEventsSchema] as const,
    ['checkpoints', fineTuneCheckpointsSchema] as const,
    ['metrics', fineTuneMetricsSchema] as const,
  ].map(([action, schema]) => {
    const json = read(mock, get(`${path}/${action}`), nowMs)
    expectSchema(json, schema)
    return (json.data ?? json.metrics) as readonly Readonly<Record<string, string | number>>[]
  })
  expectSchema(job, fineTuneSchema)
  return { job, lists: [events ?? [], checkpoints ?? [], metrics ?? []] as const }
}

describe('the life of a fine-tune job', () => {
  it('only goes on: stages in their order, lists that grow at their end, counts that never fall', () => {
    const stages = new Set<string>()
    fc.assert(
      fc.property(
        bodies,
        durations,
        fc.array(shares, { minLength: 1, maxLength: 8 }),
        fc.option(shares),
        (body, durationMs, looks, cancelShare) => {
          const cancelMs = cancelShare === null ? Infinity : cancelShare * durationMs
          const range = { min: durationMs, max: durationMs }
          const mock = new MockTogether({ jobDurationMs: range })
          const job = { model: chatModel, training_file: 'file-1', ...body }
          const created = read(mock, post('/v1/fine-tunes', job), 0)
          expectSchema(created, shortFineTuneSchema)
          const path = `/v1/fine-tunes/${created.id}`
          let before = look(mock, path, 0)
          for (const share of looks.toSorted((left, right) => left - right)) {
            const nowMs = share * durationMs
            if (cancelMs <= nowMs) mock.handle(post(`${path}/cancel`), cancelMs)
            const now = look(mock, path, nowMs)
            stages.add(now.job.status)
            const ranks = [before, now].map((seen) => order.indexOf(seen.job.status))
            expect(ranks[0]).toBeLessThanOrEqual(ranks[1] ?? -1)
            for (const [index, list] of before.lists.entries()) {
              expect(now.lists[index]?.slice(0, list.length)).toEqual(list)
            }
            for (const name of ['token_count', 'epochs_completed', 'total_price', 'updated_at']) {
              expect(now.job[name] >= before.job[name], name).toBe(true)
            }
            const announced = announcements[now.job.status]
            const types = now.lists[0].map(({ type }) => type)
            if (announced !== undefined) expect(types).toContain(announced)
            before = now
          }
        },
      ),
      { numRuns: 300 },
    )
    expect([...stages].toSorted()).toEqual(order.toSorted())
  })

  it('has losses that fall from step to step, and learning rates between 0 and the highest', () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const mock = new MockTogether({ jobDurationMs: { min: 0, max: 0 } })
        const job = { model: chatModel, training_file: 'file-1', ...body }
        const { id } = read(mock, post('/v1/fine-tunes', job), 0)
        const { metrics } = read(mock, get(`/v1/fine-tunes/${id}/metrics`), 0)
        let loss = Infinity
        for (const metric of metrics) {
          if (!('train/loss' in metric)) continue
          expect(metric['train/loss']).toBeLessThan(loss)
          loss = metric['train/loss']
          const rate = metric['train/learning_rate']
          expect(rate).toBeGreaterThanOrEqual(0)
          expect(rate).toBeLessThanOrEqual((body.learning_rate || 0.000_01) * 1.000_01)
        }
      }),
      { numRuns: 200 },
    )
  })
})

const jobId = '00000001-0000-4000-8000-000000000001'
const ids = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(jobId, 'id', 'ft-1', 'models', '\uD800', '__proto__') },
  { weight: 1, arbitrary: fc.string() },
)
const actions = fc.constantFrom(
  '',
  '/cancel',
  '/events',
  '/checkpoints',
  '/metrics',
  '/download-tokenized-dataset',
)
const parameters = fc.dictionary(
  fc.constantFrom(
    'ft_id',
    'checkpoint',
    'checkpoint_step',
    'force',
    'model_name',
    'global_step_from',
    'global_step_to',
    'logged_at_from',
    'logged_at_to',
    'resolution',
  ),
  fc.oneof(
    fc.constantFrom(
      jobId,
      'merged',
      'adapter',
      '0',
      '5',
      '007',
      '-1',
      '1e9',
      '999999999',
      chatModel,
    ),
    fc.constantFrom('2026-01-01T00:00:00Z', '2026-13-01', 'true', '', 'NaN'),
    fc.string(),
  ),
)
const queries = parameters.map((fields) => {
  const query = new URLSearchParams(fields).toString()
  return query === '' ? '' : `?${query}`
})
const fixed = fc.constantFrom(
  '/v1/fine-tunes',
  '/v1/fine-tunes/estimate-price',
  '/v1/fine-tunes/preview',
  '/v1/fine-tunes/models/supported',
  '/v1/fine-tunes/models/limits',
  '/v1/finetune/download',
)
const paths = fc
  .tuple(
    fc.oneof(
      fixed,
      fc.tuple(ids, actions).map(([id, action]) => `/v1/fine-tunes/${id}${action}`),
    ),
    queries,
  )
  .map((parts) => parts.join(''))
const wildBodies = fc.oneof(
  bodies.map((body) => ({ model: chatModel, training_file: 'file-1', ...body })),
  fc
    .tuple(
      bodies,
      fc.dictionary(
        fc.constantFrom(
          'model',
          'n_epochs',
          'training_type',
          'top_k',
          'training_method',
          'lr_scheduler',
          'batch_size',
          'early_stopping_enabled',
          'early_stopping_patience',
          'random_seed',
        ),
        fc.jsonValue(),
      ),
    )
    .map(([body, over]) => ({ model: chatModel, training_file: 'file-1', ...body, ...over })),
  fc.jsonValue(),
)
const requests = fc
  .record({ method: fc.constantFrom('GET', 'POST', 'DELETE'), path: paths, body: wildBodies })
  .map(({ method, path, body }) => ({ ...post(path, body), method }))

const successSchemas: Readonly<Record<string, object>> = {
  'GET /v1/fine-tunes': fineTuneListSchema,
  'POST /v1/fine-tunes': shortFineTuneSchema,
  'POST /v1/fine-tunes/estimate-price': priceEstimateSchema,
  'POST /v1/fine-tunes/preview': previewSchema,
  'GET /v1/fine-tunes/models/supported': supportedModelsSchema,
  'GET /v1/fine-tunes/models/limits': modelLimitsSchema,
}

describe.each(['documented', 'unlimited'])('bad requests under the profile %s', (name) => {
  it('are answered below 500, in the shape of an error, and never throw', () => {
    const profile = findServerProfile(name)
    if (profile === undefined) throw new Error(`there is no profile ${name}`)
    const mock = new MockTogether({ profile })
    const statuses = new Set<number>()
    let nowMs = 0
    fc.assert(
      fc.property(requests, fc.integer({ min: 0, max: 300 }), (request, pauseMs) => {
        nowMs += pauseMs
        const { status, body, bytes } = mock.handle(request, nowMs)
        statuses.add(status)
        expect(status).toBeGreaterThanOrEqual(200)
        expect(status).toBeLessThan(500)
        if (bytes !== undefined) return
        const json = JSON.parse(body)
        const schema = successSchemas[`${request.method} ${request.path.split('?')[0]}`]
        if (status < 300 && schema !== undefined) expectSchema(json, schema)
        if (status >= 400) expectSchema(json, 'error' in json ? errorSchema : bareErrorSchema)
      }),
      { numRuns: 5_000 },
    )
    const expected = name === 'unlimited' ? [200, 400] : [200, 400, 404, 405, 409]
    expect([...statuses]).toEqual(expect.arrayContaining(expected))
  })
})
