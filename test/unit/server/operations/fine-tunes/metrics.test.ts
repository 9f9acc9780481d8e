import { describe, expect, it } from 'vitest'
import { expectSchema } from '../../../../helpers/expect-schema.ts'
import { fineTuneMetricsSchema } from '../../../../helpers/response-schemas/fine-tunes.ts'
import { get } from '../../mock-request.ts'
import {
  createLenientMock,
  durationMs,
  send,
  StartedJob,
  startMs,
  type Json,
} from './started-job.ts'

const evaluated = { n_epochs: 2, n_evals: 2, validation_file: 'file-2' }

function column(metrics: readonly Json[], name: string): number[] {
  return metrics.flatMap((metric) => (name in metric ? [Number(metric[name])] : []))
}

describe('GET /v1/fine-tunes/{id}/metrics', () => {
  it('grows by one metric a step', () => {
    const job = new StartedJob()
    const counts = [20_000, 26_499, 26_500, 84_999, 85_000, 1e6].map(
      (lifeMs) => job.list(lifeMs, '/metrics').length,
    )
    expect(counts).toEqual([0, 0, 1, 9, 10, 10])
  })

  it('has a loss that falls at every step, down to a fifth, and depends on the file', () => {
    const job = new StartedJob({ n_epochs: 20 })
    const json = job.ask(durationMs, '/metrics')
    expectSchema(json, fineTuneMetricsSchema)
    const losses = column(job.list(durationMs, '/metrics'), 'train/loss')
    expect(losses).toHaveLength(200)
    expect(losses.every((loss, index) => index === 0 || loss < (losses[index - 1] ?? 0))).toBe(true)
    const again = new StartedJob({ n_epochs: 20 }).ask(durationMs, '/metrics')
    const other = new StartedJob({ n_epochs: 20, training_file: 'file-9' }).ask(
      durationMs,
      '/metrics',
    )
    expect(json).toEqual(again)
    expect(json).not.toEqual(other)
  })

  it('says which step, epoch and second', () => {
    expect(new StartedJob(evaluated).list(52_500, '/metrics').at(-1)).toMatchObject({
      global_step: 10,
      epoch: 1,
      logged_at: 1_767_225_653,
    })
  })

  it('holds evaluations beside the steps after which they are made', () => {
    const metrics = new StartedJob(evaluated).list(durationMs, '/metrics')
    const evaluations = metrics.filter((metric) => 'eval/loss' in metric)
    expect(column(evaluations, 'global_step')).toEqual([10, 20])
    expect(metrics).toHaveLength(22)
    const without = new StartedJob({ n_evals: 2 }).list(durationMs, '/metrics')
    expect(column(without, 'eval/loss')).toEqual([])
  })

  it.each([
    ['linear', [0.000_5, 0.001, 0.000_5, 0]],
    ['cosine', [0.000_5, 0.001, 0.000_5, 0]],
  ])('lets the learning rate rise in the warm-up and fall in a %s', (kind, expected) => {
    const settings = { n_epochs: 2, learning_rate: 0.001, warmup_ratio: 0.2 }
    const scheduled = { ...settings, lr_scheduler: { lr_scheduler_type: kind } }
    const rates = column(
      new StartedJob(scheduled).list(durationMs, '/metrics'),
      'train/learning_rate',
    )
    expect([2, 4, 12, 20].map((step) => rates[step - 1])).toEqual(expected)
    expect(rates[7]).toBeCloseTo(kind === 'linear' ? 0.000_75 : 0.000_853_6, 6)
  })

  it('lets the learning rate fall to its last ratio', () => {
    const lr_scheduler = { lr_scheduler_type: 'linear', lr_scheduler_args: { min_lr_ratio: 0.25 } }
    const job = new StartedJob({ learning_rate: 0.001, lr_scheduler })
    expect(job.list(durationMs, '/metrics').at(-1)).toMatchObject({
      'train/learning_rate': 0.000_25,
    })
  })

  it.each([
    ['?global_step_from=18', [18, 19, 20, 20]],
    ['?global_step_to=2', [1, 2]],
    ['?global_step_from=10&global_step_to=11', [10, 10, 11]],
    ['?global_step_from=30', []],
    ['?resolution=4', [1, 6, 10, 11, 16, 20]],
    ['?resolution=4&global_step_to=8', [1, 3, 5, 7]],
    ['?resolution=0&global_step_to=3', [1, 2, 3]],
    ['?logged_at_from=2026-01-01T00:01:26Z', [20, 20]],
    ['?logged_at_from=2026-01-01T00:01:26.001Z', []],
    ['?logged_at_to=2026-01-01T00:00:27Z', [1, 2]],
    ['?logged_at_to=2026-01-01T00:00:27.5Z', [1, 2]],
    ['?logged_at_to=2026-01-01T01:00:27%2B01:00', [1, 2]],
  ])('takes the query %s', (query, steps) => {
    const metrics = new StartedJob(evaluated).list(durationMs, `/metrics${query}`)
    expect(column(metrics, 'global_step')).toEqual(steps)
  })

  it.each([
    ['global_step_from', '-1'],
    ['global_step_to', '1.5'],
    ['resolution', 'many'],
    ['logged_at_from', 'yesterday'],
    ['logged_at_to', '2026-02-30T00:00:00Z'],
  ])('refuses %s=%s with 400', (name, value) => {
    const { status, json } = new StartedJob().reply(0, `/metrics?${name}=${value}`)
    expect(status).toBe(400)
    expect(json['error']).toMatchObject({ param: name, type: 'invalid_request_error' })
  })

  it('answers 404 for an unknown job, and for any id where the profile is lenient all of a training', () => {
    const request = get('/v1/fine-tunes/id/metrics')
    expect(send(new StartedJob().mock, request, startMs).status).toBe(404)
    const { json } = send(createLenientMock(), request, 0)
    expectSchema(json, fineTuneMetricsSchema)
    expect(json['metrics']).toHaveLength(10)
  })
})
