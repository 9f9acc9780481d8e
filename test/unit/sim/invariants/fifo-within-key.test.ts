import { describe, expect, it } from 'vitest'
import { fifoWithinKey } from '../../../../sim/invariants/fifo-within-key.ts'
import type { SubjectTraits } from '../../../../sim/world/record.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'

const foreign: Partial<SubjectTraits> = { shippedLimiter: false, shippedRetry: false }

/** Grants as `[calledAtMs, grantedAtMs]`. */
function judge(grants: readonly (readonly [number, number | undefined])[]): number[] {
  const run = new RunBuilder({ traits: foreign })
  for (const [calledAtMs, grantedAtMs] of grants) run.acquire(calledAtMs, { grantedAtMs })
  return fifoWithinKey.judge(run.build()).violations.map(({ atMs }) => atMs)
}

function judgeRetry(
  younger: { queuedAtMs: number; grantedAtMs: number; lane?: string },
  shippedLimiter = true,
): string[] {
  const run = new RunBuilder({ traits: { shippedLimiter } })
  run.acquire(5_000, { queuedAtMs: 1_000, grantedAtMs: 9_000, hasArguments: true })
  run.acquire(younger.queuedAtMs, { hasArguments: true, ...younger })
  return fifoWithinKey.judge(run.build()).violations.map(({ message }) => message)
}

describe('fifo-within-key', () => {
  it('holds for grants in the order of asking', () => {
    expect(
      judge([
        [0, 10],
        [5, 10],
        [6, 20],
      ]),
    ).toEqual([])
  })

  it('finds a later call that is granted earlier', () => {
    expect(
      judge([
        [0, 20],
        [1, 19],
      ]),
    ).toEqual([19])
  })

  it('promises nothing among calls of the same instant', () => {
    expect(
      judge([
        [0, 30],
        [0, 10],
        [0, 20],
      ]),
    ).toEqual([])
  })

  it('compares with every call of an earlier instant, not with the last alone', () => {
    expect(
      judge([
        [0, 50],
        [0, 10],
        [1, 40],
      ]),
    ).toEqual([40])
    expect(
      judge([
        [0, 50],
        [1, 60],
        [2, 55],
      ]),
    ).toEqual([55])
  })

  it('lets calls that were never granted block nobody', () => {
    expect(
      judge([
        [0, undefined],
        [1, 10],
      ]),
    ).toEqual([])
  })

  it('keeps classes, models and priorities apart', () => {
    const run = new RunBuilder({ traits: foreign })
    run.acquire(0, { grantedAtMs: 50, lane: 'chat  0' })
    run.acquire(1, { grantedAtMs: 10, lane: 'chat  5' })
    run.acquire(2, { grantedAtMs: 20, lane: 'chat other 0' })
    expect(fifoWithinKey.judge(run.build())).toEqual({ checks: 3, violations: [] })
  })

  it('looks only at first attempts of the shipped pair, whose retries queue by the age of their call', () => {
    const run = new RunBuilder()
    run.acquire(0, { call: run.call(), grantedAtMs: 50 })
    run.acquire(1, { grantedAtMs: 10 })
    expect(fifoWithinKey.judge(run.build())).toEqual({ checks: 1, violations: [] })
  })

  it.each([
    ['a limiter from outside', { shippedLimiter: false }],
    ['a retry from outside', { shippedRetry: false }],
  ])('judges every acquire of %s', (_case, traits) => {
    const run = new RunBuilder({ traits })
    run.acquire(0, { call: run.call(), grantedAtMs: 50 })
    run.acquire(1, { grantedAtMs: 10 })
    expect(fifoWithinKey.judge(run.build())).toMatchObject({
      checks: 2,
      violations: [{ atMs: 10 }],
    })
  })

  it('looks only at first attempts of a pair from outside that talks to each other', () => {
    const traits = { shippedLimiter: false, shippedRetry: false }
    const silent = new RunBuilder({ traits })
    const talking = new RunBuilder({ traits })
    for (const [run, hasArguments] of [
      [silent, false],
      [talking, true],
    ] as const) {
      run.acquire(0, { call: run.call(), grantedAtMs: 50, hasArguments })
      run.acquire(1, { grantedAtMs: 10, hasArguments })
    }
    expect(fifoWithinKey.judge(silent.build()).violations).toHaveLength(1)
    expect(fifoWithinKey.judge(talking.build())).toEqual({ checks: 1, violations: [] })
  })

  it('tells violations of several lanes in the order of time', () => {
    const run = new RunBuilder({ traits: foreign })
    for (const [lane, grantedAtMs] of [
      ['b', 90],
      ['a', 40],
    ] as const) {
      run.acquire(0, { lane, grantedAtMs: grantedAtMs + 1 })
      run.acquire(1, { lane, grantedAtMs })
    }
    const times = fifoWithinKey.judge(run.build()).violations.map(({ atMs }) => atMs)
    expect(times).toEqual([40, 90])
  })

  it('has nothing to judge where nothing was granted', () => {
    const run = new RunBuilder({ traits: foreign })
    run.acquire(0, { grantedAtMs: undefined })
    expect(fifoWithinKey.judge(run.build())).toEqual({ checks: 0, violations: [] })
  })

  it('lets no younger call pass a retry once that waits, with the shipped pair only', () => {
    const messages = judgeRetry({ queuedAtMs: 1_001, grantedAtMs: 5_001 })
    expect(messages).toEqual([
      'a1, of a call since 1001, was granted at 5001, before a0, a retry of one since 1000 that had asked at 5000 and was granted at 9000',
    ])
    // Before the retry asked, after it was granted, older than it, or of another lane.
    expect(judgeRetry({ queuedAtMs: 1_001, grantedAtMs: 5_000 })).toEqual([])
    expect(judgeRetry({ queuedAtMs: 1_001, grantedAtMs: 9_000 })).toEqual([])
    expect(judgeRetry({ queuedAtMs: 999, grantedAtMs: 5_001 })).toEqual([])
    expect(judgeRetry({ queuedAtMs: 1_001, grantedAtMs: 5_001, lane: 'chat  1' })).toEqual([])
    expect(judgeRetry({ queuedAtMs: 1_001, grantedAtMs: 5_001 }, false)).toEqual([])
  })
})
