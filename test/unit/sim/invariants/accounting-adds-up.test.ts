import { describe, expect, it } from 'vitest'
import { accountingAddsUp } from '../../../../sim/invariants/accounting-adds-up.ts'
import type { Verdict } from '../../../../sim/invariants/types.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'

/** Two grants and a refusal by the limiter. */
function judge(granted: number | undefined, requests: number): Verdict {
  const counters = granted === undefined ? undefined : { granted }
  const run = new RunBuilder().aftermath({ counters })
  run.acquire(0)
  run.acquire(0)
  run.acquire(0, { grantedAtMs: undefined, failedAtMs: 5 })
  for (let index = 0; index < requests; index += 1) run.attempt(run.call(), index)
  return accountingAddsUp.judge(run.build())
}

/** A grant, two calls that were not granted, and a call of two attempts, the first refused for rate. */
function judgeAll(counters: Record<string, number>): string[] {
  const run = new RunBuilder().aftermath({ counters })
  run.acquire(0)
  run.acquire(0)
  run.acquire(0, { grantedAtMs: undefined, failedAtMs: 5 })
  run.acquire(0, { grantedAtMs: undefined, failedAtMs: 9 })
  const call = run.call()
  run.attempt(call, 0, { status: 429 })
  run.attempt(call, 2_000)
  return accountingAddsUp.judge(run.build()).violations.map(({ message }) => message)
}

/** How much is wrong where one of two grants was used. */
function judgeUnused(settled: number): number {
  const counters = { granted: 2, settled, abandoned: 2 - settled }
  const run = new RunBuilder().aftermath({ counters })
  run.acquire(0)
  run.acquire(0)
  run.attempt(run.call(), 0)
  return accountingAddsUp.judge(run.build()).violations.length
}

describe('accounting-adds-up', () => {
  it('holds where the counter says what was seen', () => {
    expect(judge(2, 2)).toEqual({ checks: 1, violations: [] })
  })

  it('allows a grant with which nothing was sent', () => {
    expect(judge(2, 1).violations).toEqual([])
  })

  it('asks for no grant for what is not limited', () => {
    const run = new RunBuilder().aftermath({ counters: { granted: 0 } })
    run.attempt(run.call(0, { endpoint: 'other' }), 0)
    expect(accountingAddsUp.judge(run.build()).violations).toEqual([])
  })

  it('leaves out what other processes do, whose limiters it does not ask', () => {
    const run = new RunBuilder().aftermath({ counters: { granted: 0 } })
    run.acquire(0, { process: 1 })
    run.attempt(run.call(0, { process: 1 }), 0)
    expect(accountingAddsUp.judge(run.build()).violations).toEqual([])
  })

  it('asks the last of several processes that follow one another', () => {
    const judged = [1, 2].map((grantedCounter) => {
      const restarts = [{ atMs: 5, initialUsage: 0 }]
      const run = new RunBuilder({ scenario: { restarts } }).aftermath({
        counters: { granted: grantedCounter },
      })
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

  const ends = { settled: 2, abandoned: 0, aborted: 1, expired: 1 }
  const right = { granted: 2, ...ends, attempts: 2, limited: 1, retried: 1 }

  it('holds where all counters say what was seen', () => {
    expect(judgeAll(right)).toEqual([])
  })

  it('allows a grant to be settled with which nothing was sent, and no other', () => {
    expect([0, 1, 2].map(judgeUnused)).toEqual([1, 0, 0])
  })

  it.each([
    ['expired', 2, '3 calls that were not granted'],
    ['aborted', 0, '1 calls that were not granted'],
    ['settled', 1, 'the limiter counts 1 grants that were settled, 2 requests were answered'],
    ['abandoned', 1, 'of 2 grants the limiter counts 2 as settled and 1 as abandoned'],
    ['attempts', 3, 'the retries count 3 attempts, 2 requests were sent'],
    ['limited', 0, 'the retries count 0 answers of 429, 1 came'],
    ['retried', 0, 'the retries count 0 retries, 1 were sent'],
    ['retried', 2, 'the retries count 2 retries, 1 were sent'],
  ])('finds %s where it is %d', (name, count, message) => {
    expect(judgeAll({ ...right, [name]: count })).toEqual([expect.stringContaining(message)])
  })
})
