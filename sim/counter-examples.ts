/** Keeps the first counterexample to each invariant, and turns them into text. */
import { createHash } from 'node:crypto'
import type { InvariantName } from './invariants/types.ts'
import type { FoundViolation, RunOutcome } from './judge.ts'
import { formatFailure } from './report/text.ts'
import type { Tally } from './run-seeds.ts'

interface Example {
  violation: FoundViolation
  outcome: RunOutcome
  failedRuns: number
}

export class CounterExamples {
  readonly #replay: (seed: number) => string
  readonly #examples = new Map<InvariantName, Example>()
  #nondeterminism = ''

  constructor(replay: (seed: number) => string) {
    this.#replay = replay
  }

  add(outcome: RunOutcome): void {
    for (const violation of outcome.violations) {
      const example = this.#examples.get(violation.invariant)
      if (example === undefined) {
        this.#examples.set(violation.invariant, { violation, outcome, failedRuns: 1 })
      } else {
        example.failedRuns += 1
      }
    }
  }

  /** Compares the runs of another process, and adds the verdict to the tally. */
  judgeRerun(tally: Tally, traceHashes: readonly string[], elsewhere: string): void {
    const here = createHash('sha256').update(traceHashes.join('')).digest('hex').slice(0, 16)
    tally.checks['same-seed-same-trace'] = traceHashes.length
    if (here === elsewhere) return
    const seed = tally.violations[0]?.seed ?? 1
    const message = `the first ${traceHashes.length} seeds give ${here} here and ${elsewhere} in another process with twice the drain turns`
    tally.violations.push({ invariant: 'same-seed-same-trace', seed, atMs: 0, message })
    tally.passed = Math.min(tally.passed, tally.runs - 1)
    this.#nondeterminism = `FAILED same-seed-same-trace\n  ${message}\n`
  }

  /** One line a broken invariant, with its replay. */
  formatShort(): string {
    return [...this.#examples.values()]
      .map(
        ({ violation, failedRuns }) =>
          `  ${violation.invariant} (${failedRuns} runs): ${violation.message}\n    replay: ${this.#replay(violation.seed)}`,
      )
      .join('\n')
  }

  /** One paragraph a broken invariant. */
  format(): string {
    const failures = [...this.#examples.values()].map(({ violation, outcome, failedRuns }) =>
      formatFailure({ violation, outcome, failedRuns, replay: this.#replay(violation.seed) }),
    )
    return [...failures, this.#nondeterminism].filter((text) => text !== '').join('\n\n')
  }
}
