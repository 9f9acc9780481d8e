import { describe, expect, it } from 'vitest'
import { everyCallSettlesOnce } from '../../../../sim/invariants/every-call-settles-once.ts'
import type { AttemptRecord, CallRecord } from '../../../../sim/world/record.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'

/** The messages about one call with one attempt at 0. */
function judge(call: Partial<CallRecord>, attempt?: Partial<AttemptRecord>): string[] {
  const run = new RunBuilder()
  run.attempt(run.call(0, call), 0, attempt)
  return everyCallSettlesOnce.judge(run.build()).violations.map(({ message }) => message)
}

describe('every-call-settles-once', () => {
  it('has nothing to judge without calls', () => {
    expect(everyCallSettlesOnce.judge(new RunBuilder().build()).checks).toBe(0)
  })

  it('holds for a call that resolves with its answer, and for one that rejects', () => {
    expect(judge({})).toEqual([])
    expect(judge({ outcome: 'rejected', settledAtMs: 100 }, { status: 500 })).toEqual([])
  })

  it('finds a call that never settles', () => {
    expect(judge({ outcome: 'pending', settledAtMs: undefined })).toEqual(['c0 never settles'])
  })

  it('finds a request that is sent after the call has settled, not one of that instant', () => {
    const run = new RunBuilder()
    const early = run.call(0, { outcome: 'rejected', settledAtMs: 200 })
    run.attempt(early, 200)
    const late = run.call(0, { outcome: 'rejected', settledAtMs: 199 })
    run.attempt(late, 200)
    expect(everyCallSettlesOnce.judge(run.build())).toEqual({
      checks: 2,
      violations: [{ atMs: 200, message: expect.stringMatching(/^c1 .*attempt 1 afterwards/) }],
    })
  })

  it.each<[string, Partial<AttemptRecord>]>([
    ['an error', { status: 500 }],
    ['a body that was cut', { whole: false }],
    ['no answer', { status: undefined, headersAtMs: undefined, endedAtMs: 100, whole: false }],
    ['an answer that came later', { headersAtMs: 101, endedAtMs: 101 }],
  ])('finds a call that resolves on %s', (_case, attempt) => {
    expect(judge({ settledAtMs: 100 }, attempt)).toEqual(['c0 resolves without a good answer'])
  })

  it('finds a value that is not the body', () => {
    expect(judge({ valueMatches: false })).toEqual([
      expect.stringContaining('something else than the JSON body'),
    ])
  })
})
