/**
 * A process that makes scenarios smaller, at random, as a search that nothing guides would, and runs the shipped module in
 * some of those on the way. Prints a line of JSON for each that it fails in, and the number of runs at the end.
 */
import { judgeRun } from '../../sim/judge.ts'
import { drawScenario } from '../../sim/scenario/draw-scenario.ts'
import { beginning, reduceScenario } from '../../sim/scenario/reduce/index.ts'
import type { Scenario } from '../../sim/scenario/types.ts'
import { loadSubject } from '../../sim/subjects/load.ts'
import { Draw } from '../../sim/world/draw.ts'
import { installVirtualTime } from '../../sim/world/time.ts'

/** What the shipped module was blamed for. */
export interface Blame {
  violation: string
  scenario: Scenario
}

const time = installVirtualTime(1)
const subject = await loadSubject('shipped')
const [first = 1, last = 1, runsPerSeed = 1] = process.argv.slice(2).map(Number)
let runs = 0
for (let seed = first; seed <= last; seed += 1) await walk(seed)
process.stdout.write(`${JSON.stringify({ runs })}\n`)
process.exit(0)

async function walk(seed: number): Promise<void> {
  const draw = new Draw(seed, 'walk')
  const path = [
    ...smallerAndSmaller(drawScenario(seed, { isShipped: true, profile: 'documented' }), draw),
  ]
  for (let run = 0; run < runsPerSeed && path.length > 0; run += 1) {
    const scenario = path[draw.int(0, path.length - 1)] as Scenario
    const { violations } = await judgeRun(time, subject, scenario)
    runs += 1
    for (const { invariant, message } of violations) {
      const blame: Blame = { violation: `${invariant}: ${message}`, scenario }
      process.stdout.write(`${JSON.stringify(blame)}\n`)
    }
  }
}

/** Three attempts in ten are taken, as if they still showed the failure. */
function* smallerAndSmaller(from: Scenario, draw: Draw): Generator<Scenario, void> {
  let [scenario, progress] = [from, beginning]
  for (let isOver = false; !isOver;) {
    isOver = true
    for (const next of reduceScenario(scenario, progress)) {
      if (!draw.chance(300)) continue
      ;({ scenario, progress } = next)
      yield scenario
      isOver = false
      break
    }
  }
}
