/** Shows, after the proof, what the code that people copy today does under a few seeds of the same kind. */
import { listCounterExamples } from './counter-examples.ts'
import { runInProcesses } from './pool.ts'
import { addUp } from './tally.ts'

const seeds: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

/** Text for the end of the default run; changes nothing in how the command ends. */
export async function demonstrateNaive(workers: number): Promise<string> {
  const setup = { subject: 'naive', profile: 'documented', drainTurns: 1, seeds, workers }
  const { runs, passed, violations } = addUp(await runInProcesses(setup))
  return `For comparison, the token bucket and retry loop that people copy today (sim/subjects/naive.ts):
${runs - passed} of ${runs} runs break a promise.
${listCounterExamples(violations, replayNaive)}
All of it: npm run sim -- --subject naive
`
}

function replayNaive(seed: number): string {
  return `npm run sim -- --subject naive --seed ${seed}`
}
