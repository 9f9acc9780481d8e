import { describe, expect, it } from 'vitest'
import type { BoundUse } from '../../../../sim/invariants/types.ts'
import type { RunSummary } from '../../../../sim/judge.ts'
import { describeBounds, summarizeBounds, usesOfBounds } from '../../../../sim/report/bound-uses.ts'

function summary(seed: number, ...bounds: BoundUse[]): RunSummary {
  return { seed, traceHash: '', violations: [], checks: {}, met: [], bounds }
}

function drained(actualMs: number | undefined, boundMs = 1_000): BoundUse {
  return { what: 'drained', actualMs, boundMs }
}

describe('usesOfBounds', () => {
  it('finds the first of the tightest, and the median', () => {
    const { tightest, medianShare } = usesOfBounds([
      summary(1, drained(100)),
      summary(2, drained(500), drained(10)),
      summary(3, drained(500)),
    ])
    expect(tightest).toMatchObject({ seed: 2, share: 0.5 })
    expect(medianShare).toBe(0.5)
  })

  it('takes what never ended for the tightest of all', () => {
    const { tightest } = usesOfBounds([summary(1, drained(1_500)), summary(2, drained(undefined))])
    expect(tightest?.seed).toBe(2)
  })

  it('finds nothing in runs without bounds, and in runs that hang', () => {
    const { bounds: _none, ...hang } = summary(1)
    expect(usesOfBounds([hang, summary(2)])).toEqual({
      uses: [],
      tightest: undefined,
      medianShare: 0,
    })
    expect(summarizeBounds([hang])).toBe('')
  })
})

describe('describeBounds', () => {
  it('is a line for each bound of a run', () => {
    const recovered = { what: 'recovered', actualMs: undefined, boundMs: 60_000 } as const
    expect(describeBounds([summary(1, drained(81_249, 214_000), recovered)])).toBe(
      `drained 81.2 s after the faults and the last beginning, bound 214.0 s
throughput back never after the faults and the last beginning, bound 60.0 s`,
    )
  })
})

describe('summarizeBounds', () => {
  it('is one line for many runs', () => {
    expect(summarizeBounds([summary(1, drained(10)), summary(4, drained(400))])).toBe(
      'bounds: 2 computed, the tightest 40 % used (seed 4, drained), the median 40 %',
    )
  })

  it('says so where one is exceeded', () => {
    expect(summarizeBounds([summary(4, drained(1_001))])).toContain('the tightest exceeded (seed 4')
  })
})
