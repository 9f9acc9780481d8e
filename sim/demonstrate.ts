/** Shows, after the proof, what the code that people copy today does under a few of the same seeds. */
import { CounterExamples } from './counter-examples.ts'
import { drawScenario } from './scenario/draw-scenario.ts'
import { loadSubject } from './subjects/load.ts'
import { runScenarios } from './run-seeds.ts'
import type { VirtualTime } from './world/time.ts'

const seeds: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

/** Changes nothing in how the command ends. */
export async function demonstrateNaive(time: VirtualTime, print: (text: string) => void): Promise<void> {
  const subject = await loadSubject('naive')
  const examples = new CounterExamples((seed) => `npm run sim -- --subject naive --seed ${seed}`)
  const scenarios = seeds.map((seed) => drawScenario(seed, { isShipped: false, profile: 'documented' }))
  const tally = await runScenarios(time, subject, scenarios, (outcome) => examples.add(outcome))
  print(`
For comparison, the token bucket and retry loop that people copy today (sim/subjects/naive.ts), ${tally.runs} seeds:
${tally.runs - tally.passed} of ${tally.runs} runs break a promise.`)
  print(examples.formatShort())
}
