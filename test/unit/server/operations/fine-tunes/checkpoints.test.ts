import { describe, expect, it } from 'vitest'
import { expectSchema } from '../../../../helpers/expect-schema.ts'
import { fineTuneCheckpointsSchema } from '../../../../helpers/response-schemas/fine-tunes.ts'
import { get } from '../../mock-request.ts'
import { createLenientMock, durationMs, send, StartedJob, startMs } from './started-job.ts'

const full = { training_type: { type: 'Full' } }

describe('GET /v1/fine-tunes/{id}/checkpoints', () => {
  it('shows saved steps as they are done, and the final versions at the end', () => {
    const job = new StartedJob({ n_checkpoints: 2 })
    const steps = (lifeMs: number) =>
      job.list(lifeMs, '/checkpoints').map(({ step, checkpoint }) => [step, checkpoint])
    expect(steps(52_499)).toEqual([])
    expect(steps(52_500)).toEqual([[5, 'adapter']])
    expect(steps(99_999)).toEqual([[5, 'adapter']])
    expect(steps(100_000)).toEqual([
      [5, 'adapter'],
      [10, 'model'],
      [10, 'adapter'],
    ])
  })

  it('answers in the documented shape', () => {
    const job = new StartedJob({ n_checkpoints: 10 })
    const json = job.ask(durationMs, '/checkpoints')
    expectSchema(json, fineTuneCheckpointsSchema)
    expect(json['data']).toHaveLength(11)
    expect(json['data']?.[10]).toEqual({
      checkpoint_type: 'Final adapter (step 10)',
      checkpoint: 'adapter',
      step: 10,
      path: `mock://fine-tunes/${job.id}/adapter`,
      created_at: '2026-01-01T00:01:41Z',
    })
  })

  it('has one final version of a whole model', () => {
    const job = new StartedJob({ ...full, n_checkpoints: 2 })
    expect(job.list(durationMs, '/checkpoints')).toMatchObject([
      { checkpoint_type: 'Intermediate (step 5)', checkpoint: 'model' },
      { checkpoint_type: 'Final (step 10)', checkpoint: 'model' },
    ])
  })

  it('keeps what was saved before a cancellation', () => {
    const job = new StartedJob({ n_checkpoints: 2 })
    job.cancel(60_000)
    expect(job.list(durationMs, '/checkpoints')).toMatchObject([{ step: 5 }])
  })

  it('answers 404 for an unknown job', () => {
    const { mock } = new StartedJob()
    expect(send(mock, get('/v1/fine-tunes/id/checkpoints'), startMs).status).toBe(404)
  })
})

function download({ mock, id }: StartedJob, lifeMs: number, query = '') {
  return mock.handle(get(`/v1/finetune/download?ft_id=${id}${query}`), startMs + lifeMs)
}

function headOf(job: StartedJob, lifeMs: number, query: string): unknown {
  const { status, bytes = new Uint8Array() } = download(job, lifeMs, query)
  expect(status).toBe(200)
  return JSON.parse(new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(10))))
}

function refusalOf(job: StartedJob, lifeMs: number, query: string): unknown {
  const { status, body, bytes } = download(job, lifeMs, query)
  expect([status, bytes]).toEqual([400, undefined])
  const { message, param } = JSON.parse(body).error
  return [param, message]
}

describe('GET /v1/finetune/download', () => {
  it('sends every byte there is', () => {
    const { headers, body, bytes = new Uint8Array() } = download(new StartedJob(), durationMs)
    expect(headers['content-type']).toBe('application/octet-stream')
    expect(body).toBe('')
    expect(Array.from(bytes.subarray(-256))).toEqual(
      Array.from({ length: 256 }, (_, value) => value),
    )
  })

  it.each([
    ['', 'model', 10],
    ['&checkpoint=merged', 'model', 10],
    ['&checkpoint=model_output_path', 'model', 10],
    ['&checkpoint=adapter', 'adapter', 10],
    ['&checkpoint=adapter&checkpoint_step=0', 'adapter', 10],
    ['&checkpoint=merged&checkpoint_step=5', 'adapter', 5],
    ['&checkpoint_step=10', 'model', 10],
  ])('takes the query %j', (query, artifact, step) => {
    const job = new StartedJob({ n_checkpoints: 2 })
    expect(headOf(job, durationMs, query)).toMatchObject({ artifact, step })
  })

  it('sends a saved step of a job that is not finished, or never will be', () => {
    const job = new StartedJob({ n_checkpoints: 2 })
    expect(headOf(job, 60_000, '&checkpoint_step=5')).toMatchObject({ step: 5 })
    job.cancel(70_000)
    expect(headOf(job, 80_000, '&checkpoint_step=5')).toMatchObject({ step: 5 })
    expect(refusalOf(job, 80_000, '')).toEqual([
      'ft_id',
      'the job is cancelled; its model is there once it is completed',
    ])
  })

  it.each([
    [99_999, '', 'ft_id', 'the job is uploading; its model is there once it is completed'],
    [
      durationMs,
      '&checkpoint=all',
      'checkpoint',
      'checkpoint must be one of merged, adapter, model_output_path',
    ],
    [
      durationMs,
      '&checkpoint_step=x',
      'checkpoint_step',
      'checkpoint_step must be a whole number of at least 0',
    ],
    [
      durationMs,
      '&checkpoint_step=-1',
      'checkpoint_step',
      'checkpoint_step must be a whole number of at least 0',
    ],
    [
      0,
      '&checkpoint_step=5',
      'checkpoint_step',
      'no checkpoint is saved for this step; saved are: none yet',
    ],
    [
      durationMs,
      '&checkpoint_step=6',
      'checkpoint_step',
      'no checkpoint is saved for this step; saved are: 5, 10',
    ],
  ])('refuses with 400 after %d ms: %j', (lifeMs, query, param, message) => {
    expect(refusalOf(new StartedJob({ n_checkpoints: 2 }), lifeMs, query)).toEqual([param, message])
  })

  it('knows no adapter of a whole model', () => {
    const job = new StartedJob(full)
    expect(headOf(job, durationMs, '&checkpoint=merged')).toMatchObject({ artifact: 'model' })
    expect(refusalOf(job, durationMs, '&checkpoint=adapter')).toEqual([
      'checkpoint',
      'a full training has no adapter',
    ])
  })

  it('asks for an id, and answers 404 for an unknown one', () => {
    const { mock } = new StartedJob()
    const missing = send(mock, get('/v1/finetune/download'), startMs)
    expect(missing).toMatchObject({ status: 400, json: { error: { param: 'ft_id' } } })
    const unknown = send(mock, get('/v1/finetune/download?ft_id=ft-none'), startMs)
    expect(unknown).toMatchObject({ status: 404, json: { error: { code: 'job_not_found' } } })
  })

  it('sends something for any id where the profile is lenient', () => {
    const path = '/v1/finetune/download?ft_id=ft_id&checkpoint=merged&checkpoint_step=0'
    const { status, bytes } = createLenientMock().handle(get(path), 0)
    expect([status, (bytes ?? []).length > 256]).toEqual([200, true])
  })
})
