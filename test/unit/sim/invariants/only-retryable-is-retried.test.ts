import { describe, expect, it } from 'vitest'
import { onlyRetryableIsRetried } from '../../../../sim/invariants/only-retryable-is-retried.ts'
import type { Verdict } from '../../../../sim/invariants/types.ts'
import type { AttemptRecord } from '../../../../sim/world/record.ts'
import type { Scenario } from '../../../../sim/scenario/types.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'
import { makeInput, makePlan, makeWork } from '../../../helpers/work-record.ts'

/** A poisoned request that goes into so many batches. */
function judgeBatches(tries: number, faults: Scenario['faults'] = []): Verdict {
  const plan = makePlan({ kind: 'batch' })
  const inputs = [makeInput(0, { poison: 400 }), makeInput(1)]
  const record = new RunBuilder({ scenario: { faults } }).build()
  record.works.push(makeWork({ plan, inputs }))
  record.batchTries.set('id-0', tries)
  record.batchTries.set('id-1', 2)
  return onlyRetryableIsRetried.judge(record)
}

/** The first answer comes at 100, its retry is sent at 300. */
function judgeRetryAfter(answer: Partial<AttemptRecord>): Verdict {
  const run = new RunBuilder()
  const call = run.call()
  run.attempt(call, 0, answer)
  run.attempt(call, 300, { status: 500 })
  return onlyRetryableIsRetried.judge(run.build())
}

describe('only-retryable-is-retried', () => {
  it.each([400, 401, 402, 403, 404, 405, 413, 422, 200])('finds a retry after a %i', (status) => {
    expect(judgeRetryAfter({ status })).toEqual({
      checks: 1,
      violations: [{ atMs: 300, message: expect.stringContaining(`the answer ${status}`) }],
    })
  })

  it.each([408, 409, 429, 500, 502, 503, 504, 520, 524, 529])('allows one after a %i', (status) => {
    expect(judgeRetryAfter({ status })).toEqual({ checks: 0, violations: [] })
  })

  it('allows one after a good answer that was cut, and after none', () => {
    expect(judgeRetryAfter({ status: 200, whole: false }).violations).toEqual([])
    expect(judgeRetryAfter({ status: undefined, headersAtMs: undefined }).violations).toEqual([])
  })

  it('finds a retry in the instant of the answer', () => {
    const run = new RunBuilder()
    const call = run.call()
    run.attempt(call, 0, { status: 400 })
    run.attempt(call, 100)
    expect(onlyRetryableIsRetried.judge(run.build()).violations).toHaveLength(1)
  })

  it('holds where nothing follows', () => {
    const run = new RunBuilder()
    run.attempt(run.call(), 0, { status: 404 })
    expect(onlyRetryableIsRetried.judge(run.build())).toEqual({ checks: 1, violations: [] })
  })

  it('does not blame an attempt that was on its way before the answer was known', () => {
    const run = new RunBuilder()
    const refused = run.call()
    run.attempt(refused, 0, { status: 400, headersAtMs: 12_000 })
    run.attempt(refused, 10_000, { status: 500 })
    const slow = run.call()
    run.attempt(slow, 0, { status: 200, headersAtMs: 9_000, endedAtMs: 12_000 })
    run.attempt(slow, 10_000, { status: 500 })
    expect(onlyRetryableIsRetried.judge(run.build())).toEqual({ checks: 2, violations: [] })
  })

  it.each([
    ['outside, which may have given up', false, 5_000, 0],
    ['outside, which waited so short', false, 4_999, 1],
    ['ours, which tells its timeouts', true, 5_000, 1],
  ])('judges a slow answer to a retry from %s', (_case, shippedRetry, headersAtMs, violations) => {
    const run = new RunBuilder({ traits: { shippedRetry } })
    const call = run.call()
    run.attempt(call, 0, { status: 400, headersAtMs, endedAtMs: headersAtMs })
    run.attempt(call, 9_000, { status: 500 })
    expect(onlyRetryableIsRetried.judge(run.build()).violations).toHaveLength(violations)
  })

  it('finds a request that goes into another batch after one has refused it for good', () => {
    expect(judgeBatches(1)).toEqual({ checks: 1, violations: [] })
    expect(judgeBatches(2).violations).toEqual([
      { atMs: 2_000, message: expect.stringMatching(/ puts id-0 into 2 batches/) },
    ])
  })

  it('judges no batches that may not have come to their own end', () => {
    const faults: Scenario['faults'] = [{ do: { kind: 'batch', failPerMille: 200 } }]
    expect(judgeBatches(3, faults)).toEqual({ checks: 0, violations: [] })
  })
})
