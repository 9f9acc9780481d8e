import { describe, expect, it } from 'vitest'
import { fallbackIsTried } from '../../../../sim/invariants/fallback-is-tried.ts'
import type { Verdict } from '../../../../sim/invariants/types.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'
import { makePlan, makeWork } from '../../../helpers/work-record.ts'

/** @param calls - Model, what it asks, when it begins, and the status that it ends with 100 ms later. */
function judge(calls: [string, string, number, number][], fallbackModels = ['other']): Verdict {
  const run = new RunBuilder()
  const work = makeWork({ plan: makePlan({ fallbackModels }) })
  for (const [model, content, atMs, status] of calls) {
    const outcome = status === 200 ? 'resolved' : 'rejected'
    run.attempt(run.call(atMs, { work, model, contents: [content], outcome }), atMs, { status })
  }
  const record = run.build()
  record.works.push(work)
  return fallbackIsTried.judge(record)
}

/** The own model has no capacity so long after the fallback has failed, and is asked again much later. */
function judgeAfter(sinceMs: number): Verdict {
  return judge([
    ['other', 'two', 0, 503],
    ['chat', 'one', sinceMs, 503],
    ['chat', 'one', 600_000, 200],
  ])
}

describe('fallback-is-tried', () => {
  it('holds where the next call for the same goes to a fallback', () => {
    const calls: Parameters<typeof judge>[0] = [
      ['chat', 'one', 0, 503],
      ['chat', 'two', 150, 200],
      ['other', 'one', 200, 200],
    ]
    expect(judge(calls)).toEqual({ checks: 1, violations: [] })
  })

  it('finds a call that asks the same model again', () => {
    const { violations } = judge([
      ['chat', 'one', 0, 503],
      ['chat', 'one', 5_000, 200],
    ])
    expect(violations).toEqual([{ atMs: 5_000, message: expect.stringMatching(/^c0 .* c1 /) }])
  })

  it('excuses it where a fallback has failed, too, in the minute before', () => {
    expect(judgeAfter(60_000)).toEqual({ checks: 0, violations: [] })
    expect(judgeAfter(60_001).violations).toHaveLength(1)
  })

  it('judges no other failure, no last call, and no run without fallbacks', () => {
    const twice: Parameters<typeof judge>[0] = [
      ['chat', 'one', 0, 500],
      ['chat', 'one', 200, 503],
    ]
    expect(judge(twice)).toEqual({ checks: 0, violations: [] })
    expect(judge([...twice, ['chat', 'one', 400, 200]], [])).toEqual({ checks: 0, violations: [] })
  })
})
