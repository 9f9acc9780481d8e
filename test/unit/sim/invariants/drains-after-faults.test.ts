import { describe, expect, it } from 'vitest'
import { workEndsByMs } from '../../../../sim/bounds.ts'
import { drainsAfterFaults } from '../../../../sim/invariants/drains-after-faults.ts'
import { RunBuilder } from '../../../helpers/run-record.ts'
import { makePlan, makeWork } from '../../../helpers/work-record.ts'

// One call at 0, faults until 10 s: 10 + 60 + 30 + 5 + 300 s, and 60.1 / (0.95 x 600) s for the call itself.
const boundMs = 405_000 + 60_100 / 570

function judge(settledAtMs: number | undefined): ReturnType<typeof drainsAfterFaults.judge> {
  const run = new RunBuilder({ scenario: { faultsEndMs: 10_000 } })
  run.acquire(0)
  run.attempt(run.call(0, { settledAtMs }), 0)
  return drainsAfterFaults.judge(run.build())
}

function workBoundMs(changes: Parameters<typeof makePlan>[0]): number {
  return workEndsByMs(new RunBuilder().build(), makeWork({ plan: makePlan(changes) }))
}

describe('drains-after-faults', () => {
  it('holds for a call that ends by the bound', () => {
    expect(judge(Math.floor(boundMs))).toMatchObject({ checks: 1, violations: [] })
  })

  it('says what was needed of the bound, from the end of the faults on', () => {
    const use = { what: 'drained', boundMs: Math.floor(boundMs - 10_000) }
    expect(judge(15_000).bounds).toEqual([{ ...use, actualMs: 5_000 }])
    expect(judge(9_000).bounds).toEqual([{ what: 'drained', boundMs: 395_000, actualMs: 0 }])
    expect(judge(undefined).bounds).toEqual([{ ...use, actualMs: undefined }])
  })

  it('says so for each long run, from its own beginning on', () => {
    const record = new RunBuilder().build()
    record.works.push(makeWork({ startedAtMs: 1_000, endedAtMs: 8_000 }), makeWork({}))
    const [first, second] = drainsAfterFaults.judge(record).bounds ?? []
    const work = record.works[0] ?? makeWork({})
    const workMs = workEndsByMs(record, work) - 1_000
    expect(first).toEqual({ what: 'long run', actualMs: 7_000, boundMs: workMs })
    expect(second?.what).toBe('long run')
  })

  it('finds a call that ends later, or never', () => {
    const [late] = judge(Math.ceil(boundMs)).violations
    expect(late).toEqual({ atMs: 405_106, message: expect.stringContaining('c0 ends at 405106') })
    expect(judge(undefined).violations[0]?.message).toContain('1 calls have not ended')
    expect(judge(undefined).violations[0]?.message).toContain('c0 ends never')
  })

  it.each([undefined, 10_000_000])('finds a long run that ends at %s', (endedAtMs) => {
    const record = new RunBuilder().build()
    record.works.push(makeWork({ endedAtMs }))
    const { checks, violations } = drainsAfterFaults.judge(record)
    expect(checks).toBe(1)
    expect(violations).toEqual([
      {
        atMs: expect.any(Number),
        message: expect.stringMatching(/^the long run w0 has not ended/),
      },
    ])
  })

  it('gives a long run time for its items, its consumer and the search for what is refused', () => {
    // 60 + 30 + 5 + 300 s, the gate's 75 s, and 60 / (0.95 x 300) s for each item.
    expect(workBoundMs({ items: 10 })).toBe(Math.ceil(470_000 + 10 * (60_000 / 285)))
    expect(workBoundMs({ items: 10, takingMs: 100 })).toBe(Math.ceil(471_000 + 10 * (60_000 / 285)))
    const poisons = [{ index: 3, status: 400 }]
    const file = { crashes: [{ kind: 'process' as const, afterMs: 5_000 }], full: [] }
    expect(workBoundMs({ items: 0, file: { ...file, writeMs: { minMs: 0, maxMs: 1 } } })).toBe(
      535_000,
    )
    expect(workBoundMs({ items: 10, poisons })).toBe(Math.ceil(470_000 + 22 * (60_000 / 285)))
  })

  it('has nothing to judge without calls', () => {
    expect(drainsAfterFaults.judge(new RunBuilder().build())).toEqual({ checks: 0, violations: [] })
  })
})
