import { describe, expect, it } from 'vitest'
import { retryAfterIsHonoured } from '../../../../sim/invariants/retry-after-is-honoured.ts'
import type { AttemptRecord, CallRecord, SubjectTraits } from '../../../../sim/world/record.ts'
import { epochMs, RunBuilder } from '../../../helpers/run-record.ts'

const foreign: Partial<SubjectTraits> = { shippedLimiter: false, shippedRetry: false }
const twoSeconds = { 'retry-after': '2' }

/** Headers come at 100: the retry is sent at `retryAtMs`. */
function judgeRetry(
  retryAtMs: number,
  answer: Partial<AttemptRecord>,
  traits: Partial<SubjectTraits> = foreign,
): { checks: number; atMs: number[] } {
  const run = new RunBuilder({ traits })
  const call = run.call()
  run.attempt(call, 0, { status: 503, ...answer })
  run.attempt(call, retryAtMs)
  const { checks, violations } = retryAfterIsHonoured.judge(run.build())
  return { checks, atMs: violations.map(({ atMs }) => atMs) }
}

/** On a host that is up to 2 ms early, the retry being due at 2,100. */
function judgeEarly(traits: Partial<SubjectTraits>, retryAtMs: number): number {
  const earlyTimers = { perMille: 1_000, byMsMax: 2 }
  const run = new RunBuilder({ traits, scenario: { earlyTimers } })
  const call = run.call()
  run.attempt(call, 0, { status: 503, hints: twoSeconds })
  run.attempt(call, retryAtMs)
  return retryAfterIsHonoured.judge(run.build()).violations.length
}

describe('retry-after-is-honoured for a call', () => {
  it.each([429, 503, 500])('counts the delay from the headers of a %i', (status) => {
    expect(judgeRetry(2_100, { status, hints: twoSeconds })).toEqual({ checks: 1, atMs: [] })
    expect(judgeRetry(2_099, { status, hints: twoSeconds })).toEqual({ checks: 1, atMs: [2_099] })
  })

  it('forgives a retry from outside what its host is early, and ours nothing', () => {
    expect([judgeEarly(foreign, 2_098), judgeEarly(foreign, 2_097)]).toEqual([0, 1])
    expect([judgeEarly({}, 2_100), judgeEarly({}, 2_099)]).toEqual([0, 1])
  })

  it('finds a retry in the very instant of the headers', () => {
    expect(judgeRetry(100, { hints: twoSeconds }).atMs).toEqual([100])
  })

  it('holds a retry to the date, not to the delay until it', () => {
    const hints = { 'retry-after': new Date(epochMs + 3_000).toUTCString() }
    expect(judgeRetry(3_000, { hints }).atMs).toEqual([])
    expect(judgeRetry(2_999, { hints }).atMs).toEqual([2_999])
  })

  it('lets a retry follow at once where the date is past', () => {
    const hints = { 'retry-after': new Date(epochMs - 3_000).toUTCString() }
    expect(judgeRetry(100, { hints })).toEqual({ checks: 1, atMs: [] })
  })

  it('holds only our retry to the hints that few read', () => {
    const ours = { shippedRetry: true, shippedLimiter: false }
    for (const hints of [{ 'retry-after-ms': '1950' }, { 'x-ratelimit-reset': '1.95' }]) {
      expect(judgeRetry(2_049, { hints }, ours).atMs).toEqual([2_049])
      expect(judgeRetry(2_050, { hints }, ours).atMs).toEqual([])
      expect(judgeRetry(200, { hints })).toEqual({ checks: 0, atMs: [] })
    }
  })

  it.each(['soon', '-5', 'NaN', '', '1.5', '99999999999999999999'])(
    'asks nothing for the nonsense %j',
    (text) => {
      expect(judgeRetry(100, { hints: { 'retry-after': text } })).toEqual({ checks: 0, atMs: [] })
    },
  )

  it('reads no wait into a good answer that was cut', () => {
    const hints = { 'x-ratelimit-reset': '30', 'retry-after': '30' }
    const { checks } = judgeRetry(200, { status: 200, whole: false, hints })
    expect(checks).toBe(0)
  })

  it('does not blame an attempt that was on its way before the answer came', () => {
    const run = new RunBuilder({ traits: foreign })
    const call = run.call()
    run.attempt(call, 0, { status: 503, headersAtMs: 12_000, hints: twoSeconds })
    run.attempt(call, 10_000)
    expect(retryAfterIsHonoured.judge(run.build())).toEqual({ checks: 0, violations: [] })
  })

  it('still judges the attempt after such a one', () => {
    const run = new RunBuilder({ traits: foreign })
    const call = run.call()
    run.attempt(call, 0, { status: 503, headersAtMs: 4_000, hints: twoSeconds })
    run.attempt(call, 3_000, { status: 500 })
    run.attempt(call, 5_000)
    expect(retryAfterIsHonoured.judge(run.build())).toMatchObject({
      checks: 1,
      violations: [{ atMs: 5_000 }],
    })
  })

  it('excuses a retry from outside that may have given up before a slow answer came', () => {
    const slow = { headersAtMs: 12_000, hints: twoSeconds }
    expect(judgeRetry(13_000, slow)).toEqual({ checks: 0, atMs: [] })
    expect(judgeRetry(13_000, slow, { shippedRetry: true }).atMs).toEqual([13_000])
  })
})

/** A 429 whose headers come at 100 and name two seconds; then another call's attempt. */
function judgeOther(
  sentAtMs: number,
  options: {
    first?: Partial<CallRecord>
    other?: Partial<CallRecord>
    traits?: Partial<SubjectTraits>
    status?: number
  } = {},
): number[] {
  const run = new RunBuilder({ traits: options.traits ?? {} })
  const answer = { status: options.status ?? 429, hints: twoSeconds }
  run.attempt(run.call(0, options.first), 0, answer)
  run.attempt(run.call(0, options.other), sentAtMs)
  return retryAfterIsHonoured.judge(run.build()).violations.map(({ atMs }) => atMs)
}

describe('retry-after-is-honoured for a key', () => {
  it('forbids all attempts after the headers and before the time named', () => {
    expect(judgeOther(101)).toEqual([101])
    expect(judgeOther(2_099)).toEqual([2_099])
    expect(judgeOther(2_100)).toEqual([])
  })

  it('allows an attempt in the instant of the headers: it may have left before them', () => {
    expect(judgeOther(100)).toEqual([])
  })

  it('leaves other classes and models alone', () => {
    const model = 'simulated/other-chat'
    expect(judgeOther(500, { other: { endpoint: 'embeddings' } })).toEqual([])
    expect(judgeOther(500, { other: { model } })).toEqual([])
    expect(judgeOther(500, { first: { model }, other: { model } })).toEqual([500])
  })

  it('pauses nobody else after a 503', () => {
    expect(judgeOther(500, { status: 503 })).toEqual([])
  })

  it.each([{ shippedLimiter: false }, { shippedRetry: false }])(
    'asks it of the shipped pair only: %j',
    (traits) => {
      expect(judgeOther(500, { traits })).toEqual([])
    },
  )

  it('does not let a shorter hint end the pause of a longer one', () => {
    const run = new RunBuilder()
    run.attempt(run.call(), 0, { status: 429, hints: { 'retry-after': '20' } })
    run.attempt(run.call(), 50, { status: 429, hints: { 'retry-after': '1' } })
    run.attempt(run.call(), 5_000)
    expect(retryAfterIsHonoured.judge(run.build()).violations).toHaveLength(1)
  })

  it('keeps the key paused after a hint beyond the cap', () => {
    const run = new RunBuilder()
    run.attempt(run.call(0, { outcome: 'rejected', reason: 'server-delay' }), 0, {
      status: 429,
      hints: { 'retry-after': '3600' },
    })
    run.attempt(run.call(), 3_600_099)
    run.attempt(run.call(), 3_600_100)
    const { violations } = retryAfterIsHonoured.judge(run.build())
    expect(violations.map(({ atMs }) => atMs)).toEqual([3_600_099])
  })

  it('lets a refusal hold back its own process only', () => {
    const run = new RunBuilder()
    run.attempt(run.call(0, { process: 1 }), 0, { status: 429, hints: twoSeconds })
    run.attempt(run.call(200, { process: 2 }), 200)
    expect(retryAfterIsHonoured.judge(run.build()).violations).toEqual([])
    run.attempt(run.call(200, { process: 1 }), 200)
    expect(retryAfterIsHonoured.judge(run.build()).violations).toHaveLength(1)
  })

  it('lets a refusal of what is not limited hold back nobody', () => {
    const run = new RunBuilder()
    run.attempt(run.call(0, { endpoint: 'other' }), 0, { status: 429, hints: twoSeconds })
    run.attempt(run.call(0, { endpoint: 'other' }), 200)
    expect(retryAfterIsHonoured.judge(run.build()).violations).toEqual([])
  })

  it('counts as checked only what a pause was there for', () => {
    const run = new RunBuilder()
    run.attempt(run.call(), 0, { status: 429, hints: twoSeconds })
    run.attempt(run.call(0, { endpoint: 'images' }), 3_000)
    expect(retryAfterIsHonoured.judge(run.build()).checks).toBe(0)
  })
})
