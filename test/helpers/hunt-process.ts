/**
 * A process that hunts: for each subject it runs seeds until one of the wanted invariants is violated, and says what it
 * found. One process for many subjects, since starting the simulator takes longer than most hunts.
 */
import { judgeRun } from '../../sim/judge.ts'
import { drawScenario } from '../../sim/scenario/draw-scenario.ts'
import { loadSubject } from '../../sim/subjects/load.ts'
import { installVirtualTime } from '../../sim/world/time.ts'
import type { Hunt, Quarry } from './hunt.ts'

/** The seeds of the standard run. */
const seedMax = 260

const quarries = JSON.parse(process.argv[2] ?? '[]') as Quarry[]
const time = installVirtualTime(1)
for (const quarry of quarries) {
  process.stdout.write(`${JSON.stringify(await hunt(quarry))}\n`)
}
// A subject with an interval left running must not keep the process.
process.exit(0)

async function hunt({ file, wanted, runsMax, themes, viaFetch }: Quarry): Promise<Hunt> {
  const subject = await loadSubject(file)
  const isShipped = subject.createFullLimiter !== undefined
  const found: Hunt = { file, runs: 0, violations: {}, checks: {} }
  for (let seed = 1; seed <= seedMax && found.runs < runsMax; seed += 1) {
    const scenario = drawScenario(seed, { isShipped, profile: 'documented' })
    if (themes?.includes(scenario.theme) === false) continue
    if (viaFetch === true && scenario.viaFetch !== true) continue
    const { violations, checks } = await judgeRun(time, subject, scenario)
    found.runs += 1
    for (const { invariant, message } of violations) {
      found.violations[invariant] ??= `seed ${seed}: ${message}`
    }
    for (const [name, count] of Object.entries(checks)) {
      found.checks[name] = (found.checks[name] ?? 0) + count
    }
    if (wanted.some((name) => name in found.violations)) break
  }
  return found
}
