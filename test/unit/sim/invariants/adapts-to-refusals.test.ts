import { describe, expect, it } from 'vitest'
import { adaptsToRefusals } from '../../../../sim/invariants/adapts-to-refusals.ts'
import type { DynamicPlan } from '../../../../sim/scenario/types.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'

const dynamic: DynamicPlan = {
  headers: 'dynamic',
  basePerMinute: 60,
  capPerMinute: 300,
  memoryMs: 60_000,
}

interface Refusals {
  count: number
  /** Between two requests, before and after each refusal. */
  beforeMs: number
  afterMs: number
  plan?: DynamicPlan | undefined
}

/** Nine requests around each refusal, which is the answer to the fourth and comes 100 ms later. */
function build({ count, beforeMs, afterMs, plan = dynamic }: Refusals): RunBuilder {
  const run = new RunBuilder({ scenario: { theme: 'dynamic', dynamic: plan } })
  for (let index = 0; index < count; index += 1) {
    const startMs = index * 20_000
    for (let place = 0; place < 4; place += 1) {
      const status = place === 3 ? 429 : 200
      run.attempt(run.call(0), startMs + place * beforeMs, { status })
    }
    for (let place = 0; place < 5; place += 1) {
      run.attempt(run.call(0), startMs + 3 * beforeMs + 2_000 + place * afterMs)
    }
  }
  run.acquire(0, { grantedAtMs: count * 20_000 })
  return run
}

function judge(refusals: Refusals): [number, number] {
  const { checks, violations } = adaptsToRefusals.judge(build(refusals).build())
  return [checks, violations.length]
}

describe('adapts-to-refusals', () => {
  it('holds where requests come further apart after a refusal', () => {
    expect(judge({ count: 10, beforeMs: 300, afterMs: 309 })).toEqual([10, 0])
  })

  it('finds requests that go on as before, and says so', () => {
    expect(judge({ count: 10, beforeMs: 300, afterMs: 290 })).toEqual([10, 1])
    const run = build({ count: 10, beforeMs: 300, afterMs: 300 }).build()
    expect(adaptsToRefusals.judge(run).violations).toEqual([
      {
        atMs: 101_000,
        message:
          'in the median of 10 refusals, requests are 1.000 times as far apart after it as before; expected at least 1.005',
      },
    ])
  })

  it('judges nothing of few refusals, of the lowest rate, of other limits, and where nobody waits', () => {
    expect(judge({ count: 7, beforeMs: 300, afterMs: 290 })).toEqual([0, 0])
    expect(judge({ count: 10, beforeMs: 990, afterMs: 990 })).toEqual([0, 0])
    const idle = new RunBuilder({ scenario: { dynamic } })
    for (let atMs = 0; atMs < 60_000; atMs += 300) {
      idle.attempt(idle.call(atMs), atMs, { status: atMs % 6_000 === 0 ? 429 : 200 })
    }
    expect(adaptsToRefusals.judge(idle.build())).toEqual({ checks: 0, violations: [] })
    const documented = new RunBuilder()
    documented.attempt(documented.call(), 0, { status: 429 })
    expect(adaptsToRefusals.judge(documented.build()).checks).toBe(0)
  })

  it('leaves out a refusal of what was sent before the refusal before', () => {
    const run = build({ count: 10, beforeMs: 300, afterMs: 290 })
    for (let index = 0; index < 10; index += 1) {
      // Sent before each of them, and answered in the middle of what is compared.
      const sentAtMs = index * 20_000 + 100
      run.attempt(run.call(0), sentAtMs, { status: 429, headersAtMs: index * 20_000 + 3_000 })
    }
    expect(adaptsToRefusals.judge(run.build()).checks).toBe(0)
  })
})
