/**
 * A process that runs the corpus: each scenario with the shipped module and with the module that it was saved for. Prints a
 * line of JSON each.
 */
import { readCorpus } from '../../sim/corpus.ts'
import { judgeRun } from '../../sim/judge.ts'
import type { Scenario } from '../../sim/scenario/types.ts'
import { loadFresh } from '../../sim/subjects/fresh.ts'
import { limitSteps } from '../../sim/world/step-limit.ts'
import { installVirtualTime } from '../../sim/world/time.ts'

/** What a scenario of the corpus has shown. */
export interface Regress {
  file: string
  /** Names of broken invariants. */
  shipped: string[]
  subject: string[]
}

/** Many times what any of them takes. */
const stepsMax = 1_000_000

const time = installVirtualTime(1)
for (const { file, scenario, finding } of readCorpus()) {
  const regress: Regress = {
    file,
    shipped: await findBroken('shipped', scenario),
    subject: finding === undefined ? [] : await findBroken(finding.subject, scenario),
  }
  process.stdout.write(`${JSON.stringify(regress)}\n`)
}
// A subject with an interval left running must not keep the process.
process.exit(0)

async function findBroken(subject: string, scenario: Scenario): Promise<string[]> {
  const loaded = await loadFresh(time, subject, scenario.seed)
  const { violations } = await judgeRun(limitSteps(time, stepsMax), loaded, scenario)
  return violations.map(({ invariant }) => invariant)
}
