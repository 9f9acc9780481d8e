import { describe, expect, it } from 'vitest'
import { invariants } from '../../../../sim/invariants/index.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'

describe('the invariants', () => {
  it('are those of the contract, each once', () => {
    expect(invariants.map(({ name }) => name).toSorted()).toEqual([
      'abort-is-prompt',
      'accounting-adds-up',
      'adapts-to-refusals',
      'attempts-are-bounded',
      'concurrency-caps-hold',
      'drains-after-faults',
      'every-call-settles-once',
      'fallback-is-tried',
      'fifo-within-key',
      'finds-the-rate',
      'gives-up-for-a-reason',
      'never-exceeds-quota',
      'nothing-left-behind',
      'only-retryable-is-retried',
      'overload-keeps-the-rate',
      'permits-are-conserved',
      'results-match-requests',
      'retry-after-is-honoured',
      'retry-budget-holds',
      'throughput-recovers',
      'uses-the-quota',
      'waits-after-a-conflict',
    ])
  })

  it.each(invariants)('$name checks nothing in a run in which nothing happened', ({ judge }) => {
    expect(judge(new RunBuilder().build())).toEqual({ checks: 0, violations: [] })
  })

  it.each(invariants)('$name leaves the record as it is', ({ judge }) => {
    const run = new RunBuilder().aftermath()
    const call = run.call()
    run.acquire(0, { call })
    run.attempt(call, 0, { status: 429, hints: { 'retry-after': '1' } })
    run.attempt(call, 2_000)
    const record = run.build()
    const before = JSON.stringify(record.attempts.map(({ call: _call, ...rest }) => rest))
    judge(record)
    expect(JSON.stringify(record.attempts.map(({ call: _call, ...rest }) => rest))).toBe(before)
  })
})
