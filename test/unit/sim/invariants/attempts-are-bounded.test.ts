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

  it('names an attempt that goes on for longer than its timeout, its body included', () => {
    const run = new RunBuilder()
    run.attempt(run.call(), 1_000, { headersAtMs: 2_000, endedAtMs: 31_000 })
    const long = run.call()
    run.attempt(long, 1_000, { headersAtMs: 2_000, endedAtMs: 31_001 })
    expect(attemptsAreBounded.judge(run.build()).violations).toEqual([
      { atMs: 31_000, message: 'c1/1 goes on until 31001, longer than 30000 ms' },
    ])
  })

  it('leaves out the time in which the process is busy, and no more', () => {
    const stalls = [{ atMs: 20_000, lastsMs: 50_000 }]
    const messages = [80_999, 81_001].map((endedAtMs) => {
      const run = new RunBuilder({ scenario: { stalls } })
      run.attempt(run.call(), 1_000, { headersAtMs: 2_000, endedAtMs })
      return attemptsAreBounded.judge(run.build()).violations.map(({ message }) => message)
    })
    expect(messages).toEqual([[], ['c0/1 goes on until 81001, longer than 30000 ms']])
    // One that was over before the attempt began explains nothing.
    const run = new RunBuilder({ scenario: { stalls: [{ atMs: 0, lastsMs: 1_000 }] } })
    run.attempt(run.call(), 1_000, { headersAtMs: 2_000, endedAtMs: 31_001 })
    expect(attemptsAreBounded.judge(run.build()).violations).toHaveLength(1)
    const late = new RunBuilder({ scenario: { stalls: [{ atMs: 4_000, lastsMs: 5_000 }] } })
    late.call(0, { deadlineAtMs: 5_000, settledAtMs: 9_000, outcome: 'rejected' })
    late.call(0, { deadlineAtMs: 5_000, settledAtMs: 10_001, outcome: 'rejected' })
    expect(attemptsAreBounded.judge(late.build()).violations).toMatchObject([
      { message: 'c1 ends at 10001, after its deadline at 5000' },
    ])
  })

  it('names a call that ends after its deadline, and none that was killed', () => {
    const run = new RunBuilder()
    run.call(0, { deadlineAtMs: 5_000, settledAtMs: 5_000, outcome: 'rejected' })
    run.call(0, { deadlineAtMs: 5_000, settledAtMs: 5_001, outcome: 'rejected' })
    run.call(0, { deadlineAtMs: 5_000, settledAtMs: 9_000, outcome: 'killed' })
    expect(attemptsAreBounded.judge(run.build()).violations).toEqual([
      { atMs: 5_000, message: 'c1 ends at 5001, after its deadline at 5000' },
    ])
  })

  it('asks neither of a retry from outside, which is told of neither', () => {
    const run = new RunBuilder({ traits: { shippedRetry: false } })
    run.attempt(run.call(), 0, { endedAtMs: 60_000 })
    expect(attemptsAreBounded.judge(run.build()).violations).toEqual([])
  })
})
