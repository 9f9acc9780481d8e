import { afterEach, describe, expect, it } from 'vitest'
import { register } from 'prom-client'
import { NamedSums, OTHERS, RequestTally } from '../../../../src/server/admin/request-tally.ts'
import { registerAdmin } from '../../../../src/server/admin/register-admin.ts'
import { createMockApp } from '../../../../src/server/http/app.ts'
import {
  MockTogether,
  type JournalEntry,
  type MockTogetherOptions,
} from '../../../../src/server/index.ts'
import { MockClock } from '../../../../src/server/mock-clock.ts'
import { readMetrics } from '../../../helpers/read-metrics.ts'
import { VirtualClock } from '../../../helpers/virtual-clock.ts'
import { key, openAdmin, sendImage, type AdminApp } from './admin-app.ts'

let opened: AdminApp

afterEach(() => opened.app.close())

function open(options: MockTogetherOptions = {}): AdminApp {
  opened = openAdmin(options)
  return opened
}

async function scrape({ send }: AdminApp): Promise<Map<string, number>> {
  const { status, headers, text } = await send('GET /__admin/metrics')
  expect(status).toBe(200)
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
  return readMetrics(text)
}

const fineTune = { model: 'Qwen/Qwen2.5-7B-Instruct-Turbo', training_file: 'file-1' }
const headers = { authorization: `Bearer ${key}` }

describe('GET /__admin/metrics', () => {
  it('counts what came before anybody asked, and what comes after', async () => {
    const { send, base } = open()
    for (let sent = 0; sent < 61; sent += 1) await sendImage(opened)
    await send('POST /v1/fine-tunes', fineTune, headers)
    await send('GET /nothing')
    const late = sendImage(opened, { 'x-mock-fault': 'delay=1500', authorization: 'Bearer other' })
    await expect.poll(() => base.timerCount).toBe(1)
    base.advance(1_500)
    await late
    const embeddings = { model: 'BAAI/bge-base-en-v1.5', input: 'x' }
    await send('POST /v1/embeddings', embeddings, headers)
    const tokens = opened.mock.journal().at(-1)?.tokens
    expect(tokens).toBeGreaterThan(0)
    const metrics = await scrape(opened)
    expect(Object.fromEntries(metrics)).toMatchObject({
      'mock_together_requests_total{endpoint="images",status="200"}': 61,
      'mock_together_requests_total{endpoint="images",status="429"}': 1,
      'mock_together_requests_total{endpoint="none",status="404"}': 1,
      'mock_together_refusals_total{limit="images"}': 1,
      'mock_together_faults_total{fault="x-mock-fault"}': 1,
      'mock_together_tokens_total{endpoint="embeddings"}': tokens,
      'mock_together_running_jobs{kind="fine-tunes"}': 1,
      'mock_together_running_jobs{kind="batches"}': 0,
      mock_together_journal_length: 65,
      'mock_together_delivery_delay_seconds_bucket{le="0.001"}': 64,
      'mock_together_delivery_delay_seconds_bucket{le="1"}': 64,
      'mock_together_delivery_delay_seconds_bucket{le="2.5"}': 65,
      'mock_together_delivery_delay_seconds_bucket{le="+Inf"}': 65,
      mock_together_delivery_delay_seconds_sum: 1.5,
      mock_together_delivery_delay_seconds_count: 65,
    })
    await send('GET /nothing')
    const name = 'mock_together_requests_total{endpoint="none",status="404"}'
    expect((await scrape(opened)).get(name)).toBe(2)
  })

  it('never goes back, also where the mock begins anew', async () => {
    const { send } = open()
    await sendImage(opened)
    await send('POST /__admin/reset')
    const metrics = await scrape(opened)
    expect(metrics.get('mock_together_requests_total{endpoint="images",status="200"}')).toBe(1)
    expect(metrics.get('mock_together_journal_length')).toBe(0)
  })

  it('escapes names', async () => {
    open({ faults: [{ id: 'a"b\\c\nd', do: { kind: 'delay', delayMs: 0 } }] })
    await sendImage(opened)
    expect((await scrape(opened)).get('mock_together_faults_total{fault="a\\"b\\\\c\\nd"}')).toBe(1)
  })

  it('leaves the global registry alone', async () => {
    await scrape(open())
    expect(register.getMetricsAsArray()).toEqual([])
  })

  it('says with 501 what is missing', async () => {
    opened = openAdmin({}, { loadPromClient: () => Promise.reject(new Error('no such module')) })
    const { status, json } = await opened.send('GET /__admin/metrics')
    expect([status, json.error.message]).toEqual([501, 'needs prom-client: npm i prom-client'])
    expect((await opened.send('GET /__admin/state')).status).toBe(200)
  })

  it('joins whoever listens to the requests already', async () => {
    const clock = new MockClock(new VirtualClock())
    const mock = new MockTogether()
    const seen: JournalEntry[] = []
    mock.onRequest = (entry) => seen.push(entry)
    opened = open()
    registerAdmin(createMockApp(mock, { clock }), { mock, clock, access: 'loopback' })
    mock.handle({ method: 'GET', path: '/v1/models', headers: {} }, 0)
    expect(seen).toMatchObject([{ status: 401 }])
  })
})

describe('RequestTally', () => {
  it('bounds the names of faults and limits, and their length', () => {
    const sums = new NamedSums()
    for (let index = 0; index < 150; index += 1) sums.add(`fault-${index}`, 1)
    sums.add('fault-0', 5)
    sums.add('x'.repeat(5_000), 1)
    const entries = new Map(sums.entries())
    expect(entries.size).toBe(101)
    expect([entries.get('fault-0'), entries.get(OTHERS)]).toEqual([6, 51])
    const long = new NamedSums()
    for (let index = 0; index < 3; index += 1) long.add('x'.repeat(5_000), 1)
    expect([...long.entries()]).toEqual([['x'.repeat(100), 3]])
  })

  it('puts a delay into the bucket whose bound it reaches', () => {
    const tally = new RequestTally()
    const entry = { status: 200 } as JournalEntry
    for (const delayMs of [0, 1, 1.1, 60_000, 60_001]) tally.add({ ...entry, delayMs })
    expect(tally.delayCounts).toEqual([2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1])
  })
})
