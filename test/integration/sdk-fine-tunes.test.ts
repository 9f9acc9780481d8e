/**
 * The official client, unmodified, against the mock over loopback: everything its `fineTuning` calls.
 */

import Together, { BadRequestError, ConflictError, NotFoundError } from 'together-ai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMockTogether, findServerProfile, type RunningMock } from '../../src/server/index.ts'

const model = 'Qwen/Qwen2.5-7B-Instruct-Turbo'
const job = { model, training_file: 'file-1', n_epochs: 2, n_checkpoints: 2 }

function createClient({ url }: RunningMock): Together {
  return new Together({ apiKey: 'My API Key', baseURL: `${url}/v1`, maxRetries: 0 })
}

/** The line at the beginning of a model's bytes, and the bytes after it. */
async function readModel(response: Response): Promise<{ head: unknown; rest: number[] }> {
  const bytes = new Uint8Array(await response.arrayBuffer())
  const end = bytes.indexOf(10)
  const head: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)))
  return { head, rest: Array.from(bytes.subarray(end + 1)) }
}

const allBytes = Array.from({ length: 256 }, (_, value) => value)

describe('jobs that are completed at once', () => {
  let mock: RunningMock
  let client: Together

  beforeAll(async () => {
    mock = await createMockTogether({ jobDurationMs: { min: 0, max: 0 } })
    client = createClient(mock)
  })

  afterAll(() => mock.close())

  it('are created, listed and retrieved', async () => {
    const { id, status } = await client.fineTuning.create({
      ...job,
      batch_size: 'max',
      training_method: { method: 'sft', train_on_inputs: 'auto' },
      lr_scheduler: { lr_scheduler_type: 'linear', lr_scheduler_args: { min_lr_ratio: 0 } },
    })
    expect(status).toBe('completed')
    const { data } = await client.fineTuning.list()
    expect(data.map((listed) => listed.id)).toContain(id)
    const whole = await client.fineTuning.retrieve(id)
    expect(whole).toMatchObject({ id, status: 'completed', epochs_completed: 2, model })
    expect(whole.events?.at(-1)?.type).toBe('job_complete')
  })

  it('tell their events, checkpoints, metrics and dataset', async () => {
    const { id } = await client.fineTuning.create(job)
    const events = await client.fineTuning.listEvents(id)
    expect(events.data[0]).toMatchObject({ object: 'fine-tune-event', type: 'job_pending' })
    const checkpoints = await client.fineTuning.listCheckpoints(id)
    expect(checkpoints.data.map(({ step, checkpoint }) => [step, checkpoint])).toEqual([
      [10, 'adapter'],
      [20, 'model'],
      [20, 'adapter'],
    ])
    const { metrics } = await client.fineTuning.listMetrics(id, {
      global_step_from: 5,
      global_step_to: 20,
      logged_at_from: '2019-12-27T18:11:19.117Z',
      resolution: 4,
    })
    expect(metrics?.map((metric) => metric['global_step'])).toEqual([5, 9, 13, 17])
    const dataset = await client.fineTuning.retrieveTokenizedDataset(id)
    expect(dataset).toMatchObject({ content_type: 'application/zstd', url: expect.any(String) })
  })

  it('send their models as bytes', async () => {
    const { id } = await client.fineTuning.create(job)
    const response = await client.fineTuning.content({ ft_id: id })
    expect(response.headers.get('content-type')).toBe('application/octet-stream')
    expect(await readModel(response)).toEqual({
      head: { path: `mock://fine-tunes/${id}/model`, step: 20, artifact: 'model' },
      rest: allBytes,
    })
    const adapter = await client.fineTuning.content({ ft_id: id, checkpoint: 'adapter' })
    expect((await readModel(adapter)).head).toMatchObject({ artifact: 'adapter' })
    const saved = await client.fineTuning.content({ ft_id: id, checkpoint_step: 10 })
    expect((await readModel(saved)).head).toMatchObject({ step: 10 })
    const wrong = client.fineTuning.content({ ft_id: id, checkpoint_step: 11 })
    await expect(wrong).rejects.toThrow(BadRequestError)
  })

  it('are not cancelled, but deleted', async () => {
    const { id } = await client.fineTuning.create(job)
    await expect(client.fineTuning.cancel(id)).rejects.toThrow(BadRequestError)
    const { message } = await client.fineTuning.delete(id, { force: true })
    expect(message).toBe('The fine-tune job is deleted.')
    await expect(client.fineTuning.retrieve(id)).rejects.toThrow(NotFoundError)
    await expect(client.fineTuning.delete(id)).rejects.toThrow(NotFoundError)
  })

  it('are estimated, previewed and bounded beforehand', async () => {
    const price = await client.fineTuning.estimatePrice({ training_file: 'file-1', model })
    expect(price).toMatchObject({ estimation_available: true, estimated_total_price: 1 })
    const preview = await client.fineTuning.preview({ model, training_file: 'file-1', top_k: 2 })
    expect(preview.rows).toHaveLength(2)
    const limits = await client.fineTuning.modelLimits({ model_name: model })
    expect(limits).toMatchObject({ model_name: model, max_num_checkpoints: 10 })
    const supported = await client.get<{ models: string[] }>('/fine-tunes/models/supported')
    expect(supported.models).toContain(model)
    const unknown = client.fineTuning.modelLimits({ model_name: 'no/body' })
    await expect(unknown).rejects.toThrow(/404.*cannot be fine-tuned/)
  })
})

describe('jobs that take their time', () => {
  it('are cancelled, have no model, and leave no room for a fourth', async () => {
    const mock = await createMockTogether({ jobDurationMs: { min: 1e6, max: 1e6 } })
    try {
      const { fineTuning } = createClient(mock)
      const { id, status } = await fineTuning.create(job)
      expect(status).toBe('pending')
      await fineTuning.create(job)
      await fineTuning.create(job)
      await expect(fineTuning.create(job)).rejects.toThrow(ConflictError)
      await expect(fineTuning.content({ ft_id: id })).rejects.toThrow(/the job is pending/)
      await expect(fineTuning.retrieveTokenizedDataset(id)).rejects.toThrow(NotFoundError)
      expect((await fineTuning.cancel(id)).status).toBe('cancelled')
      expect((await fineTuning.listEvents(id)).data.at(-1)?.type).toBe('job_stopped')
      expect((await fineTuning.create(job)).status).toBe('pending')
    } finally {
      await mock.close()
    }
  })
})

describe('the profile without limits', () => {
  it('answers what the client’s own tests ask for', async () => {
    const profile = findServerProfile('unlimited')
    if (profile === undefined) throw new Error('there is no profile "unlimited"')
    const mock = await createMockTogether({ profile })
    try {
      const { fineTuning } = createClient(mock)
      const zeros = { batch_size: 0, learning_rate: 0, n_checkpoints: 0, n_epochs: 0, n_evals: 0 }
      await fineTuning.create({ model: 'model', training_file: 'training_file', ...zeros })
      expect(await fineTuning.retrieve('id')).toMatchObject({ id: 'id', status: 'completed' })
      expect(await fineTuning.cancel('id')).toMatchObject({ id: 'id', status: 'cancelled' })
      expect((await fineTuning.listEvents('id')).data.length).toBeGreaterThan(0)
      expect((await fineTuning.listCheckpoints('id')).data.length).toBeGreaterThan(0)
      expect((await fineTuning.listMetrics('id')).metrics?.length).toBeGreaterThan(0)
      expect((await fineTuning.retrieveTokenizedDataset('id')).size).toBeGreaterThan(0)
      expect((await fineTuning.modelLimits({ model_name: 'model_name' })).model_name).toBe(
        'model_name',
      )
      const content = await fineTuning.content({
        ft_id: 'ft_id',
        checkpoint: 'merged',
        checkpoint_step: 0,
      })
      expect((await readModel(content)).rest).toEqual(allBytes)
      expect((await fineTuning.delete('id')).message).toBeDefined()
      const odd = fineTuning.delete('id', { force: true }, { path: '/_stainless_unknown_path' })
      await expect(odd).rejects.toThrow(NotFoundError)
    } finally {
      await mock.close()
    }
  })
})
