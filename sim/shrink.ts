/**
 * Makes a failing scenario smaller while it still breaks the same invariant, by fast-check's own search.
 *
 * It is bounded by a number of runs, so that the same failure always shrinks to the same scenario, and by the processor's
 * time, so that nobody waits for ever: a search that was cut short has found a smaller scenario, too.
 */
import * as fc from 'fast-check'
import { scenarios } from './scenario/arbitrary.ts'
import type { Scenario } from './scenario/types.ts'

export interface ShrinkLimits {
  /** How often the scenario may be run. @defaultValue 400 */
  runsMax?: number
  /** Milliseconds of this process's own work after which no further run begins. @defaultValue 9_000 */
  workMsMax?: number
}

export interface Shrunk {
  /** The smallest that was found; the given one where nothing can be left out. */
  scenario: Scenario
  /** How many were run. */
  runs: number
  /** Whether the search came to its own end. */
  isDone: boolean
}

/**
 * @param scenario - One that is known to break the invariant.
 * @param stillFails - Runs a scenario and says whether it breaks the invariant.
 */
export async function shrinkScenario(
  scenario: Scenario,
  stillFails: (candidate: Scenario) => Promise<boolean>,
  { runsMax = 400, workMsMax = 9_000 }: ShrinkLimits = {},
): Promise<Shrunk> {
  const endMs = workedMs() + workMsMax
  const shrunk: Shrunk = { scenario, runs: 0, isDone: true }
  const property = fc.asyncProperty(scenarios(kindOf(scenario)), async (candidate) => {
    // That it fails is known, and a run of a large one takes long.
    if (candidate === scenario) return false
    if (shrunk.runs >= runsMax || workedMs() >= endMs) {
      shrunk.isDone = false
      return true
    }
    shrunk.runs += 1
    const fails = await stillFails(candidate)
    if (fails) shrunk.scenario = candidate
    return !fails
  })
  await fc.check(property, { examples: [[scenario]], numRuns: 1, seed: scenario.seed | 0 })
  return shrunk
}

/** Nothing is drawn: the one example is what the search begins with. */
function kindOf({ profile, interface: used }: Scenario): { isShipped: boolean; profile: string } {
  return { isShipped: used === 'full', profile }
}

/** What this process has worked so far: on a busy machine less than the time that has passed. */
export function workedMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
