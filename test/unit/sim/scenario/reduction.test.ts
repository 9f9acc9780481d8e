/** The ways of trying smaller scenarios: which are offered, in which order, and where a search goes on. */
import { describe, expect, it } from 'vitest'
import { drawScenario } from '../../../../sim/scenario/draw-scenario.ts'
import { beginning, reduceScenario } from '../../../../sim/scenario/reduce/index.ts'
import {
  start,
  tryLess,
  tryWithout,
  type Place,
  type Reduction,
} from '../../../../sim/scenario/reduce/reduction.ts'
import type { CallStream, Scenario } from '../../../../sim/scenario/types.ts'

const drawn = drawScenario(1, { isShipped: false, profile: 'documented' })

function withCounts(counts: readonly number[]): Scenario {
  const stream: Omit<CallStream, 'count'> = {
    fromMs: 0,
    overMs: 0,
    spacing: 'even',
    endpoint: 'chat',
  }
  return { ...drawn, calls: counts.map((count) => ({ ...stream, count })) }
}

function countsOf({ calls }: Scenario): number[] {
  return calls.map(({ count }) => count)
}

/** Takes every attempt for which the failure still shows, as fast-check does. @returns All that was tried. */
function search(
  reduction: Reduction,
  scenario: Scenario,
  stillFails: (counts: number[]) => boolean,
): { tried: number[][]; smallest: number[] } {
  const tried: number[][] = []
  let [current, place]: [Scenario, Place] = [scenario, start]
  for (let isOver = false; !isOver;) {
    isOver = true
    for (const attempt of reduction(current, place)) {
      const counts = countsOf(attempt.scenario)
      tried.push(counts)
      if (!stillFails(counts)) continue
      current = attempt.scenario
      place = attempt.next
      isOver = false
      break
    }
  }
  return { tried, smallest: countsOf(current) }
}

const calls = tryWithout({
  count: (scenario) => scenario.calls.length,
  without: (scenario, from, to) => ({
    ...scenario,
    calls: scenario.calls.filter((_stream, index) => index < from || index >= to),
  }),
})

const counts = tryLess((scenario) =>
  scenario.calls.map(({ count }, at) => ({
    value: count,
    min: 1,
    set: (less) => ({
      ...scenario,
      calls: scenario.calls.map((stream, index) =>
        index === at ? { ...stream, count: less } : stream,
      ),
    }),
  })),
)

describe('a list', () => {
  it('is tried without all, then without halves, then without single ones', () => {
    const { tried } = search(calls, withCounts([1, 2, 3, 4]), () => false)
    expect(tried).toEqual([[], [3, 4], [1, 2], [2, 3, 4], [1, 3, 4], [1, 2, 4], [1, 2, 3]])
  })

  it('keeps what the failure needs, wherever it stands, and tries nothing twice', () => {
    const all = withCounts([1, 2, 3, 4, 5, 6, 7, 8])
    const { tried, smallest } = search(calls, all, (left) => left.includes(3) && left.includes(7))
    expect(smallest).toEqual([3, 7])
    expect(tried.length).toBeLessThanOrEqual(16)
  })
})

describe('a list of which single things can go one after the other', () => {
  it('loses them in one sweep, each neighbour after the last', () => {
    let length = 4
    const losesOne = (found: number[]): boolean => {
      if (found.length < length - 1) return false
      length = found.length
      return true
    }
    const { tried, smallest } = search(calls, withCounts([1, 2, 3, 4]), losesOne)
    expect(smallest).toEqual([])
    expect(tried.slice(-4)).toEqual([[2, 3, 4], [3, 4], [4], []])
  })
})

describe('a number', () => {
  it('is tried at its smallest first', () => {
    expect(search(counts, withCounts([700]), () => true)).toEqual({ tried: [[1]], smallest: [1] })
  })

  it.each([2, 3, 17, 601, 699])('comes near %i, where fewer do not show the failure', (needed) => {
    const { tried, smallest } = search(counts, withCounts([700]), ([count = 0]) => count >= needed)
    expect(smallest[0]).toBeGreaterThanOrEqual(needed)
    expect(smallest[0]).toBeLessThanOrEqual(needed + Math.max(1, needed / 15))
    expect(tried.length).toBeLessThanOrEqual(14)
  })

  it('is as round as there is room for', () => {
    const { smallest } = search(counts, withCounts([100_000]), ([count = 0]) => count >= 31_234)
    expect((smallest[0] ?? 0) % 100).toBe(0)
  })

  it('comes after the one before it', () => {
    const { smallest } = search(counts, withCounts([90, 80]), ([one = 0, two = 0]) => {
      return one >= 30 && two >= 20
    })
    expect(smallest[0]).toBeLessThan(33)
    expect(smallest[1]).toBeLessThan(23)
  })
})

describe('a scenario', () => {
  it('loses all that can be left out where everything shows the failure', () => {
    let [scenario, progress] = [
      drawScenario(14, { isShipped: true, profile: 'documented' }),
      beginning,
    ]
    for (let runs = 0; runs < 200; runs += 1) {
      const [next] = reduceScenario(scenario, progress)
      if (next === undefined) break
      ;({ scenario, progress } = next)
    }
    expect([...reduceScenario(scenario, beginning)]).toEqual([])
    const { calls: streams, faults, tenants, wallJumps, network, faultsEndMs } = scenario
    expect({ faults, tenants, wallJumps, faultsEndMs }).toEqual({
      faults: [],
      tenants: [],
      wallJumps: [],
      faultsEndMs: 0,
    })
    expect([streams.length + (scenario.works ?? []).length, network.length]).toEqual([1, 1])
  })

  it('loses parts that nobody knows by name: lists piece by piece, the rest as a whole', () => {
    const more = { hiccups: [{ atMs: 5 }, { atMs: 9 }], buggify: { perMille: 20 } }
    const texts = [...reduceScenario({ ...drawn, ...more }, beginning)].map(({ scenario }) =>
      JSON.stringify(scenario),
    )
    expect(texts.some((text) => !text.includes('hiccups') && text.includes('buggify'))).toBe(true)
    expect(texts.some((text) => !text.includes('buggify') && text.includes('hiccups'))).toBe(true)
    expect(texts.some((text) => text.includes('"hiccups":[{"atMs":9}]'))).toBe(true)
    expect(texts.some((text) => text.includes('"hiccups":[{"atMs":5}]'))).toBe(true)
  })

  it('is tried once more from the beginning when something has become smaller, and only then', () => {
    const [first] = reduceScenario(drawn, beginning)
    const smaller = first?.scenario ?? drawn
    const again = [...reduceScenario(smaller, first?.progress ?? beginning)]
    const anew = [...reduceScenario(smaller, beginning)]
    expect(again.length).toBeGreaterThan(anew.length)
    expect(again.slice(-anew.length)).toEqual(anew)
  })
})
