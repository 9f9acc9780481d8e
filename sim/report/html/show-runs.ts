/** Runs again, in this process, what the report shows whole. */
import type { CounterExample } from '../../counter-examples.ts'
import type { RunOutcome, RunSummary } from '../../judge.ts'
import { chooseSeeds } from './choose-runs.ts'
import type { ShownRun } from './types.ts'

export interface ShowContext {
  run: (seed: number) => Promise<RunOutcome>
  replay: (seed: number) => string
  /** What has been run again already. */
  examples: readonly CounterExample[]
}

export async function showRuns(
  summaries: readonly RunSummary[],
  { run, replay, examples }: ShowContext,
): Promise<ShownRun[]> {
  const found = new Map(
    examples.flatMap(({ shown }) =>
      shown === undefined ? [] : [[shown.outcome.seed, shown.outcome] as const],
    ),
  )
  const shown: ShownRun[] = []
  for (const seed of chooseSeeds(summaries)) {
    const { record, ...summary } = found.get(seed) ?? (await run(seed))
    shown.push({ record, summary, replay: replay(seed) })
  }
  return shown
}
