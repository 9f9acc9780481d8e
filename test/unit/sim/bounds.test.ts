import { describe, expect, it } from 'vitest'
import { calmFromMs, drainedByMs, recoveryBoundMs } from '../../../sim/bounds.ts'
import { makeScenario, RunBuilder } from '../../helpers/run-record.ts'

const { settings } = makeScenario()
// 60 s for a wait, 30 s for an attempt, 5 s for an arrival, five windows.
const usualMs = 60_000 + 30_000 + 5_000 + 300_000

describe('recoveryBoundMs', () => {
  it('is the usual wait, a timeout, the arrival bound and five windows', () => {
    expect(recoveryBoundMs(new RunBuilder().build())).toBe(usualMs)
  })

  it('takes a minute for the timeout of the bare contract', () => {
    const run = new RunBuilder({ scenario: { interface: 'contract', arrivalBoundMs: 1_000 } })
    expect(recoveryBoundMs(run.build())).toBe(60_000 + 60_000 + 1_000 + 300_000)
  })

  it('takes the longest wait that was named where it is longer than a minute', () => {
    const run = new RunBuilder()
    for (const seconds of ['30', '200', '90']) {
      run.attempt(run.call(), 0, { status: 429, hints: { 'retry-after': seconds } })
    }
    expect(recoveryBoundMs(run.build())).toBe(usualMs + 140_000)
  })

  it('stays a number when a date is none', () => {
    const run = new RunBuilder()
    const hints = { 'retry-after': 'Mon, 99 Jan 2026 00:00:00 GMT' }
    run.attempt(run.call(), 0, { status: 503, hints })
    expect(recoveryBoundMs(run.build())).toBe(usualMs)
  })
})

describe('calmFromMs', () => {
  it('is when faults are over and the last call has begun', () => {
    const run = new RunBuilder({ scenario: { faultsEndMs: 5_000 } })
    expect(calmFromMs(run.build())).toBe(5_000)
    run.call(4_000)
    run.call(9_000)
    expect(calmFromMs(run.build())).toBe(9_000)
  })
})

describe('drainedByMs', () => {
  it('adds each unsettled call’s share of its tightest quota', () => {
    const run = new RunBuilder({ scenario: { faultsEndMs: 10_000 } })
    run.acquire(0)
    run.attempt(run.call(0, { settledAtMs: 10_000 }), 0)
    run.attempt(run.call(0, { settledAtMs: 10_001 }), 0)
    run.attempt(run.call(0, { endpoint: 'embeddings', settledAtMs: undefined }), 0)
    const shareMs = 60_100 / (0.95 * 600) + 60_100 / (0.95 * 300)
    expect(drainedByMs(run.build())).toBeCloseTo(10_000 + usualMs + shareMs, 6)
  })

  it.each([
    ['tier-free', 'chat', undefined, 30],
    ['tier-5', 'chat', 'simulated/chat', 3_000],
    ['tier-5', 'embeddings', undefined, 5_000],
    ['tier-2', 'chat', 'deepseek-ai/DeepSeek-R1', 30],
    ['dynamic', 'chat', undefined, 30],
  ] as const)('takes half of what %s allows for %s of %s', (profile, endpoint, model, half) => {
    const run = new RunBuilder({ scenario: { faultsEndMs: 10_000, profile } })
    run.acquire(0)
    run.attempt(run.call(0, { endpoint, model, settledAtMs: undefined }), 0)
    const shareMs = 60_100 / (0.95 * half)
    expect(drainedByMs(run.build())).toBeCloseTo(10_000 + usualMs + shareMs, 6)
  })

  it('takes half of the quota where answers go on saying that nothing is left', () => {
    const lie = { perMille: 50, headers: {}, tightens: true }
    const drained = (toMs: number): number => {
      const scenario = { faultsEndMs: 10_000, lies: [{ ...lie, toMs }] }
      const run = new RunBuilder({ scenario })
      run.acquire(0)
      run.attempt(run.call(0, { settledAtMs: 10_001 }), 0)
      return drainedByMs(run.build())
    }
    expect(drained(10_001)).toBeCloseTo(10_000 + usualMs + 60_100 / (0.95 * 300), 6)
    expect(drained(10_000)).toBeCloseTo(10_000 + usualMs + 60_100 / (0.95 * 600), 6)
  })

  it('takes the bound for the hold where nobody releases', () => {
    const run = new RunBuilder()
    run.acquire(0, { released: false })
    run.attempt(run.call(), 0)
    expect(drainedByMs(run.build())).toBeCloseTo(usualMs + 65_000 / (0.95 * 600), 6)
  })

  it('gives jobs the time that they run, since they wait for places and not for a quota', () => {
    const run = new RunBuilder({ scenario: { jobDurationMs: { minMs: 1, maxMs: 20_000 } } })
    run.attempt(run.call(0, { endpoint: 'fine-tunes' }), 0)
    expect(drainedByMs(run.build())).toBe(usualMs + 80_000)
  })

  it('gives the time that few places take where they are tighter than the quota', () => {
    // As in seed 1445: seven places, answers after seconds; the quota alone would have it drained in a third of the time.
    const scenario = { settings: { ...settings, concurrencyMax: 2 } }
    const run = new RunBuilder({ scenario })
    run.acquire(0)
    run.attempt(run.call(0, { settledAtMs: 9_000 }), 0, { headersAtMs: 8_000 })
    run.lost(run.call(0, { settledAtMs: 9_000 }), 0, 4_000)
    expect(drainedByMs(run.build())).toBeCloseTo(usualMs + (2 * 6_000) / (0.95 * 2), 6)
  })
})
