/** The first counterexample to each broken invariant, run once more for its trace, as text. */
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

/** One paragraph a broken invariant; empty where none is broken. */
export async function describeCounterExamples(
  violations: readonly FoundViolation[],
  context: ExampleContext,
): Promise<string> {
  const paragraphs: string[] = []
  for (const { violation, runs } of firstOfEach(violations)) {
    if (violation.hangs === true) {
      paragraphs.push(formatHang(violation, context.replay(violation.seed)))
      continue
    }
    const outcome = await context.run(context.scenarioOf(violation.seed))
    const stillFails = async (candidate: Scenario): Promise<boolean> => {
      const { violations: found } = await context.run(candidate)
      return found.some(({ invariant }) => invariant === violation.invariant)
    }
    const shrunk = await shrinkScenario(outcome.scenario, stillFails, shrinkRunsMax)
    paragraphs.push(
      formatFailure({ violation, runs, outcome, shrunk, replay: context.replay(violation.seed) }),
    )
  }
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
