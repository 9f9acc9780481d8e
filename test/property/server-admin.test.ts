/**
 * Whatever is asked of the admin API between whatever requests, nothing breaks, and what it shows adds up.
 */

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { serverProfiles, type JournalEntry, type MockState } from '../../src/server/index.ts'
import { readMetrics } from '../helpers/read-metrics.ts'
import { openAdmin, type AdminApp, type SeenAnswer } from '../unit/server/admin/admin-app.ts'

interface Step {
  readonly line: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

const keys = ['tgp_v1_aaaaaaaaaaaa0001', 'tgp_v1_aaaaaaaaaaaa0002']
const key = fc.constantFrom(...keys)
const windowMs = 60_000

/** Few enough of each that the limits bind. */
const smallProfile = {
  name: 'small',
  rateLimits: [
    { id: 'images', endpoints: ['images'], requestsMax: 3, windowMs },
    { id: 'both', endpoints: ['images', 'embeddings'], requestsMax: 5, windowMs },
    { id: 'tokens', endpoints: ['embeddings'], tokensMax: 20, windowMs },
  ],
  concurrencyLimits: [{ id: 'jobs', endpoint: 'fine-tunes', concurrentMax: 2, statusOver: 429 }],
} as const

const apiRequest = fc
  .tuple(
    fc.constantFrom<Step>(
      {
        line: 'POST /v1/images/generations',
        body: { model: 'black-forest-labs/FLUX.1-schnell', prompt: 'grey' },
      },
      { line: 'POST /v1/embeddings', body: { model: 'BAAI/bge-base-en-v1.5', input: 'one two' } },
      {
        line: 'POST /v1/fine-tunes',
        body: { model: 'Qwen/Qwen2.5-7B-Instruct-Turbo', training_file: 'file-1' },
      },
      { line: 'POST /v1/images/generations', body: '{' },
      { line: 'GET /v1/models' },
      { line: 'GET /v1/none' },
    ),
    key,
    fc.option(fc.constantFrom('418', '429; retry-after=3', 'malformed', 'nonsense')),
  )
  .map(([step, owner, fault]) => ({
    ...step,
    headers: {
      authorization: `Bearer ${owner}`,
      ...(fault === null ? {} : { 'x-mock-fault': fault }),
    },
  }))

const advance = fc.oneof(
  fc.constantFrom(0, 1, 59_999, 60_000, 60_001),
  fc.nat({ max: 200_000 }),
  fc.constantFrom(31_536_000_000, -1, 0.5, 1e300, '1', null),
)
const fault = fc.record(
  {
    id: fc.string({ maxLength: 8 }),
    match: fc.record(
      {
        key,
        endpoint: fc.constantFrom('images', 'embeddings', 'models'),
        nth: fc.integer({ min: 1, max: 3 }),
        nths: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
        perMille: fc.integer({ min: 0, max: 1_000 }),
      },
      { requiredKeys: [] },
    ),
    do: fc.constantFrom(
      { kind: 'status', status: 418 },
      { kind: 'status', status: 409, beforeQuota: true },
      { kind: 'delay', delayMs: 0 },
      { kind: 'malformed' },
      { kind: 'hints', say: 'none' },
    ),
  },
  { requiredKeys: ['do'] },
)
const plan = fc.oneof(
  { weight: 4, arbitrary: fc.array(fault, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.jsonValue() },
)
const profile = fc.oneof(
  fc.constantFrom<unknown>(smallProfile, ...serverProfiles.map(({ name }) => ({ name }))),
  fc.constantFrom<unknown>({ name: 'none' }, { ...smallProfile, replicas: 0 }, [], 7),
)
const filters = ['endpoint', 'status', 'model', 'key', 'refusedBy', 'fault', 'fromMs', 'toMs']
const filterValues = fc.oneof(fc.constantFrom('images', '429', '0001', '60000'), fc.string())
const query = fc
  .array(fc.tuple(fc.constantFrom(...filters, 'limit', 'other'), filterValues), { maxLength: 3 })
  .map((pairs) => new URLSearchParams(pairs).toString())

const harmless = fc.oneof(
  fc.constantFrom<Step>(
    { line: 'GET /__admin' },
    { line: 'GET /__admin/state' },
    { line: 'GET /__admin/metrics' },
    { line: 'GET /__admin/faults' },
    { line: 'GET /__admin/profile' },
    { line: 'GET /__admin/profiles' },
    { line: 'GET /__admin/clock' },
    { line: 'POST /__admin/clock/pause' },
    { line: 'POST /__admin/clock/resume' },
    { line: 'DELETE /__admin/faults' },
    { line: 'DELETE /__admin/profile' },
    { line: 'POST /__admin/none', body: '{' },
  ),
  query.map((text): Step => ({ line: `GET /__admin/journal?${text}` })),
  plan.map((body): Step => ({ line: 'PUT /__admin/faults', body })),
  advance.map((ms): Step => ({ line: 'POST /__admin/clock/advance', body: { ms } })),
)
const changing = fc.oneof(
  fc.constantFrom<Step>({ line: 'POST /__admin/reset' }, { line: 'DELETE /__admin/journal' }),
  profile.map((body): Step => ({ line: 'PUT /__admin/profile', body })),
)
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: apiRequest },
    { weight: 4, arbitrary: harmless },
    { weight: 1, arbitrary: changing },
  ),
  { maxLength: 60 },
)

describe('the admin API', () => {
  it('never breaks, shows no whole key, and adds up with what was answered', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (sequence, isPaused) => {
        const opened = openAdmin({ profile: smallProfile })
        // A fraction, so that held time has something to round.
        opened.base.advance(0.3)
        if (isPaused) opened.clock.pause()
        const record = new Answered()
        for (const step of sequence) {
          const answer = await opened.send(step.line, step.body, step.headers ?? {})
          record.add(step, answer)
          expect([step.line, answer.status]).toEqual([step.line, expect.any(Number)])
          expect(answer.status).toBeLessThan(500)
          if (step.line.includes('/__admin')) {
            for (const whole of keys) expect(answer.text).not.toContain(whole)
          }
          await expectSums(opened, record)
          if (!opened.clock.isPaused) opened.base.advance(0.7)
        }
        await opened.app.close()
      }),
      { numRuns: 100 },
    )
  })
})

/** What was answered, kept beside the mock. */
class Answered {
  /** Since the journal was cleared. */
  journalLength = 0
  /** Since the last reset. */
  statuses: number[] = []
  /** All, for the metrics. */
  requestCount = 0
  /** Since all counts last began at zero: the journal of what was before says nothing of the counters. */
  entriesBefore = 0
  hasWholeJournal = true

  add({ line }: Step, { status }: SeenAnswer): void {
    if (!line.includes('/__admin')) {
      this.journalLength += 1
      this.requestCount += 1
      this.statuses.push(status)
    }
    if (line === 'POST /__admin/reset') {
      this.statuses = []
      this.journalLength = 0
      this.entriesBefore = 0
      this.hasWholeJournal = true
    }
    if (line === 'PUT /__admin/profile' && status === 200) {
      this.entriesBefore = this.journalLength
      this.hasWholeJournal = true
    }
    if (line === 'DELETE /__admin/journal') {
      this.journalLength = 0
      this.entriesBefore = 0
      this.hasWholeJournal = false
    }
  }
}

async function expectSums({ send }: AdminApp, record: Answered): Promise<void> {
  const state: MockState = (await send('GET /__admin/state')).json
  const entries: JournalEntry[] = (await send('GET /__admin/journal')).json.entries
  expect([state.journalLength, entries.length]).toEqual([
    record.journalLength,
    record.journalLength,
  ])
  expect(state.totals).toMatchObject({
    requests: record.statuses.length,
    succeeded: record.statuses.filter((status) => status < 300).length,
  })
  const metrics = readMetrics((await send('GET /__admin/metrics')).text)
  expect(metrics.get('mock_together_delivery_delay_seconds_count')).toBe(record.requestCount)
  if (state.profile === 'small' && record.hasWholeJournal) {
    expectCounts(state, entries.slice(record.entriesBefore))
  }
}

/** The counters hold what the journal says was counted in this window. */
function expectCounts({ limits, nowMs }: MockState, entries: readonly JournalEntry[]): void {
  const fromMs = Math.floor(nowMs / windowMs) * windowMs
  const present = entries.filter(({ atMs }) => atMs >= fromMs)
  for (const { kind, limit, key: end, used, max, freesAtMs } of limits) {
    expect(used).toBeLessThanOrEqual(max)
    expect(freesAtMs).toEqual(used < max ? nowMs : expect.any(Number))
    if (kind !== 'rate') continue
    if (used === max) expect(freesAtMs).toBe(fromMs + windowMs)
    const counted = present.filter((entry) => entry.key === end && entry.countedIn?.includes(limit))
    // Of tokens the journal tells only where there was an answer; what was reserved for it is the server's affair.
    if (limit !== 'tokens') expect([limit, used]).toEqual([limit, counted.length])
  }
}
