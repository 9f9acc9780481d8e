/** The same identity gives the same trace: some of the seeds are run again, in another process, with twice the drain turns. */
import type { RunSummary } from './judge.ts'
import { runInProcesses, type WorkerSetup } from './pool.ts'

/** Enough to meet every theme. */
const rerunsMax = 8

/** The seeds that are run twice: spread over the set. */
export function seedsToRerun(seeds: readonly number[]): number[] {
  const step = Math.max(1, Math.floor(seeds.length / rerunsMax))
  return seeds.filter((_seed, index) => index % step === 0).slice(0, rerunsMax)
}

/**
 * Runs seeds once more and writes the verdict of `same-seed-same-trace` into the summaries of the first time.
 *
 * @param summaries - What the first time found, of these seeds and others.
 */
export async function judgeReruns(
  setup: WorkerSetup,
  seeds: readonly number[],
  summaries: readonly RunSummary[],
): Promise<void> {
  const bySeed = new Map(summaries.map((summary) => [summary.seed, summary]))
  const elsewhere = { ...setup, drainTurns: 2 * setup.drainTurns, seeds, workers: 1 }
  for (const { seed, traceHash } of await runInProcesses(elsewhere)) {
    const first = bySeed.get(seed)
    if (first === undefined) continue
    first.checks['same-seed-same-trace'] = 1
    if (first.traceHash === traceHash) continue
    const message = `trace hash ${first.traceHash}; in another process with twice the drain turns ${traceHash}`
    first.violations.push({ invariant: 'same-seed-same-trace', seed, atMs: 0, message })
  }
}
