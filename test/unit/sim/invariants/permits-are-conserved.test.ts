import { describe, expect, it } from 'vitest'
import { permitsAreConserved } from '../../../../sim/invariants/permits-are-conserved.ts'
import type { Aftermath } from '../../../../sim/world/record.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'

/** Whether the invariant holds for a probe of the used limiter, with a bound of 5 s. */
function holds(probeMs: number, freshProbeMs: number, changes: Partial<Aftermath> = {}): boolean {
  const probeLagMs = Math.max(0, probeMs - freshProbeMs)
  const times = { probeMs, freshProbeMs, probeLagMs }
  const run = new RunBuilder().aftermath({ ...times, ...changes }).build()
  const { checks, violations } = permitsAreConserved.judge(run)
  expect(checks).toBe(1)
  return violations.length === 0
}

describe('permits-are-conserved', () => {
  it('holds where a window’s calls are granted within it', () => {
    expect(holds(0, 0)).toBe(true)
    expect(holds(59_000, 59_000)).toBe(true)
    expect(holds(59_999, 0)).toBe(true)
  })

  it('finds the single lost slot, whose call is granted a window after the others', () => {
    expect(holds(60_031, 0)).toBe(false)
    expect(holds(60_031, 59_000)).toBe(false)
  })

  it('finds lost slots although the fresh limiter loses some too, by the grants that come a window late', () => {
    expect(holds(60_030, 60_030, { probeLagMs: 60_030 })).toBe(false)
    expect(holds(60_030, 60_030, { probeLagMs: 600 })).toBe(true)
  })

  it('allows 1.01 windows to a limiter that takes as long when it is fresh', () => {
    expect(holds(60_600, 60_000)).toBe(true)
    expect(holds(60_601, 60_601)).toBe(false)
  })

  it('excuses wider spacing only of a limiter that cannot be told of headers', () => {
    expect(holds(64_900, 64_900, { probeHasRelease: false })).toBe(true)
    expect(holds(64_900, 64_900)).toBe(false)
    expect(holds(65_651, 65_651, { probeHasRelease: false })).toBe(false)
    expect(holds(64_900, 0, { probeHasRelease: false })).toBe(false)
  })

  it('finds calls that are never granted, though a fresh limiter does no better', () => {
    const forever = Number.POSITIVE_INFINITY
    expect(holds(forever, forever)).toBe(false)
    expect(holds(forever, forever, { probeHasRelease: false })).toBe(false)
  })

  it('judges nothing where no probe was made', () => {
    const nothing = { checks: 0, violations: [] }
    expect(permitsAreConserved.judge(new RunBuilder().build())).toEqual(nothing)
    const unsettled = new RunBuilder().aftermath({ probeMs: undefined, freshProbeMs: undefined })
    expect(permitsAreConserved.judge(unsettled.build())).toEqual(nothing)
  })
})
