/** Plants the mutants, makes sure of the seeds, and hunts one mutant after the other on all cores. */
import { Bench } from './bench.ts'
import { runBaseline } from './baseline.ts'
import type { Candidate } from './candidates.ts'
import { makeCopy } from './copy.ts'
import { hunt, type Hunt } from './hunt.ts'

export interface Hunted {
  mutant: Candidate
  hunt: Hunt
}

export interface MutantsSetup {
  seeds: readonly number[]
  /** Processes, at least 1. */
  workers: number
  /** Real milliseconds for each mutant at the most. */
  msMax: number
}

export interface Watcher {
  onBaselineRun: () => void
  onHunted: (hunted: Hunted) => Promise<void>
}

/**
 * @returns In the order of the mutants.
 * @throws {Error} When a seed does not hold without a mutant.
 */
export async function runMutants(
  mutants: readonly Candidate[],
  { seeds, workers, msMax }: MutantsSetup,
  watcher: Watcher,
): Promise<Hunted[]> {
  const copy = await makeCopy(mutants)
  const benches = Array.from({ length: workers }, () => new Bench(copy.worker))
  const hunts = new Map<number, Hunted>()
  try {
    const baseline = await runBaseline(benches, seeds, watcher.onBaselineRun)
    // Those that need a process of their own come last: before them, one process serves for all.
    const numbers = [...mutants.keys()]
    const waiting = [
      ...numbers.filter((number) => !baseline.atLoad.has(number)),
      ...numbers.filter((number) => baseline.atLoad.has(number)),
    ]
    const huntOn = async (bench: Bench): Promise<void> => {
      for (let number = waiting.shift(); number !== undefined; number = waiting.shift()) {
        const hunted = {
          mutant: mutants[number]!,
          hunt: await hunt(bench, number, { baseline, msMax }),
        }
        hunts.set(number, hunted)
        await watcher.onHunted(hunted)
      }
    }
    await Promise.all(benches.map(huntOn))
  } finally {
    for (const bench of benches) bench.stop()
    await copy.remove()
  }
  return [...mutants.keys()].flatMap((number) => hunts.get(number) ?? [])
}
