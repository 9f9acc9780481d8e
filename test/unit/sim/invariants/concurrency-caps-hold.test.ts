import { describe, expect, it } from 'vitest'
import { concurrencyCapsHold } from '../../../../sim/invariants/concurrency-caps-hold.ts'
import type { AttemptRecord, CallRecord } from '../../../../sim/world/record.ts'
import { makeScenario, RunBuilder } from '../../../helpers/run-record.ts'

const { settings } = makeScenario()
const nothing = { checks: 0, violations: [] }

function refusal(refusedBy: string): Partial<AttemptRecord> {
  return { status: 409, refusedBy, counted: false }
}

describe('concurrency-caps-hold for jobs', () => {
  it('holds while the server has a place for each', () => {
    const run = new RunBuilder()
    for (let job = 0; job < 3; job += 1) run.attempt(run.call(0, { endpoint: 'fine-tunes' }), job)
    expect(concurrencyCapsHold.judge(run.build())).toEqual({ checks: 3, violations: [] })
  })

  it('names the job that is one too many', () => {
    const run = new RunBuilder()
    for (let job = 0; job < 3; job += 1) run.attempt(run.call(0, { endpoint: 'fine-tunes' }), job)
    run.attempt(run.call(0, { endpoint: 'fine-tunes' }), 3, refusal('fine-tune-jobs'))
    expect(concurrencyCapsHold.judge(run.build())).toEqual({
      checks: 4,
      violations: [{ atMs: 53, message: expect.stringContaining('c3/1') }],
    })
  })

  it('does not blame a process for the jobs of the one before it', () => {
    const run = new RunBuilder({ scenario: { restarts: [{ atMs: 5, initialUsage: 1 }] } })
    run.attempt(run.call(0, { endpoint: 'fine-tunes' }), 3, refusal('fine-tune-jobs'))
    expect(concurrencyCapsHold.judge(run.build())).toEqual(nothing)
  })

  it('does not blame a conflict that the fault plan made up', () => {
    const run = new RunBuilder()
    const call = run.call(0, { endpoint: 'fine-tunes' })
    run.attempt(call, 0, { status: 409, fault: 'conflict', counted: false })
    expect(concurrencyCapsHold.judge(run.build())).toEqual({ checks: 1, violations: [] })
  })

  it.each<[string, Partial<CallRecord>, Partial<AttemptRecord>]>([
    ['is lost', {}, { status: undefined, headersAtMs: undefined, whole: false }],
    ['is cut', {}, { whole: false }],
    ['comes after an abort', { abortedAtMs: 50 }, {}],
  ])('blames nobody once an answer %s: the job may run unseen', (_case, changes, answer) => {
    const run = new RunBuilder()
    run.attempt(run.call(0, { endpoint: 'fine-tunes', ...changes }), 0, answer)
    run.attempt(run.call(0, { endpoint: 'fine-tunes' }), 200, refusal('fine-tune-jobs'))
    expect(concurrencyCapsHold.judge(run.build())).toEqual(nothing)
  })

  it('still judges batches when a fine-tune may run unseen', () => {
    const run = new RunBuilder()
    run.lost(run.call(0, { endpoint: 'fine-tunes' }), 0)
    run.attempt(run.call(0, { endpoint: 'batches' }), 200, refusal('batches'))
    expect(concurrencyCapsHold.judge(run.build()).violations).toHaveLength(1)
  })
})

describe('concurrency-caps-hold for requests', () => {
  const capped = { scenario: { settings: { ...settings, concurrencyMax: 2 } } }

  it('holds where one begins in the instant in which another ends', () => {
    const run = new RunBuilder(capped)
    run.attempt(run.call(), 0)
    run.attempt(run.call(), 0)
    run.attempt(run.call(), 100)
    expect(concurrencyCapsHold.judge(run.build())).toEqual({ checks: 3, violations: [] })
  })

  it('names the instant at which there is one too many', () => {
    const run = new RunBuilder(capped)
    run.attempt(run.call(), 0)
    run.attempt(run.call(), 0)
    run.attempt(run.call(), 99)
    const { violations } = concurrencyCapsHold.judge(run.build())
    expect(violations).toEqual([{ atMs: 99, message: expect.stringContaining('3 requests') }])
  })

  it('takes a place as free when the headers are here, or when the attempt is over without', () => {
    const run = new RunBuilder(capped)
    run.attempt(run.call(), 0, { headersAtMs: 50, endedAtMs: 5_000 })
    run.lost(run.call(), 0, 60)
    run.attempt(run.call(), 60)
    run.attempt(run.call(), 60)
    expect(concurrencyCapsHold.judge(run.build()).violations).toEqual([])
  })

  it('counts a request that never ends for ever', () => {
    const run = new RunBuilder({ scenario: { settings: { ...settings, concurrencyMax: 1 } } })
    run.attempt(run.call(), 0, { headersAtMs: undefined, endedAtMs: undefined })
    run.attempt(run.call(), 1e6)
    expect(concurrencyCapsHold.judge(run.build()).violations).toHaveLength(1)
  })

  it('tells violations of both kinds in the order of time', () => {
    const run = new RunBuilder({ scenario: { settings: { ...settings, concurrencyMax: 1 } } })
    run.attempt(run.call(), 0)
    run.attempt(run.call(), 1)
    run.attempt(run.call(0, { endpoint: 'batches' }), 500, refusal('batches'))
    const times = concurrencyCapsHold.judge(run.build()).violations.map(({ atMs }) => atMs)
    expect(times).toEqual([1, 550])
  })

  it('counts each process for itself', () => {
    const run = new RunBuilder(capped)
    for (const process of [1, 1, 2, 2]) run.attempt(run.call(0, { process }), 0)
    const record = run.build()
    record.processes = 2
    expect(concurrencyCapsHold.judge(record)).toEqual({ checks: 4, violations: [] })
  })

  it('counts nothing that is not limited', () => {
    const run = new RunBuilder(capped)
    for (let count = 0; count < 3; count += 1) run.attempt(run.call(0, { endpoint: 'other' }), 0)
    expect(concurrencyCapsHold.judge(run.build())).toEqual(nothing)
  })

  it.each([
    ['no cap is set', new RunBuilder()],
    ['the limiter is not ours', new RunBuilder({ ...capped, traits: { shippedLimiter: false } })],
    ['the retry is not ours', new RunBuilder({ ...capped, traits: { shippedRetry: false } })],
  ])('judges nothing where %s', (_case, run) => {
    for (let count = 0; count < 3; count += 1) run.attempt(run.call(), 0)
    expect(concurrencyCapsHold.judge(run.build())).toEqual(nothing)
  })
})
