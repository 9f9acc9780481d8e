/** The first counterexample to each broken invariant, run once more for its trace, as text. */
import type { FoundViolation, RunOutcome } from './judge.ts'
import { formatFailure } from './report/text.ts'

export interface ExampleContext {
  /** Runs a seed and keeps its trace. */
  rerun: (seed: number) => Promise<RunOutcome>
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
    const outcome = await context.rerun(violation.seed)
    paragraphs.push(
      formatFailure({ violation, runs, outcome, replay: context.replay(violation.seed) }),
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
