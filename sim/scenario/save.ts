/** Reads saved scenarios, and saves them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { UsageError } from '../flags.ts'
import { requiredParts } from './parts.ts'
import type { Scenario } from './types.ts'

/** What a saved scenario has shown. */
export interface Finding {
  /** The invariant that it breaks. */
  invariant: string
  /** Under which subject, as the command line names it; a file below the project's folder by its path from there. */
  subject: string
  message: string
  /** In the corpus: why it is kept. */
  why?: string
}

export interface SavedScenario {
  scenario: Scenario
  finding: Finding | undefined
}

/**
 * A scenario as the simulator prints or saves it.
 *
 * @throws {UsageError} When the file cannot be read, is not JSON, or lacks a field.
 */
export function readScenario(file: string): Scenario {
  return readSaved(file).scenario
}

/** The same, with what it was saved for. @throws {UsageError} */
export function readSaved(file: string): SavedScenario {
  const { found: finding, ...scenario } = parse(file)
  const missing = requiredParts.filter((field) => scenario[field] === undefined)
  if (missing.length > 0) throw new UsageError(`--scenario ${file}: missing ${missing.join(', ')}`)
  return { scenario: scenario as Scenario, finding }
}

function parse(file: string): Partial<Scenario> & { found?: Finding } {
  try {
    const path = resolve(process.env['INIT_CWD'] ?? process.cwd(), file)
    return Object(JSON.parse(readFileSync(path, 'utf8'))) as Partial<Scenario>
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'unreadable'
    throw new UsageError(`--scenario ${file}: expected a scenario as JSON: ${detail}`, {
      cause: error,
    })
  }
}

/**
 * Writes a scenario with what it has shown, for `--scenario FILE`.
 *
 * @returns The file's path.
 */
export function saveScenario(folder: string, scenario: Scenario, finding: Finding): string {
  mkdirSync(folder, { recursive: true })
  const name = [subjectLabel(finding.subject), finding.invariant, scenario.seed].join('-')
  const file = join(folder, `${name}.json`)
  writeFileSync(file, formatSaved({ scenario, finding }))
  return file
}

/** One line a part of the scenario: short enough to be read, long enough to be edited. */
export function formatSaved({ scenario, finding }: SavedScenario): string {
  const fields = [...Object.entries(scenario), ['found', finding] as const]
  const lines = fields
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`)
  return `{\n${lines.join(',\n')}\n}\n`
}

/** The subject's name as a part of a file's. */
function subjectLabel(subject: string): string {
  return basename(subject)
    .replace(/\.[cm]?[jt]s$/, '')
    .replaceAll(/[^\w.-]/g, '_')
}
