/** Reads a saved scenario. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { UsageError } from '../options.ts'
import type { Scenario } from './types.ts'

const required: readonly (keyof Scenario)[] = [
  'seed',
  'theme',
  'interface',
  'profile',
  'maxPerMinute',
  'arrivalBoundMs',
  'maxRetries',
  'settings',
  'enforcement',
  'network',
  'calls',
  'faults',
  'tenants',
  'wallJumps',
  'jobDurationMs',
  'faultsEndMs',
]

/**
 * A scenario as the simulator prints it.
 *
 * @throws {UsageError} When the file cannot be read, is not JSON, or lacks a field.
 */
export function readScenario(file: string): Scenario {
  const scenario = parse(file)
  const missing = required.filter((field) => scenario[field] === undefined)
  if (missing.length > 0) throw new UsageError(`--scenario ${file}: missing ${missing.join(', ')}`)
  return scenario as Scenario
}

function parse(file: string): Partial<Scenario> {
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
