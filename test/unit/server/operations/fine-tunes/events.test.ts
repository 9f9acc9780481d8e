import { describe, expect, it } from 'vitest'
import { expectSchema } from '../../../../helpers/expect-schema.ts'
import { fineTuneEventsSchema } from '../../../../helpers/response-schemas/fine-tunes.ts'
import { get } from '../../mock-request.ts'
import { asText, createLenientMock, durationMs, send, StartedJob, startMs } from './started-job.ts'

const life = [
  [0, 'job_pending'],
  [15_000, 'job_start'],
  [15_000, 'model_downloading'],
  [17_000, 'model_download_complete'],
  [17_000, 'training_data_downloading'],
  [19_000, 'training_data_download_complete'],
  [20_000, 'training_start'],
  [85_000, 'epoch_complete'],
  [85_000, 'training_complete'],
  [85_000, 'model_compressing'],
  [92_000, 'model_compression_complete'],
  [92_000, 'model_uploading'],
  [100_000, 'model_upload_complete'],
  [100_000, 'job_complete'],
] as const

function typesAt(job: StartedJob, lifeMs: number): unknown[] {
  return job.list(lifeMs, '/events').map(({ type }) => type)
}

describe('GET /v1/fine-tunes/{id}/events', () => {
  it('shows each event from its instant on', () => {
    const job = new StartedJob()
    for (const lifeMs of new Set(life.map(([atMs]) => atMs))) {
      const before = life.filter(([atMs]) => atMs < lifeMs).map(([, type]) => type)
      const upTo = life.filter(([atMs]) => atMs <= lifeMs).map(([, type]) => type)
      if (lifeMs > 0) expect(typesAt(job, lifeMs - 1)).toEqual(before)
      expect(typesAt(job, lifeMs)).toEqual(upTo)
    }
  })

  it('has every required field in every event, and their instants', () => {
    const job = new StartedJob({ validation_file: 'file-2', n_epochs: 2, n_checkpoints: 3 })
    const json = job.ask(durationMs, '/events')
    expectSchema(json, fineTuneEventsSchema)
    const events = job.list(durationMs, '/events')
    const times = events.map(({ created_at: time }) => asText(time))
    expect(times).toEqual(times.toSorted())
    expect(new Set(events.map(({ level }) => level))).toEqual(new Set(['info']))
    expect(JSON.stringify(events)).not.toContain('null')
  })

  it('tells steps, tokens and places of what is saved', () => {
    const job = new StartedJob({
      n_epochs: 2,
      n_checkpoints: 2,
      wandb_api_key: 'k',
      validation_file: 'v',
    })
    const events = job.list(durationMs, '/events')
    const found = (type: string) => events.filter((event) => asText(event['type']) === type)
    expect(found('epoch_complete')).toMatchObject([
      { step: 10, total_steps: 20, token_count: 10_240, created_at: '2026-01-01T00:00:53Z' },
      { step: 20, created_at: '2026-01-01T00:01:26Z' },
    ])
    expect(found('checkpoint_save')).toMatchObject([
      { step: 10, checkpoint_path: `mock://fine-tunes/${job.id}/step-10` },
    ])
    expect(found('job_complete')).toMatchObject([
      { model_path: `mock://fine-tunes/${job.id}/model` },
    ])
    expect(found('wandb_init')).toHaveLength(1)
    expect(found('validation_data_download_complete')).toHaveLength(1)
  })

  it('ends with the cancellation, at its instant', () => {
    const job = new StartedJob()
    const before = job.list(17_000, '/events')
    job.cancel(17_000)
    const after = job.list(durationMs, '/events')
    expect(after.slice(0, before.length)).toEqual(before)
    expect(after.slice(before.length)).toMatchObject([
      { type: 'cancel_requested', created_at: '2026-01-01T00:00:18Z' },
      { type: 'job_stopped', created_at: '2026-01-01T00:00:18Z' },
    ])
  })

  it('are those of the retrieved job', () => {
    const job = new StartedJob()
    for (const lifeMs of [0, 50_000, durationMs]) {
      expect(job.ask(lifeMs)['events']).toEqual(job.ask(lifeMs, '/events')['data'])
    }
  })

  it('answers 404 for an unknown job, and for any id where the profile is lenient all of a life', () => {
    expect(send(new StartedJob().mock, get('/v1/fine-tunes/id/events'), startMs).status).toBe(404)
    const { json } = send(createLenientMock(), get('/v1/fine-tunes/id/events'), 0)
    expectSchema(json, fineTuneEventsSchema)
    expect(json['data']).toHaveLength(life.length)
  })
})
