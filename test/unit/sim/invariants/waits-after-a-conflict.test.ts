import { describe, expect, it } from 'vitest'
import { waitsAfterAConflict } from '../../../../sim/invariants/waits-after-a-conflict.ts'
import type { Verdict } from '../../../../sim/invariants/types.ts'
import type { AttemptRecord } from '../../../../sim/world/record.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'
import { makePlan, makeWork } from '../../../helpers/work-record.ts'

/** The answer to a look: jobs in these states. */
function shows(...states: string[]): Partial<AttemptRecord> {
  return { status: 200, body: JSON.stringify({ data: states.map((status) => ({ status })) }) }
}

/** A 409 whose headers come at 100, looks by the instants at which they begin, and another start. */
function judge(looks: Record<number, Partial<AttemptRecord>>, nextAtMs = 10_000): Verdict {
  const run = new RunBuilder()
  const work = makeWork({ plan: makePlan({ kind: 'fine-tunes' }) })
  const start = { work, endpoint: 'fine-tunes', request: 'POST /v1/fine-tunes' } as const
  run.attempt(run.call(0, start), 0, { status: 409 })
  for (const [atMs, answer] of Object.entries(looks)) {
    const look = { work, endpoint: 'other', request: 'GET /v1/fine-tunes' } as const
    run.attempt(run.call(Number(atMs), look), Number(atMs), answer)
  }
  run.attempt(run.call(nextAtMs, start), nextAtMs)
  const record = run.build()
  record.works.push(work)
  return waitsAfterAConflict.judge(record)
}

describe('waits-after-a-conflict', () => {
  it('holds where a look since then has shown a place', () => {
    const looks = { 5_000: shows('running', 'running', 'completed', 'cancelled', 'error') }
    expect(judge(looks)).toEqual({ checks: 1, violations: [] })
  })

  it.each([
    ['there was no look', {}],
    ['it showed none', { 5_000: shows('running', 'pending', 'cancel_requested') }],
    ['it was on its way when the 409 came', { 50: shows() }],
    ['its answer came too late', { 9_950: shows() }],
    ['it failed', { 5_000: { status: 503 } }],
    ['its answer was cut', { 5_000: { ...shows(), whole: false } }],
  ])('finds a start where %s', (_case, looks) => {
    expect(judge(looks).violations).toEqual([
      { atMs: 10_000, message: expect.stringMatching(/^c\d\/1 .* 409 of c0 at 100/) },
    ])
  })

  it('does not judge what was on its way before the 409 came', () => {
    expect(judge({}, 50)).toEqual({ checks: 1, violations: [] })
  })

  it('has nothing to judge without fine-tunes', () => {
    expect(waitsAfterAConflict.judge(new RunBuilder().build())).toEqual({
      checks: 0,
      violations: [],
    })
  })
})
