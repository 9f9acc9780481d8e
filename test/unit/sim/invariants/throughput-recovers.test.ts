import { describe, expect, it } from 'vitest'
import { throughputRecovers } from '../../../../sim/invariants/throughput-recovers.ts'
import type { Verdict } from '../../../../sim/invariants/types.ts'
import type { Scenario } from '../../../../sim/scenario/types.ts'
import { makeScenario, RunBuilder } from '../../../helpers/run-record.ts'
import { addTraffic, type Traffic } from '../../../helpers/saturated-run.ts'

// Faults end at 10 s; with a timeout of 30 s and a bound of 5 s the throughput is due at 10 + 60 + 30 + 5 + 300 s.
const dueMs = 405_000
const recovery: Partial<Scenario> = { faultsEndMs: 10_000, topUp: { waitingMin: 50 } }

function judge(traffic: Traffic, scenario: Partial<Scenario> = recovery): Verdict {
  const run = new RunBuilder({ scenario })
  addTraffic(run, traffic)
  return throughputRecovers.judge(run.build())
}

describe('throughput-recovers', () => {
  it('holds for one full window after the faults', () => {
    // Slots are taken until 60.1 s; the window from 45 s on holds 95.1 % on average, and ends 95 s after the faults.
    expect(judge({ everyMs: 102, toMs: 180_000 })).toEqual({
      checks: 1,
      violations: [],
      bounds: [{ what: 'recovered', actualMs: 95_000, boundMs: dueMs - 10_000 }],
    })
  })

  it('finds a limiter that stays slow while calls wait', () => {
    expect(judge({ everyMs: 150, toMs: dueMs + 60_000 })).toEqual({
      checks: 1,
      violations: [{ atMs: dueMs, message: expect.stringMatching(/^at most 66\.\d %/) }],
      bounds: [{ what: 'recovered', actualMs: undefined, boundMs: dueMs - 10_000 }],
    })
  })

  it('does not let a window before the end of the faults count', () => {
    const run = new RunBuilder({ scenario: { ...recovery, faultsEndMs: 100_000 } })
    addTraffic(run, { everyMs: 102, toMs: 99_000 })
    addTraffic(run, { everyMs: 400, fromMs: 99_000, toMs: 600_000 })
    expect(throughputRecovers.judge(run.build()).violations).toHaveLength(1)
  })

  it('does not let a recovery after the bound count', () => {
    const run = new RunBuilder({ scenario: recovery })
    addTraffic(run, { everyMs: 500, toMs: dueMs - 30_000 })
    addTraffic(run, { everyMs: 102, fromMs: dueMs - 30_000, toMs: dueMs + 200_000 })
    expect(throughputRecovers.judge(run.build()).violations).toHaveLength(1)
  })

  it('gives the time that the longest hint names', () => {
    const run = new RunBuilder({ scenario: recovery })
    run.attempt(run.call(), 0, { status: 429, hints: { 'retry-after': '200' } })
    addTraffic(run, { everyMs: 500, toMs: dueMs - 30_000 })
    addTraffic(run, { everyMs: 100, fromMs: dueMs - 30_000, toMs: dueMs + 200_000 })
    expect(throughputRecovers.judge(run.build())).toMatchObject({ checks: 1, violations: [] })
  })

  it('finds a limiter that grants nothing at all any more', () => {
    const run = new RunBuilder({ scenario: recovery })
    run.acquire(0)
    run.attempt(run.call(), 0)
    run.acquire(1, { grantedAtMs: undefined })
    expect(throughputRecovers.judge(run.build()).violations).toHaveLength(1)
  })

  it('judges by the bound where nobody releases: 600 slots of 65 s are full at one in 108 ms', () => {
    const mute = { released: false }
    expect(judge({ everyMs: 110, toMs: 300_000, acquire: mute }).violations).toEqual([])
  })

  it.each<[string, Traffic, Partial<Scenario>]>([
    ['the queue is not kept full', { everyMs: 150, toMs: dueMs + 60_000 }, { faultsEndMs: 10_000 }],
    ['calls do not wait all the time', { everyMs: 150, toMs: dueMs - 1_000 }, recovery],
    [
      'a cap on what runs at once may bind',
      { everyMs: 150, toMs: dueMs + 60_000 },
      { ...recovery, settings: { ...makeScenario().settings, concurrencyMax: 5 } },
    ],
  ])('judges nothing where %s', (_case, traffic, scenario) => {
    expect(judge(traffic, scenario)).toEqual({ checks: 0, violations: [] })
  })
})
