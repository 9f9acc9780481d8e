/**
 * Makes a failing scenario smaller while it still breaks the same invariant: greedily, the largest parts first.
 *
 * It is bounded by a number of runs and not by time, so that the same failure always shrinks to the same scenario.
 */
import type { Scenario } from './scenario/types.ts'

type Step = (scenario: Scenario) => Scenario

/**
 * @param stillFails - Runs a scenario and says whether it breaks the invariant.
 * @param runsMax - How often `stillFails` may be called.
 * @returns The smallest scenario found; the given one where nothing can be left out.
 */
export async function shrinkScenario(
  scenario: Scenario,
  stillFails: (candidate: Scenario) => Promise<boolean>,
  runsMax: number,
): Promise<Scenario> {
  let smallest = scenario
  let runs = 0
  // A step that helped is tried again: half of the calls, then half of those.
  for (const step of stepsFor(scenario)) {
    for (let helped = true; helped && runs < runsMax;) {
      const candidate = step(smallest)
      helped = JSON.stringify(candidate) !== JSON.stringify(smallest)
      if (!helped) break
      runs += 1
      helped = await stillFails(candidate)
      if (helped) smallest = candidate
    }
  }
  return smallest
}

/** Whole kinds first, then single parts. */
function stepsFor(scenario: Scenario): Step[] {
  return [
    (current) => ({ ...current, faults: [], tenants: [] }),
    (current) => ({ ...current, wallJumps: [] }),
    ({ lies: _lies, ...current }) => current,
    ...(scenario.works ?? []).map((_work, index) => dropWork(index)),
    halveWorks,
    (current) => ({ ...current, network: current.network.slice(0, 1), driftPpm: 0 }),
    ...scenario.calls.map((_stream, index) => dropStream(index)),
    halveCalls,
    ...scenario.faults.map(({ id }) => dropFault(id)),
  ]
}

/** The first stream stays: without calls there is nothing to judge. */
function dropStream(index: number): Step {
  return (current) =>
    index > 0 && index < current.calls.length
      ? { ...current, calls: current.calls.filter((_stream, at) => at !== index) }
      : current
}

/** The last stays, or the smaller scenario could not show what was wrong. */
function dropWork(index: number): Step {
  return (current) => {
    const { works = [] } = current
    if (works.length < 2) return current
    return { ...current, works: works.filter((_work, at) => at !== index) }
  }
}

function halveWorks(current: Scenario): Scenario {
  const { works } = current
  if (works === undefined) return current
  return {
    ...current,
    works: works.map((work) => {
      const items = Math.ceil(work.items / 2)
      return { ...work, items, poisons: work.poisons.filter(({ index }) => index < items) }
    }),
  }
}

function halveCalls(current: Scenario): Scenario {
  return {
    ...current,
    calls: current.calls.map((stream) => ({ ...stream, count: Math.ceil(stream.count / 2) })),
  }
}

function dropFault(id: string | undefined): Step {
  return (current) => ({ ...current, faults: current.faults.filter((rule) => rule.id !== id) })
}
