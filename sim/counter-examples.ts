/** The first counterexample to each broken invariant: run once more for its trace, made small, and saved. */
import type { FoundViolation, RunOutcome } from './judge.ts'
import { formatFailure, formatHang } from './report/text.ts'
import { saveScenario } from './scenario/save.ts'
import type { Scenario } from './scenario/types.ts'
import { shrinkScenario, workedMs, type Shrunk } from './shrink.ts'
import { TooManySteps } from './world/step-limit.ts'

/** Of this process's work, for one counterexample and for all of them; even the last gets a little. */
const shrinkMs = { each: 9_000, all: 40_000, least: 1_500 } as const
/** A smaller scenario may take more steps than the first: so many times as many, and so many more. */
const stepsRoom = { times: 2, more: 20_000 } as const

export interface ExampleContext {
  /** The scenario of a seed. */
  scenarioOf: (seed: number) => Scenario
  /** Runs a scenario and keeps its trace. @throws {TooManySteps} After so many steps. */
  run: (scenario: Scenario, stepsMax?: number) => Promise<RunOutcome & { steps: number }>
  /** The shell command that runs a seed again. */
  replay: (seed: number) => string
  /** The shell command that runs a saved scenario. */
  replayFile: (file: string) => string
  /** As the command line names it. */
  subject: string
  /** Where small scenarios are saved. */
  saveFolder: string
}

/** A broken invariant, and what shows it. */
export interface CounterExample {
  /** In the first seed that has one. */
  violation: FoundViolation
  /** Seeds that have one. */
  runs: number
  /** Undefined where the run never ends. */
  shown: ShownExample | undefined
  /** The shell command that runs the seed again. */
  replay: string
}

export interface ShownExample {
  /** Of the scenario as it was drawn. */
  outcome: RunOutcome
  shrunk: Shrunk
  /** Where the small scenario is, and the shell command that runs it; undefined where it could not be written. */
  saved: { file: string; replay: string } | undefined
}

/** One for each broken invariant. */
export async function findCounterExamples(
  violations: readonly FoundViolation[],
  context: ExampleContext,
): Promise<CounterExample[]> {
  const examples: CounterExample[] = []
  const endMs = workedMs() + shrinkMs.all
  for (const { violation, runs } of firstOfEach(violations)) {
    const workMsMax = Math.max(shrinkMs.least, Math.min(shrinkMs.each, endMs - workedMs()))
    examples.push({
      violation,
      runs,
      shown: violation.hangs === true ? undefined : await show(violation, context, workMsMax),
      replay: context.replay(violation.seed),
    })
  }
  return examples
}

async function show(
  { seed, invariant, message }: FoundViolation,
  context: ExampleContext,
  workMsMax: number,
): Promise<ShownExample> {
  const outcome = await context.run(context.scenarioOf(seed))
  const { scenario, violations } = outcome
  const stepsMax = stepsRoom.times * outcome.steps + stepsRoom.more
  const breaks = ({ violations: found }: Pick<RunOutcome, 'violations'>): boolean =>
    found.some((violation) => violation.invariant === invariant)
  // What only shows where a seed is run twice, no single run can be asked for.
  const shrunk = breaks({ violations })
    ? await shrinkScenario(
        scenario,
        async (candidate) => {
          const smaller = await runWithin(context, candidate, stepsMax)
          return smaller !== undefined && breaks(smaller)
        },
        { workMsMax },
      )
    : { scenario, runs: 0, isDone: true }
  const finding = { invariant, subject: context.subject, message }
  const file = trySave(context.saveFolder, shrunk.scenario, finding)
  const saved = file === undefined ? undefined : { file, replay: context.replayFile(file) }
  return { outcome, shrunk, saved }
}

async function runWithin(
  context: ExampleContext,
  candidate: Scenario,
  stepsMax: number,
): Promise<RunOutcome | undefined> {
  try {
    return await context.run(candidate, stepsMax)
  } catch (error) {
    if (error instanceof TooManySteps) return undefined
    throw error
  }
}

/** What is found is worth more than a file of it: where none can be written, the scenario is printed all the same. */
function trySave(...args: Parameters<typeof saveScenario>): string | undefined {
  try {
    return saveScenario(...args)
  } catch {
    return undefined
  }
}

/** One paragraph a broken invariant; empty where none is broken. */
export function describeCounterExamples(examples: readonly CounterExample[]): string {
  return examples
    .map(({ violation, runs, shown, replay }) =>
      shown === undefined
        ? formatHang(violation, replay)
        : formatFailure({ violation, runs, replay, ...shown }),
    )
    .join('\n\n')
}

/** Two lines a broken invariant. */
export function listCounterExamples(
  violations: readonly FoundViolation[],
  replay: (seed: number) => string,
): string {
  return firstOfEach(violations)
    .map(
      ({ violation, runs }) =>
        `  ${violation.invariant} (${runs} runs): ${violation.message}\n    replay: ${replay(violation.seed)}`,
    )
    .join('\n')
}

/** By invariant, the violation in the first seed and the number of seeds that have one. */
function firstOfEach(
  violations: readonly FoundViolation[],
): { violation: FoundViolation; runs: number }[] {
  const firsts = new Map<string, { violation: FoundViolation; runs: number }>()
  for (const violation of violations) {
    const first = firsts.get(violation.invariant)
    if (first === undefined) firsts.set(violation.invariant, { violation, runs: 1 })
    else first.runs += 1
  }
  return [...firsts.values()]
}
