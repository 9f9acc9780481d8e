import { describe, expect, it } from 'vitest'
import { neverExceedsQuota } from '../../../../sim/invariants/never-exceeds-quota.ts'
import type { Scenario } from '../../../../sim/scenario/types.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'

function runWithRefusal(scenario: Partial<Scenario> = {}): RunBuilder {
  const run = new RunBuilder({ scenario })
  run.attempt(run.call(), 0)
  run.attempt(run.call(), 10, { status: 429, counted: false, refusedBy: 'chat' })
  return run
}

describe('never-exceeds-quota', () => {
  it('holds while the server refuses nothing for rate', () => {
    const run = new RunBuilder()
    run.attempt(run.call(), 0)
    run.attempt(run.call(), 10, { status: 503, fault: 'outage' })
    expect(neverExceedsQuota.judge(run.build())).toEqual({ checks: 2, violations: [] })
  })

  it('names the request and the limit that refused it, at its arrival', () => {
    const { checks, violations } = neverExceedsQuota.judge(runWithRefusal().build())
    expect(checks).toBe(2)
    expect(violations).toEqual([{ atMs: 60, message: expect.stringMatching(/c1\/1 .* chat$/) }])
  })

  it('finds a refusal whose answer got lost', () => {
    const run = new RunBuilder()
    run.lost(run.call(), 0).refusedBy = 'chat'
    expect(neverExceedsQuota.judge(run.build()).violations).toHaveLength(1)
  })

  it.each<[string, Partial<Scenario>]>([
    ['shares its key', { tenants: [{ fromMs: 0, toMs: 1_000, everyMs: 100 }] }],
    ['is refused by the fault plan', { faults: [{ do: { kind: 'status', status: 429 } }] }],
    ['has its quota cut', { faults: [{ do: { kind: 'quota', share: 0.34 } }] }],
    ['is counted by what slides', { enforcement: { kind: 'sliding-counter', phaseMs: 0 } }],
    ['is counted in slices', { enforcement: { kind: 'slices', sliceMs: 1_000 } }],
    ['may have no burst', { enforcement: { kind: 'token-bucket', burstMs: 59_999 } }],
    ['is held to a rate', { enforcement: { kind: 'gcra', burstMs: 59_999 } }],
  ])('judges nothing where the subject %s', (_case, scenario) => {
    expect(neverExceedsQuota.judge(runWithRefusal(scenario).build())).toEqual({
      checks: 0,
      violations: [],
    })
  })

  it.each<[string, Scenario['faults']]>([
    ['errors', [{ do: { kind: 'status', status: 503 } }]],
    ['lost answers', [{ do: { kind: 'drop', when: 'after' } }]],
  ])('judges all the same where faults are only %s', (_case, faults) => {
    expect(neverExceedsQuota.judge(runWithRefusal({ faults }).build()).violations).toHaveLength(1)
  })

  it.each<Scenario['enforcement']>([
    { kind: 'fixed-window', phaseMs: 7 },
    { kind: 'token-bucket' },
    { kind: 'token-bucket', burstMs: 60_000 },
    { kind: 'gcra', burstMs: 60_000 },
  ])('judges a server that lets a whole window go at once: %o', (enforcement) => {
    expect(
      neverExceedsQuota.judge(runWithRefusal({ enforcement }).build()).violations,
    ).toHaveLength(1)
  })

  it.each<[string, Partial<Scenario>, string, number]>([
    ['by the second, as it is enforced', {}, 'chat', 0],
    ['by the minute in any case', {}, 'images', 1],
    ['by the minute, where all is', { enforcement: { kind: 'sliding-log' } }, 'chat', 1],
    ['that nobody knows before', { profile: 'dynamic' }, 'dynamic-requests', 0],
  ])('judges under a tier a limit %s', (_case, changes, refusedBy, found) => {
    const enforcement = { kind: 'slices', sliceMs: 1_000 } as const
    const run = new RunBuilder({ scenario: { profile: 'tier-1', enforcement, ...changes } })
    run.attempt(run.call(), 0, { status: 429, counted: false, refusedBy })
    expect(neverExceedsQuota.judge(run.build()).violations).toHaveLength(found)
  })

  it('judges a server that has lost its counts, which only lets more pass', () => {
    const faults = [{ match: { nth: 3 }, do: { kind: 'forget' } }] as const
    expect(
      neverExceedsQuota.judge(runWithRefusal({ faults: [...faults] }).build()).violations,
    ).toHaveLength(1)
  })

  it('judges nothing where a process may have followed another', () => {
    const record = runWithRefusal().build()
    record.processes = 2
    expect(neverExceedsQuota.judge(record)).toEqual({ checks: 0, violations: [] })
  })

  it('judges a process that is told to take all of the quota for used by another', () => {
    const judged = [1, 0.9].map((initialUsage) => {
      const restarts = [
        { atMs: 5, initialUsage: 1 },
        { atMs: 8, initialUsage },
      ]
      const record = runWithRefusal({ restarts }).build()
      record.processes = 3
      return neverExceedsQuota.judge(record).violations.length
    })
    expect(judged).toEqual([1, 0])
  })

  it('leaves the places of jobs and batches to another invariant', () => {
    const run = new RunBuilder()
    const call = run.call(0, { endpoint: 'batches' })
    run.attempt(call, 0, { status: 429, refusedBy: 'batches-in-flight' })
    expect(neverExceedsQuota.judge(run.build())).toEqual({ checks: 0, violations: [] })
  })

  it('does not count as checked what no quota ever weighed', () => {
    const run = new RunBuilder()
    run.attempt(run.call(), 0, { status: 500, counted: false })
    run.attempt(run.call(), 0, { arrivedAtMs: undefined, counted: false })
    expect(neverExceedsQuota.judge(run.build()).checks).toBe(0)
  })
})
