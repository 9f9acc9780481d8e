import { describe, expect, it } from 'vitest'
import type { RunDigest } from '../../../../../sim/digest.ts'
import type { RunSummary } from '../../../../../sim/judge.ts'
import { chooseSeeds } from '../../../../../sim/report/html/choose-runs.ts'

function run(seed: number, digest: Partial<RunDigest>, isBroken = false): RunSummary {
  const violation = { invariant: 'fifo-within-key', seed, atMs: 0, message: '' } as const
  return {
    seed,
    traceHash: '',
    violations: isBroken ? [violation] : [],
    checks: {},
    met: [],
    digest: {
      theme: 'quota',
      callsByAttempts: [],
      pauses: 0,
      endings: {},
      longestWaitMs: 0,
      endMs: 0,
      ...digest,
    },
  }
}

describe('chooseSeeds', () => {
  it('takes of each kind the run that presses hardest, of equals the first', () => {
    const seeds = chooseSeeds([
      run(1, { longestWaitMs: 5 }),
      run(2, { longestWaitMs: 9 }),
      run(3, { longestWaitMs: 9 }),
      run(4, { theme: 'tokens' }),
      run(5, { theme: 'storm', pauses: 1 }),
      run(6, { theme: 'storm', endings: { refused: 7 } }),
    ])
    expect(seeds).toEqual([2, 5, 4])
  })

  it('shows what fails before all else, and not all of it', () => {
    const seeds = chooseSeeds([
      run(1, { longestWaitMs: 5 }),
      ...[2, 3, 4].map((seed) => run(seed, { theme: 'work' }, true)),
    ])
    expect(seeds).toEqual([2, 3, 1])
  })

  it('leaves out runs that have no end, and has a bound', () => {
    const { digest: _none, ...hang } = run(1, {}, true)
    const themes = ['quota', 'storm', 'outage', 'tokens', 'recovery', 'dynamic', 'work'] as const
    const seeds = chooseSeeds([hang, ...themes.map((theme, index) => run(10 + index, { theme }))])
    expect(seeds).toEqual([10, 11, 12, 13])
  })
})
