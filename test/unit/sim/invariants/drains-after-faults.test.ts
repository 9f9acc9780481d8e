import { describe, expect, it } from 'vitest'
import { drainsAfterFaults } from '../../../../sim/invariants/drains-after-faults.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'

// One call at 0, faults until 10 s: 10 + 60 + 30 + 5 + 300 s, and 60.1 / (0.95 x 600) s for the call itself.
const boundMs = 405_000 + 60_100 / 570

function judge(settledAtMs: number | undefined): ReturnType<typeof drainsAfterFaults.judge> {
  const run = new RunBuilder({ scenario: { faultsEndMs: 10_000 } })
  run.acquire(0)
  run.attempt(run.call(0, { settledAtMs }), 0)
  return drainsAfterFaults.judge(run.build())
}

describe('drains-after-faults', () => {
  it('holds for a call that ends by the bound', () => {
    expect(judge(Math.floor(boundMs))).toEqual({ checks: 1, violations: [] })
  })

  it('finds a call that ends later, or never', () => {
    const [late] = judge(Math.ceil(boundMs)).violations
    expect(late).toEqual({ atMs: 405_106, message: expect.stringContaining('c0 ends at 405106') })
    expect(judge(undefined).violations[0]?.message).toContain('1 calls have not ended')
    expect(judge(undefined).violations[0]?.message).toContain('c0 ends never')
  })

  it('has nothing to judge without calls', () => {
    expect(drainsAfterFaults.judge(new RunBuilder().build())).toEqual({ checks: 0, violations: [] })
  })
})
