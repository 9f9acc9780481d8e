import { describe, expect, it } from 'vitest'
import { givesUpForAReason } from '../../../../sim/invariants/gives-up-for-a-reason.ts'
import type { AttemptRecord, CallRecord } from '../../../../sim/world/record.ts'
import type { Scenario } from '../../../../sim/scenario/types.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'

const exhausted = { outcome: 'rejected', error: 'RETRIES_EXHAUSTED' } as const

/** What is said of one call that failed after these attempts. */
function judge(
  changes: Partial<CallRecord>,
  attempts: readonly Partial<AttemptRecord>[],
  run: RunBuilder = new RunBuilder(),
): string[] {
  const call = run.call(0, { settledAtMs: 90_000, ...exhausted, ...changes })
  for (const [index, attempt] of attempts.entries()) run.attempt(call, 1_000 * index, attempt)
  return givesUpForAReason.judge(run.build()).violations.map(({ message }) => message)
}

const lost = { status: undefined, headersAtMs: undefined, whole: false } as const

function withFailures(failures: number): RunBuilder {
  const run = new RunBuilder()
  for (let index = 0; index < failures; index += 1) run.lost(run.call(), index)
  return run
}

function judgeVain(counts: { granted: number; ahead: number }, deadlineAtMs: number): string[] {
  const run = new RunBuilder()
  const image = { endpoint: 'images', lane: 'images  0' } as const
  for (let index = 0; index < counts.granted; index += 1) run.acquire(1, image)
  for (let index = 0; index < counts.ahead; index += 1) {
    run.acquire(5, { ...image, grantedAtMs: 70_000 })
  }
  const call = run.call(10, {
    ...exhausted,
    error: 'DEADLINE',
    settledAtMs: deadlineAtMs,
    deadlineAtMs,
  })
  run.acquire(10, { ...image, call, grantedAtMs: undefined, failedAtMs: deadlineAtMs })
  return givesUpForAReason.judge(run.build()).violations.map(({ message }) => message)
}

function judgeTurnedAway(changes: {
  grantedAtMs: number
  lane?: string
  leftAtMs?: number
  scenario?: Partial<Scenario>
}): string[] {
  const run = new RunBuilder({ scenario: changes.scenario ?? {} })
  const { grantedAtMs, leftAtMs, lane = 'chat  0' } = changes
  run.acquire(0, { call: run.call(), grantedAtMs: undefined, failedAtMs: leftAtMs })
  const refused = { grantedAtMs: undefined, failedAtMs: 10 } as const
  const call = run.call(10, {
    ...exhausted,
    error: 'DEADLINE',
    settledAtMs: 10,
    deadlineAtMs: 5_000,
  })
  run.acquire(10, { call, ...refused })
  run.acquire(20, { call: run.call(20), grantedAtMs, lane })
  return givesUpForAReason.judge(run.build()).violations.map(({ message }) => message)
}

function named(seconds: string): Partial<AttemptRecord>[] {
  return [{ status: 503, hints: { 'retry-after': seconds } }]
}

describe('gives-up-for-a-reason', () => {
  it.each([
    ['a 400', {}, { status: 400 }],
    ['a 409 that is not of a fine-tune', {}, { status: 409 }],
    ['a 429 about money', {}, { status: 429, body: '{"error":{"type":"insufficient_quota"}}' }],
    ['a 500 of what may have begun', { endpoint: 'fine-tunes' }, { status: 500 }],
    ['no answer to what may have begun', { endpoint: 'batches' }, lost],
  ] as const)('holds after %s, which no retry cures', (_what, changes, attempt) => {
    expect(judge({ ...changes, reason: 'not-retryable' }, [attempt])).toEqual([])
  })

  it.each([
    ['answered 503', {}, { status: 503 }],
    ['answered 520', {}, { status: 520 }],
    ['answered 408', { endpoint: 'batches' }, { status: 408 }],
    ['answered 409', { endpoint: 'fine-tunes' }, { status: 409 }],
    ['answered 429', {}, { status: 429 }],
    ['answered 200', {}, { status: 200, whole: false }],
    ['without an answer', {}, lost],
  ] as const)('names a call that takes what was %s for incurable', (what, changes, attempt) => {
    expect(judge({ ...changes, reason: 'not-retryable' }, [attempt])).toEqual([
      `c0 fails with RETRIES_EXHAUSTED (not-retryable) without a reason to: attempt 1 was ${what}`,
    ])
  })

  it('counts the attempts of a call that has made all of them', () => {
    const all = Array.from({ length: 5 }, () => ({ status: 500 }))
    expect(judge({ reason: 'attempts' }, all)).toEqual([])
    expect(judge({ reason: 'attempts' }, all.slice(1))).toHaveLength(1)
  })

  it('takes the budget for empty only after as many failures as it is sure to pay for', () => {
    expect(judge({ reason: 'budget' }, [{ status: 500 }], withFailures(9))).toHaveLength(1)
    expect(judge({ reason: 'budget' }, [{ status: 500 }], withFailures(10))).toEqual([])
    // A 429 costs nothing.
    expect(judge({ reason: 'budget' }, [{ status: 429 }], withFailures(10))).toHaveLength(1)
  })

  it('counts what successes bring, and no failures of other processes', () => {
    const run = new RunBuilder()
    for (let index = 0; index < 10; index += 1) run.lost(run.call(), index)
    for (let index = 0; index < 6; index += 1) run.attempt(run.call(), 500 + index)
    expect(judge({ reason: 'budget' }, [{ status: 500 }], run)).toHaveLength(1)
    const other = new RunBuilder()
    for (let index = 0; index < 10; index += 1) other.lost(other.call(0, { process: 1 }), index)
    expect(judge({ reason: 'budget' }, [{ status: 500 }], other)).toHaveLength(1)
  })

  it('asks for a deadline where one is said to have passed', () => {
    expect(judge({ error: 'DEADLINE' }, [])).toHaveLength(1)
    expect(judge({ error: 'DEADLINE', deadlineAtMs: 90_000 }, [])).toEqual([])
    expect(judge({ reason: 'deadline' }, [{ status: 500 }])).toHaveLength(1)
  })

  it('names a call that is turned away although one that asks later is granted in its time', () => {
    expect(judgeTurnedAway({ grantedAtMs: 4_999 })).toEqual([
      'c1 fails with DEADLINE at 10, and a2, which asked after it, is granted at 4999, before its deadline at 5000',
    ])
    expect(judgeTurnedAway({ grantedAtMs: 5_000 })).toEqual([])
    expect(judgeTurnedAway({ grantedAtMs: 4_999, lane: 'chat  1' })).toEqual([])
    expect(judgeTurnedAway({ grantedAtMs: 4_999, leftAtMs: 3_000 })).toEqual([])
    expect(judgeTurnedAway({ grantedAtMs: 4_999, leftAtMs: 4_999 })).toEqual([])
    expect(judgeTurnedAway({ grantedAtMs: 4_999, leftAtMs: 9 })).toHaveLength(1)
  })

  it('does not compare calls that may ask for different tokens, nor a timer that was early', () => {
    const earlyTimers = { perMille: 300, byMsMax: 3 }
    const tokens = { tokensMax: 600, accounting: 'used', estimatePerMille: 1_000 } as never
    expect(judgeTurnedAway({ grantedAtMs: 4_999, scenario: { tokens } })).toEqual([])
    // Turned away 4,990 ms before its deadline: no timer is that early.
    expect(judgeTurnedAway({ grantedAtMs: 4_999, scenario: { earlyTimers } })).toHaveLength(1)
    expect(
      judgeTurnedAway({
        grantedAtMs: 4_999,
        scenario: { earlyTimers: { perMille: 300, byMsMax: 4_990 } },
      }),
    ).toEqual([])
  })

  it('counts a success of a fetch when its headers come, and not when its body has', () => {
    // Eleven successes pay for two of twelve failures that come after them, and for none that has come before.
    const kinds: Partial<Scenario>[] = [{ viaFetch: true }, {}]
    const judged = kinds.map((scenario) => {
      const run = new RunBuilder({ scenario })
      for (let index = 0; index < 12; index += 1) run.lost(run.call(), 100 + index)
      for (let index = 0; index < 11; index += 1) {
        run.attempt(run.call(), 0, { headersAtMs: 50, endedAtMs: 500 })
      }
      return judge({ reason: 'budget' }, [{ status: 503 }], run).length
    })
    expect(judged).toEqual([0, 1])
  })

  it('names a call that waits for its deadline although the queue leaves no place for it', () => {
    expect(judgeVain({ granted: 40, ahead: 20 }, 60_000)).toEqual([
      'c0 fails with DEADLINE after it waited from 10, when 40 grants of images and 20 calls ahead left no place for it',
    ])
    expect(judgeVain({ granted: 40, ahead: 19 }, 60_000)).toEqual([])
    // The first grants are a window old by then.
    expect(judgeVain({ granted: 40, ahead: 20 }, 60_001)).toEqual([])
    expect(judgeVain({ granted: 60, ahead: 60 }, 60_011)).toHaveLength(1)
    expect(judgeVain({ granted: 60, ahead: 59 }, 60_011)).toEqual([])
  })

  it('asks for a wait that was named where it is said to be too long', () => {
    expect(judge({ reason: 'server-delay' }, named('120'))).toHaveLength(1)
    expect(judge({ reason: 'server-delay' }, named('121'))).toEqual([])
    expect(judge({ error: 'LIMIT_EXCEEDED' }, [])).toHaveLength(1)
  })

  it('judges an answer that is handed back by any of the reasons', () => {
    const handed = { error: 'FailedAnswer' } as const
    expect(judge(handed, [{ status: 404 }])).toEqual([])
    expect(judge(handed, [{ status: 502 }])).toHaveLength(1)
  })

  it('names what is thrown by a bug, but for a body that broke off in its reader’s hands', () => {
    expect(judge({ error: 'TypeError' }, [{ status: 200 }])).toEqual([
      'c0 fails with TypeError, which is none of its errors',
    ])
    const run = new RunBuilder({ scenario: { viaFetch: true } })
    expect(judge({ error: 'TypeError' }, [{ status: 200, whole: false }], run)).toEqual([])
  })

  it('judges neither what was aborted nor what is not ours', () => {
    expect(judge({ error: 'SimulatedAbort', abortedAtMs: 5 }, [])).toEqual([])
    const run = new RunBuilder({ traits: { shippedRetry: false } })
    expect(judge({ error: 'Error' }, [{ status: 503 }], run)).toEqual([])
  })
})
