import { describe, expect, it } from 'vitest'
import { accountingAddsUp } from '../../../../sim/invariants/accounting-adds-up.ts'
import type { Verdict } from '../../../../sim/invariants/types.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'

/** Two grants and a refusal by the limiter. */
function judge(grantedCounter: number | undefined, requests: number): Verdict {
  const run = new RunBuilder().aftermath({ grantedCounter })
  run.acquire(0)
  run.acquire(0)
  run.acquire(0, { grantedAtMs: undefined, failedAtMs: 5 })
  for (let index = 0; index < requests; index += 1) run.attempt(run.call(), index)
  return accountingAddsUp.judge(run.build())
}

describe('accounting-adds-up', () => {
  it('holds where the counter says what was seen', () => {
    expect(judge(2, 2)).toEqual({ checks: 1, violations: [] })
  })

  it('allows a grant with which nothing was sent', () => {
    expect(judge(2, 1).violations).toEqual([])
  })

  it('asks for no grant for what is not limited', () => {
    const run = new RunBuilder().aftermath({ grantedCounter: 0 })
    run.attempt(run.call(0, { endpoint: 'other' }), 0)
    expect(accountingAddsUp.judge(run.build()).violations).toEqual([])
  })

  it('leaves out what other processes do, whose limiters it does not ask', () => {
    const run = new RunBuilder().aftermath({ grantedCounter: 0 })
    run.acquire(0, { process: 1 })
    run.attempt(run.call(0, { process: 1 }), 0)
    expect(accountingAddsUp.judge(run.build()).violations).toEqual([])
  })

  it('asks the last of several processes that follow one another', () => {
    const judged = [1, 2].map((grantedCounter) => {
      const restarts = [{ atMs: 5, initialUsage: 0 }]
      const run = new RunBuilder({ scenario: { restarts } }).aftermath({ grantedCounter })
      for (const process of [1, 1, 2]) run.acquire(0, { process })
      const record = run.build()
      record.processes = 2
      return accountingAddsUp.judge(record).violations.length
    })
    expect(judged).toEqual([0, 1])
  })

  it('finds a counter that is off, and a request without a grant', () => {
    for (const [counter, requests] of [
      [1, 1],
      [3, 2],
      [2, 3],
    ] as const) {
      expect(judge(counter, requests).violations).toHaveLength(1)
    }
  })

  it('judges nothing where the subject keeps no count', () => {
    expect(judge(undefined, 9)).toEqual({ checks: 0, violations: [] })
    expect(accountingAddsUp.judge(new RunBuilder().build()).checks).toBe(0)
  })
})
