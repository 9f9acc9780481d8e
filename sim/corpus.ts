/**
 * The corpus: scenarios that once failed, for a module that was broken or for this one. The standard run tries them before
 * any seed.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FoundViolation, RunOutcome } from './judge.ts'
import { readSaved, type SavedScenario } from './scenario/save.ts'

export interface CorpusEntry extends SavedScenario {
  /** Its path below the project's folder. */
  file: string
}

export interface CorpusVerdict {
  scenarios: number
  /** In the order of the files. */
  failures: { file: string; violations: FoundViolation[] }[]
}

const corpusFolder = 'test/regress'
const projectFolder = fileURLToPath(new URL('../', import.meta.url))

/** All of it, in the order of the files' names. @throws {UsageError} Where a file is no scenario. */
export function readCorpus(): CorpusEntry[] {
  return readdirSync(join(projectFolder, corpusFolder))
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => ({
      file: `${corpusFolder}/${name}`,
      ...readSaved(join(projectFolder, corpusFolder, name)),
    }))
}

/** @param run - Runs a scenario with the shipped module. */
export async function judgeCorpus(
  run: (scenario: CorpusEntry['scenario']) => Promise<Pick<RunOutcome, 'violations'>>,
): Promise<CorpusVerdict> {
  const entries = readCorpus()
  const verdict: CorpusVerdict = { scenarios: entries.length, failures: [] }
  for (const { file, scenario } of entries) {
    const { violations } = await run(scenario)
    if (violations.length > 0) verdict.failures.push({ file, violations })
  }
  return verdict
}

/** A line, and two more for each broken invariant. @param replay - The shell command that runs a file again. */
export function formatCorpus(verdict: CorpusVerdict, replay: (file: string) => string): string {
  const { scenarios, failures } = verdict
  const held = `corpus: ${scenarios - failures.length} of ${scenarios} scenarios hold`
  const lines = failures.flatMap(({ file, violations }) =>
    violations.flatMap(({ invariant, atMs, message }) => [
      `FAILED ${invariant} in ${file} at ${atMs} ms: ${message}`,
      `  replay: ${replay(file)}`,
    ]),
  )
  return [held, ...lines].join('\n')
}
