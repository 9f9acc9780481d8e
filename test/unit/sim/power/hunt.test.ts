import { describe, expect, it } from 'vitest'
import { seedsFor, type Baseline } from '../../../../sim/power/baseline.ts'
import type { Ending, Runner } from '../../../../sim/power/bench.ts'
import { hunt } from '../../../../sim/power/hunt.ts'
import type { RunReport } from '../../../../sim/power/messages.ts'
import { none } from '../../../../sim/power/switch.ts'

function report(seed: number, more: Partial<RunReport> = {}): RunReport {
  const about = { kind: 'quota', broken: [], message: '', checks: 100 - seed, met: [0] }
  return { traceHash: `plain ${seed}`, ...about, ...more }
}

const baseline: Baseline = {
  bySeed: new Map([
    [1, report(1)],
    [2, report(2, { kind: 'storm' })],
    [3, report(3, { met: [] })],
    [4, report(4)],
  ]),
  atLoad: new Set([7]),
}

/** Plays the process; `play` says how a seed ends, and how often it has been started anew. */
function runnerOf(play: (order: { mutant: number; seed: number }, starts: number) => Ending): {
  runner: Runner
  orders: string[]
} {
  const orders: string[] = []
  let [starts, loadedWith] = [0, none]
  const runner: Runner = {
    get isLoadedWithNone() {
      return starts > 0 && loadedWith === none
    },
    start: async (mutant) => {
      starts += 1
      loadedWith = mutant
      orders.push(`start ${mutant}`)
      return mutant === 9 ? 'ReferenceError' : undefined
    },
    run: async (order) => {
      orders.push(`${order.mutant} in ${order.seed}`)
      return play(order, starts)
    },
  }
  return { runner, orders }
}

const holds = (seed: number, more: Partial<RunReport> = {}): Ending => ({
  kind: 'judged',
  report: report(seed, more),
})
const breaks = (seed: number): Ending =>
  holds(seed, { traceHash: 'other', broken: ['fifo-within-key'], message: 'overtaken' })

describe('seedsFor', () => {
  it('tries those that come to the place, kinds in turn, the shorter first', () => {
    expect(seedsFor(0, baseline)).toEqual([4, 2, 1])
    expect(seedsFor(5, baseline)).toEqual([])
  })

  it('tries all of them for what acts while modules are loaded', () => {
    expect(seedsFor(7, baseline)).toEqual([4, 2, 3, 1])
  })
})

describe('hunt', () => {
  const limits = { baseline, msMax: 60_000 }

  it('stops at the first seed that shows it, once the same seed has held without it', async () => {
    const { runner, orders } = runnerOf(({ mutant, seed }) =>
      mutant === 0 && seed === 2 ? breaks(seed) : holds(seed),
    )
    const found = await hunt(runner, 0, limits)
    expect(found).toMatchObject({
      outcome: 'found',
      by: ['fifo-within-key'],
      message: 'overtaken',
      seed: 2,
      runs: 2,
      tracesChanged: 1,
    })
    expect(orders).toEqual([`start ${none}`, '0 in 4', '0 in 2', `${none} in 2`])
  })

  it('finds what is wrong on the same trace, as a counter is', async () => {
    const { runner } = runnerOf(({ mutant, seed }) =>
      mutant === 0 ? holds(seed, { broken: ['accounting-adds-up'] }) : holds(seed),
    )
    const found = await hunt(runner, 0, limits)
    expect(found).toMatchObject({ outcome: 'found', by: ['accounting-adds-up'], tracesChanged: 0 })
  })

  it('takes nothing for its doing that the process does without it as well', async () => {
    const { runner } = runnerOf(({ seed }, starts) => (starts < 2 ? breaks(seed) : holds(seed)))
    expect(await hunt(runner, 0, limits)).toMatchObject({ outcome: 'survived', runs: 3 })
  })

  it('survives where all holds, and says in how many runs anything was different', async () => {
    const { runner } = runnerOf(({ mutant, seed }) =>
      mutant === 0 && seed === 1 ? holds(seed, { traceHash: 'other' }) : holds(seed),
    )
    expect(await hunt(runner, 0, limits)).toMatchObject({
      outcome: 'survived',
      runs: 3,
      seeds: 3,
      tracesChanged: 1,
    })
  })

  it('is told of crashes and hangs', async () => {
    const { runner } = runnerOf(({ mutant, seed }) =>
      mutant === 0 ? { kind: 'hang', message: 'no end' } : holds(seed),
    )
    expect(await hunt(runner, 0, limits)).toMatchObject({ outcome: 'found', by: ['hang'], seed: 4 })
  })

  it('knows what no seed comes to from what does not load', async () => {
    const { runner } = runnerOf(({ seed }) => holds(seed))
    expect(await hunt(runner, 5, limits)).toMatchObject({ outcome: 'unreached', runs: 0 })
    const static9 = { ...baseline, atLoad: new Set([9]) }
    const invalid = await hunt(runner, 9, { baseline: static9, msMax: 60_000 })
    expect(invalid).toMatchObject({ outcome: 'invalid', message: 'ReferenceError' })
  })

  it('stops when its time is up', async () => {
    const { runner } = runnerOf(({ seed }) => holds(seed))
    const cut = await hunt(runner, 0, { baseline, msMax: -1 })
    expect(cut).toMatchObject({ outcome: 'survived', runs: 0, isCutShort: true })
  })
})
