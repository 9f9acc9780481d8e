import { describe, expect, it } from 'vitest'
import type { RunSummary } from '../../../sim/judge.ts'
import { sometimes } from '../../../sim/sometimes.ts'
import { addUp } from '../../../sim/tally.ts'

function summary(seed: number, changes: Partial<RunSummary> = {}): RunSummary {
  return { seed, traceHash: `trace-${seed}`, violations: [], checks: {}, met: [], ...changes }
}

/** The hash of runs of these seeds. */
function hash(...seeds: number[]): string {
  return addUp(seeds.map((seed) => summary(seed))).traceHash
}

const violation = {
  invariant: 'fifo-within-key',
  seed: 2,
  atMs: 7,
  message: 'out of order',
} as const

describe('addUp', () => {
  it('adds checks by invariant and counts the runs that met something', () => {
    const [name = ''] = sometimes.map((each) => each.name)
    const tally = addUp([
      summary(1, { checks: { 'fifo-within-key': 3 }, met: [name] }),
      summary(2, { checks: { 'fifo-within-key': 4, 'abort-is-prompt': 1 }, met: [name] }),
    ])
    expect(tally.checks).toEqual({ 'fifo-within-key': 7, 'abort-is-prompt': 1 })
    expect(tally.sometimes[name]).toBe(2)
  })

  it('counts as passed the runs without a violation, however many one run has', () => {
    const tally = addUp([summary(1), summary(2, { violations: [violation, violation] })])
    expect(tally).toMatchObject({ runs: 2, passed: 1, violations: [violation, violation] })
  })

  it('lists what was never met as 0', () => {
    expect(Object.values(addUp([]).sometimes)).toEqual(sometimes.map(() => 0))
  })

  it('keeps the hash of a single run, so that a replay shows the one that was printed', () => {
    expect(addUp([summary(5)]).traceHash).toBe('trace-5')
  })

  it('makes one hash of many runs, which depends on each and on their order', () => {
    expect(hash(1, 2)).toMatch(/^[0-9a-f]{16}$/)
    expect(hash(1, 2)).toBe(hash(1, 2))
    expect(new Set([hash(1, 2), hash(2, 1), hash(1, 3), hash(1, 2, 3)]).size).toBe(4)
  })
})

describe('the sometimes', () => {
  it('have names of their own', () => {
    const names = sometimes.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})
