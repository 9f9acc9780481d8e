import { describe, expect, it } from 'vitest'
import { MockTogether, type MockRequest } from '../../../src/server/index.ts'

const key = 'tgp_v1_0123456789abcdef'
const headers = { authorization: `Bearer ${key}` }
const images: MockRequest = {
  method: 'POST',
  path: '/v1/images/generations',
  headers,
  body: '{"model":"black-forest-labs/FLUX.1-schnell","prompt":"grey"}',
}
const fineTune: MockRequest = {
  method: 'POST',
  path: '/v1/fine-tunes',
  headers,
  body: '{"model":"Qwen/Qwen2.5-7B-Instruct-Turbo","training_file":"file-1"}',
}

describe('MockTogether.state', () => {
  it('is empty at the start', () => {
    expect(new MockTogether().state(0)).toEqual({
      nowMs: 0,
      isoTime: '2026-01-01T00:00:00Z',
      profile: 'documented',
      enforcement: { kind: 'fixed-window', phaseMs: 0 },
      countsRefused: false,
      limits: [],
      jobs: {
        'fine-tunes': { running: 0, remembered: 0 },
        batches: { running: 0, remembered: 0 },
        'model-uploads': { running: 0, remembered: 0 },
      },
      files: { remembered: 0, bytes: 0 },
      journalLength: 0,
      totals: { requests: 0, succeeded: 0, counted: 0, refused: 0, faulted: 0, tokens: 0 },
    })
  })

  it('says who has used up which limit, and when it frees', () => {
    const mock = new MockTogether({ enforcement: { kind: 'sliding-log' } })
    for (let sent = 0; sent < 61; sent += 1) mock.handle(images, 1_000 + sent)
    const { limits, totals } = mock.state(2_000)
    expect(limits).toEqual([
      {
        limit: 'images',
        kind: 'rate',
        key: '…cdef',
        model: '',
        replica: 0,
        used: 60,
        max: 60,
        freesAtMs: 61_000,
      },
    ])
    expect(totals).toMatchObject({ requests: 61, succeeded: 60, counted: 60, refused: 1 })
    expect(mock.state(70_000).limits).toMatchObject([{ used: 0, freesAtMs: 70_000 }])
  })

  it('counts jobs and places, and tells when the first is free', () => {
    const mock = new MockTogether({ jobDurationMs: { min: 5_000, max: 5_000 } })
    const { concurrencyLimits } = mock.profile
    const max = concurrencyLimits.find(({ id }) => id === 'fine-tune-jobs')?.concurrentMax ?? 0
    mock.handle(fineTune, 100)
    expect(mock.state(100).limits).toContainEqual({
      limit: 'fine-tune-jobs',
      kind: 'places',
      key: '…cdef',
      model: '',
      replica: 0,
      used: 1,
      max,
      freesAtMs: 100,
    })
    for (let more = 1; more < max; more += 1) mock.handle(fineTune, 100 + more)
    const places = mock.state(200).limits.find(({ kind }) => kind === 'places')
    expect(places).toMatchObject({ used: max, freesAtMs: 5_100 })
    const finished = mock.state(10_000)
    expect(finished.jobs['fine-tunes']).toEqual({ running: 0, remembered: max })
    expect(finished.limits.filter(({ kind }) => kind === 'places')).toEqual([])
  })

  it('counts files and their bytes', () => {
    const mock = new MockTogether()
    const line = '{"custom_id":"a","body":{}}'
    const bytes = new TextEncoder().encode(line)
    const form = {
      fields: { purpose: 'batch-api', file_name: 'a.jsonl' },
      file: { name: 'a.jsonl', bytes },
    }
    mock.handle({ method: 'POST', path: '/v1/files/upload', headers, form }, 0)
    expect(mock.state(0).files).toEqual({ remembered: 1, bytes: line.length })
  })

  it('holds no whole key, nor does the journal where a path has one in it', () => {
    const mock = new MockTogether()
    mock.handle(images, 0)
    mock.handle(fineTune, 0)
    mock.handle({ ...images, path: `/v1/models?a=1&key=${key}&b=${key}` }, 0)
    expect(JSON.stringify(mock.state(0))).not.toContain(key)
    expect(JSON.stringify(mock.journal())).not.toContain(key)
    expect(mock.journal().at(-1)?.path).toBe('/v1/models?a=1&key=…cdef&b=…cdef')
  })

  it('leaves a path as it is where the key is as short as a word', () => {
    const mock = new MockTogether()
    mock.handle({ method: 'GET', path: '/v1/models', headers: { authorization: 'Bearer mode' } }, 0)
    mock.handle({ method: 'GET', path: '/v1/models', headers: {} }, 0)
    expect(mock.journal().map(({ path }) => path)).toEqual(['/v1/models', '/v1/models'])
  })

  it('adds up faults and tokens, and keeps them when the journal is cleared or off', () => {
    const mock = new MockTogether({ journalLengthMax: 0 })
    const faulty = { ...images, headers: { ...headers, 'x-mock-fault': '503' } }
    mock.handle(faulty, 0)
    const embeddings = { ...images, path: '/v1/embeddings' }
    mock.handle({ ...embeddings, body: '{"model":"BAAI/bge-base-en-v1.5","input":"x"}' }, 0)
    mock.clearJournal()
    const { totals } = mock.state(0)
    expect(totals).toMatchObject({ requests: 2, succeeded: 1, counted: 2, faulted: 1 })
    expect(totals.tokens).toBeGreaterThan(0)
    mock.reset()
    expect(mock.state(0).totals).toEqual(new MockTogether().state(0).totals)
  })

  it('clears the journal and nothing else', () => {
    const mock = new MockTogether()
    mock.handle(images, 0)
    mock.clearJournal()
    expect(mock.journal()).toEqual([])
    expect(mock.state(0)).toMatchObject({ journalLength: 0, limits: [{ used: 1 }] })
  })

  it('says how long an answer was held back', () => {
    const mock = new MockTogether({ latency: { min: 40, max: 40 } })
    mock.handle(images, 0)
    mock.handle({ ...images, headers: {} }, 0)
    expect(mock.journal().map(({ delayMs }) => delayMs)).toEqual([40, undefined])
  })
})
