/** The first counterexample to each broken invariant, run once more for its trace and made smaller. */
import type { FoundViolation, RunOutcome } from './judge.ts'
import { formatFailure, formatHang } from './report/text.ts'
import type { Scenario } from './scenario/types.ts'
import { shrinkScenario } from './shrink.ts'

/** A few tenths of a second each. */
const shrinkRunsMax = 12

export interface ExampleContext {
  /** The scenario of a seed. */
  scenarioOf: (seed: number) => Scenario
  /** Runs a scenario and keeps its trace. */
  run: (scenario: Scenario) => Promise<RunOutcome>
  /** The shell command that runs a seed again. */
  replay: (seed: number) => string
}

/** What shows that an invariant is broken. */
export interface CounterExample {
  violation: FoundViolation
  /** Runs that break the same invariant. */
  runs: number
  replay: string
  /** The run itself and a smaller scenario that breaks it, too; undefined where it does not end. */
  found: { outcome: RunOutcome; shrunk: Scenario } | undefined
}

/** One for each broken invariant; none where all hold. */
export async function findCounterExamples(
  violations: readonly FoundViolation[],
  context: ExampleContext,
): Promise<CounterExample[]> {
  const examples: CounterExample[] = []
  for (const { violation, runs } of firstOfEach(violations)) {
    const found = violation.hangs === true ? undefined : await findSmallest(violation, context)
    examples.push({ violation, runs, replay: context.replay(violation.seed), found })
  }
  return examples
}

async function findSmallest(
  violation: FoundViolation,
  context: ExampleContext,
): Promise<CounterExample['found']> {
  const outcome = await context.run(context.scenarioOf(violation.seed))
  const stillFails = async (candidate: Scenario): Promise<boolean> => {
    const { violations: found } = await context.run(candidate)
    return found.some(({ invariant }) => invariant === violation.invariant)
  }
  const shrunk = await shrinkScenario(outcome.scenario, stillFails, shrinkRunsMax)
  return { outcome, shrunk }
}

/** A paragraph each. */
export function describeCounterExamples(examples: readonly CounterExample[]): string {
  const paragraphs = examples.map(({ found, ...example }) =>
    found === undefined
      ? formatHang(example.violation, example.replay)
      : formatFailure({ ...example, ...found }),
  )
  return paragraphs.join('\n\n')
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
