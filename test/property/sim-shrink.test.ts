/** Scenarios as fast-check shrinks them: every smaller one is fair, and the search ends. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scenarios } from '../../sim/scenario/arbitrary.ts'
import { listCommands } from '../../sim/scenario/commands.ts'
import { drawScenario } from '../../sim/scenario/draw-scenario.ts'
import { findUnfair } from '../../sim/scenario/legal.ts'
import { beginning, reduceScenario } from '../../sim/scenario/reduce/index.ts'
import type { Scenario } from '../../sim/scenario/types.ts'
import { shrinkScenario } from '../../sim/shrink.ts'

const kinds = fc.record({ isShipped: fc.boolean(), profile: fc.constant('documented') })
const drawnScenarios = kinds.chain((kind) => scenarios(kind))
/** Which of the smaller scenarios still show a failure: any that a cycle of these numbers says. */
const choices = fc.array(fc.nat(9), { minLength: 1, maxLength: 30 })

/** A walk through ever smaller scenarios. */
function* walk(scenario: Scenario, chosen: readonly number[]): Generator<Scenario, void> {
  let [current, progress] = [scenario, beginning]
  for (let step = 0; ; step += 1) {
    let passed = chosen[step % chosen.length] ?? 0
    let next: { scenario: Scenario; progress: typeof progress } | undefined
    for (next of reduceScenario(current, progress)) {
      passed -= 1
      if (passed < 0) break
    }
    if (next === undefined) return
    yield next.scenario
    ;({ scenario: current, progress } = next)
  }
}

describe('a drawn scenario', () => {
  it('is fair', () => {
    fc.assert(
      fc.property(drawnScenarios, (scenario) => {
        expect(findUnfair(scenario)).toBeUndefined()
      }),
      { numRuns: 1_000 },
    )
  })

  it('is what its seed says', () => {
    fc.assert(
      fc.property(scenarios({ isShipped: true, profile: 'documented' }), (scenario) => {
        const again = drawScenario(scenario.seed, { isShipped: true, profile: 'documented' })
        expect(scenario).toEqual(again)
      }),
      { numRuns: 50 },
    )
  })
})

describe('a smaller scenario', () => {
  it('is fair, one JSON value, and another than the one before', () => {
    fc.assert(
      fc.property(drawnScenarios, choices, (scenario, chosen) => {
        let before = JSON.stringify(scenario)
        let steps = 0
        for (const smaller of walk(scenario, chosen)) {
          const text = JSON.stringify(smaller)
          expect(findUnfair(smaller)).toBeUndefined()
          expect(JSON.parse(text)).toEqual(smaller)
          expect(text).not.toBe(before)
          before = text
          steps += 1
          if (steps > 1_000) throw new Error('the search does not end')
        }
      }),
      { numRuns: 100 },
    )
  }, 60_000)

  it('has no more commands than the one that it was made of', () => {
    fc.assert(
      fc.property(drawnScenarios, choices, (scenario, chosen) => {
        let before = listCommands(scenario).length
        for (const smaller of walk(scenario, chosen)) {
          const count = listCommands(smaller).length
          expect(count).toBeLessThanOrEqual(before)
          expect(count).toBeGreaterThan(0)
          before = count
        }
      }),
      { numRuns: 60 },
    )
  }, 60_000)
})

function hasLoss({ faults }: Scenario): boolean {
  return faults.some(({ do: action }) => action.kind === 'drop')
}

describe('fast-check', () => {
  it('shrinks a failing scenario to the one command that fails', async () => {
    const details = await fc.check(
      fc.asyncProperty(scenarios({ isShipped: true, profile: 'documented' }), async (scenario) => {
        expect(hasLoss(scenario)).toBe(false)
      }),
      { numRuns: 200 },
    )
    const [scenario] = details.counterexample ?? []
    expect(details.failed).toBe(true)
    expect(scenario?.faults).toHaveLength(1)
    expect(listCommands(scenario as Scenario)).toHaveLength(2)
  })

  it('shrinks a scenario that it has not drawn', async () => {
    const given = JSON.parse(
      JSON.stringify(drawScenario(14, { isShipped: true, profile: 'documented' })),
    ) as Scenario
    const needed = Math.ceil((given.calls[0]?.count ?? 0) / 3)
    const fails = async ({ calls }: Scenario): Promise<boolean> =>
      calls.some(({ count }) => count >= needed)
    const { scenario, isDone, runs } = await shrinkScenario(given, fails)
    expect(isDone).toBe(true)
    expect(runs).toBeGreaterThan(0)
    expect(listCommands(scenario)).toHaveLength(1)
    expect(scenario.calls[0]?.count).toBeLessThanOrEqual(needed * 1.1)
    // The same failure shrinks to the same scenario.
    expect(await shrinkScenario(given, fails)).toEqual({ scenario, isDone, runs })
  })

  it('stops after so many runs with what it has', async () => {
    const given = drawScenario(14, { isShipped: true, profile: 'documented' })
    let calls = 0
    const shrunk = await shrinkScenario(
      given,
      async () => {
        calls += 1
        return true
      },
      { runsMax: 3 },
    )
    expect({ calls, ...shrunk }).toMatchObject({ calls: 3, runs: 3, isDone: false })
    expect(listCommands(shrunk.scenario).length).toBeLessThan(listCommands(given).length)
  })

  it('leaves an unfair scenario as it is', async () => {
    const drawn = drawScenario(1, { isShipped: false, profile: 'documented' })
    const unfair = { ...drawn, faultsEndMs: 0 }
    expect(findUnfair(unfair)).toBeDefined()
    const { scenario, runs } = await shrinkScenario(unfair, async () => true)
    expect([scenario, runs]).toEqual([unfair, 0])
  })
})
