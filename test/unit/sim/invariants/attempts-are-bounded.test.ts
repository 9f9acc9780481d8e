import { describe, expect, it } from 'vitest'
import { attemptsAreBounded } from '../../../../sim/invariants/attempts-are-bounded.ts'
import type { Violation } from '../../../../sim/invariants/types.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'

function judge(
  maxRetries: number,
  sentAtMs: readonly number[],
  deadlineAtMs?: number,
): Violation[] {
  const run = new RunBuilder({ scenario: { maxRetries } })
  const call = run.call(0, { deadlineAtMs })
  for (const atMs of sentAtMs) run.attempt(call, atMs, { status: 500 })
  return attemptsAreBounded.judge(run.build()).violations
}

describe('attempts-are-bounded', () => {
  it('allows the first attempt and as many retries as configured', () => {
    expect(judge(2, [0, 1_000, 2_000])).toEqual([])
    expect(judge(0, [0])).toEqual([])
  })

  it('names the first attempt too many', () => {
    expect(judge(2, [0, 1_000, 2_000, 3_000, 4_000])).toEqual([
      { atMs: 3_000, message: 'c0 makes attempt 4, allowed are 3' },
    ])
  })

  it('allows an attempt at the deadline and none after it', () => {
    expect(judge(4, [0, 5_000], 5_000)).toEqual([])
    expect(judge(4, [0, 5_001], 5_000)).toMatchObject([{ atMs: 5_001 }])
  })

  it('has nothing to judge without calls', () => {
    expect(attemptsAreBounded.judge(new RunBuilder().build()).checks).toBe(0)
  })
})
