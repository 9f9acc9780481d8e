/** Which of a scenario's fields are its frame, and which are lists of things of which any may be left out. */
import type { Scenario } from './types.ts'

/** Part of every scenario. */
export const requiredParts: readonly (keyof Scenario)[] = [
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

/** Known by name to whoever lists or reduces scenarios; all other parts are optional, and may be left out. */
const fixedParts: ReadonlySet<string> = new Set<keyof Scenario>([
  ...requiredParts,
  'discardsPermits',
  'countsRefused',
  'driftPpm',
  'viaFetch',
  'tokens',
  'dynamic',
  'works',
  'topUp',
  'lies',
])

export function isFixedPart(name: string): boolean {
  return fixedParts.has(name)
}

/** Optional parts of which nothing is known here but that a scenario without them, or with less in them, is one, too. */
export function otherParts(scenario: Scenario): string[] {
  return Object.keys(scenario).filter((name) => !isFixedPart(name))
}
