/**
 * A process that hunts: for each subject it runs seeds until one of the wanted invariants is violated, and says what it
 * found. One process for many subjects, since starting the simulator takes longer than most hunts.
 */
import { judgeRun } from '../../sim/judge.ts'
import { listCommands } from '../../sim/scenario/commands.ts'
import { drawScenario } from '../../sim/scenario/draw-scenario.ts'
import type { Scenario } from '../../sim/scenario/types.ts'
import { shrinkScenario, workedMs } from '../../sim/shrink.ts'
import { loadFresh } from '../../sim/subjects/fresh.ts'
import { loadSubject } from '../../sim/subjects/load.ts'
import { limitSteps, TooManySteps } from '../../sim/world/step-limit.ts'
import { installVirtualTime } from '../../sim/world/time.ts'
import type { Hunt, Quarry, ShrunkHunt } from './hunt.ts'

/** The seeds of the standard run. */
const seedMax = 1_000

/** More steps than any run of a small scenario takes, and few enough to be over soon. */
const stepsMax = 200_000
/** What is not to be exceeded; of scenarios with so few commands, no smaller ones are looked for. */
const commandsEnough = 6

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
    const invariant = wanted.find((name) => name in found.violations)
    if (invariant === undefined) continue
    found.shrunk = await shrink(file, scenario, invariant)
    break
  }
  return found
}

async function shrink(file: string, scenario: Scenario, invariant: string): Promise<ShrunkHunt> {
  const startMs = workedMs()
  let commands = listCommands(scenario)
  const commandsBefore = commands.length
  const fails = async (candidate: Scenario): Promise<boolean> => {
    if (commands.length <= commandsEnough) return false
    const isBroken = await breaks(file, candidate, invariant)
    if (isBroken) commands = listCommands(candidate)
    return isBroken
  }
  const { runs } = await shrinkScenario(scenario, fails)
  return { invariant, commands, commandsBefore, runs, workMs: workedMs() - startMs }
}

async function breaks(file: string, scenario: Scenario, invariant: string): Promise<boolean> {
  try {
    const subject = await loadFresh(time, file, scenario.seed)
    const { violations } = await judgeRun(limitSteps(time, stepsMax), subject, scenario)
    return violations.some((violation) => violation.invariant === invariant)
  } catch (error) {
    if (error instanceof TooManySteps) return false
    throw error
  }
}
