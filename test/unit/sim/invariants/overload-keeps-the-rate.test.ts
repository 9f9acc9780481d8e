import { describe, expect, it } from 'vitest'
import { overloadKeepsTheRate } from '../../../../sim/invariants/overload-keeps-the-rate.ts'
import type { DynamicPlan } from '../../../../sim/scenario/types.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'

const dynamic: DynamicPlan = {
  headers: 'dynamic',
  basePerMinute: 60,
  capPerMinute: 300,
  memoryMs: 60_000,
}

/** Ten requests, of which the last five are answered 503 after 100 ms, and ten more. */
function build(beforeMs: number, afterMs: number): RunBuilder {
  const run = new RunBuilder({ scenario: { theme: 'dynamic', dynamic } })
  for (let place = 0; place < 10; place += 1) {
    run.attempt(run.call(0), place * beforeMs, { status: place < 5 ? 200 : 503 })
  }
  for (let place = 1; place <= 10; place += 1) {
    run.attempt(run.call(0), 9 * beforeMs + place * afterMs)
  }
  run.acquire(0, { grantedAtMs: 60_000 })
  return run
}

describe('overload-keeps-the-rate', () => {
  it('holds where requests come as they came before, or faster', () => {
    expect(overloadKeepsTheRate.judge(build(300, 300).build())).toEqual({
      checks: 1,
      violations: [],
    })
    expect(overloadKeepsTheRate.judge(build(300, 200).build()).violations).toEqual([])
  })

  it('finds requests that come more slowly after a burst of 503s', () => {
    expect(overloadKeepsTheRate.judge(build(300, 310).build())).toEqual({
      checks: 1,
      violations: [
        {
          atMs: 2_800,
          message:
            'requests are 310.0 ms apart after the 503s from 1600 to 2800, and 300.0 ms before them',
        },
      ],
    })
  })

  it('does not judge a burst with a 429 beside it', () => {
    const run = build(300, 400)
    run.attempt(run.call(0), 2_750, { status: 429 })
    expect(overloadKeepsTheRate.judge(run.build()).checks).toBe(0)
  })

  it('judges nothing under other limits, and nothing where nobody waits', () => {
    const record = build(300, 400).build()
    record.acquires.length = 0
    expect(overloadKeepsTheRate.judge(record).checks).toBe(0)
    const documented = new RunBuilder()
    documented.attempt(documented.call(), 0, { status: 503 })
    expect(overloadKeepsTheRate.judge(documented.build()).checks).toBe(0)
  })
})
