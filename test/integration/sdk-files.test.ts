/**
 * The official client, unmodified, with files and batches against the mock over loopback.
 *
 * Its `files.upload` needs two things here. It reads its base address from the environment once, when it is loaded. And on
 * Node 20 its ESM build cannot find `extname`, and its PUT lacks `duplex: 'half'`, which Node's fetch asks for: so the
 * CommonJS build is loaded, and the global fetch adds the word.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Together from 'together-ai'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createMockTogether, type RunningMock } from '../../src/server/index.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const chatModel = 'Qwen/Qwen2.5-7B-Instruct-Turbo'
const chatEndpoint = '/v1/chat/completions' as const
const folder = mkdtempSync(join(tmpdir(), 'sdk-files-'))
const clock = new VirtualClock()
const nodeFetch = globalThis.fetch

let mock: RunningMock
let client: Together

beforeAll(async () => {
  mock = await createMockTogether({
    clock,
    batchDurationMs: { min: 60_000, max: 60_000 },
    faults: [{ match: { key: 'failing' }, do: { kind: 'batch', failPerMille: 1_000 } }],
  })
  vi.stubEnv('TOGETHER_API_BASE_URL', `${mock.url}/v1`)
  vi.stubGlobal('fetch', (input: string, init?: RequestInit) =>
    nodeFetch(input, init?.method === 'PUT' ? Object.assign(init, { duplex: 'half' }) : init),
  )
  client = createClient('My API Key')
})

afterAll(async () => {
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
  await mock.close()
})

function createClient(apiKey: string): Together {
  const require = createRequire(import.meta.url)
  const { Together: Client } = require('together-ai') as { Together: typeof Together }
  return new Client({ apiKey, baseURL: `${mock.url}/v1`, maxRetries: 0 })
}

/** Writes lines of JSON to a file and returns its path. */
function write(name: string, lines: readonly object[]): string {
  const path = join(folder, name)
  writeFileSync(path, lines.map((line) => JSON.stringify(line)).join('\n'))
  return path
}

function batchLines(count: number): readonly object[] {
  const messages = [{ role: 'user', content: 'Say nothing.' }]
  return Array.from({ length: count }, (_, index) => ({
    custom_id: `id-${index}`,
    body: { model: chatModel, messages },
  }))
}

async function contentOf(id: string | undefined): Promise<readonly { custom_id: string }[]> {
  const text = await (await client.files.content(id ?? '')).text()
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { custom_id: string })
}

describe('files', () => {
  it('are uploaded with the client’s own check, listed, read and deleted', async () => {
    const lines = [{ text: 'one' }, { text: 'two' }]
    const file = await client.files.upload(write('train.jsonl', lines), 'fine-tune')
    expect(file).toMatchObject({ object: 'file', purpose: 'fine-tune', Processed: true })
    expect((await client.files.list()).data.map(({ id }) => id)).toContain(file.id)
    expect(await client.files.retrieve(file.id)).toEqual(file)
    expect(await contentOf(file.id)).toEqual(lines)
    expect(await client.files.delete(file.id)).toEqual({ id: file.id, deleted: true })
    await expect(client.files.retrieve(file.id)).rejects.toMatchObject({ status: 404 })
  })

  it('are larger than a request body may be elsewhere', async () => {
    const text = 'x'.repeat(1_000_000)
    const path = write(
      'large.jsonl',
      Array.from({ length: 20 }, () => ({ text })),
    )
    expect((await client.files.upload(path, 'eval', false)).bytes).toBeGreaterThan(20_000_000)
  })

  it('are refused to a key that is none', async () => {
    const path = write('a.jsonl', [{ text: 'a' }])
    await expect(createClient('').files.upload(path, 'eval', false)).rejects.toMatchObject({
      message: 'failed to upload file',
    })
  })
})

describe('batches', () => {
  it('run from an uploaded file to their output', async () => {
    const file = await client.files.upload(write('batch.jsonl', batchLines(20)), 'batch-api', false)
    const { job } = await client.batches.create({
      endpoint: chatEndpoint,
      input_file_id: file.id,
    })
    const id = job?.id ?? ''
    expect(job).toMatchObject({ status: 'VALIDATING', input_file_id: file.id })
    clock.advance(30_000)
    expect(await client.batches.retrieve(id)).toMatchObject({ status: 'IN_PROGRESS' })
    clock.advance(30_000)
    const done = await client.batches.retrieve(id)
    expect(done).toMatchObject({ status: 'COMPLETED', progress: 100 })
    const output = await contentOf(done.output_file_id)
    expect(output.map((line) => line.custom_id).toSorted()).toEqual(
      Array.from({ length: 20 }, (_, index) => `id-${index}`).toSorted(),
    )
    expect((await client.batches.list()).map((batch) => batch.id)).toContain(id)
  })

  it('are cancelled', async () => {
    const file = await client.files.upload(write('c.jsonl', batchLines(2)), 'batch-api', false)
    const body = { endpoint: chatEndpoint, input_file_id: file.id }
    const { job } = await client.batches.create(body)
    expect(await client.batches.cancel(job?.id ?? '')).toMatchObject({ status: 'CANCELLED' })
  })

  it('fail line by line where the plan says so', async () => {
    const failing = createClient('failing')
    const path = write('f.jsonl', batchLines(3))
    const file = await failing.files.upload(path, 'batch-api', false)
    const body = { endpoint: chatEndpoint, input_file_id: file.id }
    const { job } = await failing.batches.create(body)
    clock.advance(60_000)
    const done = await failing.batches.retrieve(job?.id ?? '')
    expect(done.output_file_id).toBeUndefined()
    const errors = await (await failing.files.content(done.error_file_id ?? '')).text()
    expect(errors.match(/server_error/g)).toHaveLength(3)
  })

  it('are refused with a file of 101 requests', async () => {
    const path = write('l.jsonl', batchLines(101))
    const file = await client.files.upload(path, 'batch-api', false)
    const body = { endpoint: chatEndpoint, input_file_id: file.id }
    await expect(client.batches.create(body)).rejects.toMatchObject({
      status: 400,
      error: { error: 'a batch has at most 100 requests, this file has more' },
    })
  })
})
