import { describe, expect, it } from 'vitest'
import { findsTheRate } from '../../../../sim/invariants/finds-the-rate.ts'
import type { DynamicPlan, Latency } from '../../../../sim/scenario/types.ts'
import { makeScenario, RunBuilder } from '../../../helpers/run-record.ts'

const dynamic: DynamicPlan = {
  headers: 'dynamic',
  basePerMinute: 60,
  capPerMinute: 300,
  memoryMs: 60_000,
}

interface Growth {
  /** Between two requests, in the second half of the run. */
  everyMs: number
  toMs?: number
  out?: Latency
  status?: number
}

function judge({ everyMs, toMs = 240_000, out, status = 200 }: Growth): [number, number] {
  const { network } = makeScenario()
  const ways = out === undefined ? network : network.map((phase) => ({ ...phase, out }))
  const run = new RunBuilder({ scenario: { dynamic, network: ways } })
  for (let atMs = 0; atMs < toMs / 2; atMs += 1_000) run.attempt(run.call(0), atMs)
  for (let atMs = toMs / 2; atMs <= toMs; atMs += everyMs) {
    run.attempt(run.call(0), atMs, { status })
  }
  const { checks, violations } = findsTheRate.judge(run.build())
  return [checks, violations.length]
}

describe('finds-the-rate', () => {
  it('holds where more than the base is answered well in the end', () => {
    expect(judge({ everyMs: 600 })).toEqual([1, 0])
  })

  it('finds a client that stays at the base, or whose requests are refused above it', () => {
    expect(judge({ everyMs: 1_000 })).toEqual([1, 1])
    expect(judge({ everyMs: 600, status: 429 })).toEqual([1, 1])
  })

  it('does not judge short runs, nor ways that vary by seconds', () => {
    expect(judge({ everyMs: 1_000, toMs: 170_000 })).toEqual([0, 0])
    const wide = { kind: 'uniform', minMs: 0, maxMs: 5_000 } as const
    expect(judge({ everyMs: 1_000, out: wide })).toEqual([0, 0])
    const skewed = { kind: 'lognormal', medianMs: 300, sigma: 1.2, minMs: 0, maxMs: 5_000 } as const
    expect(judge({ everyMs: 1_000, out: skewed })).toEqual([0, 0])
  })
})
