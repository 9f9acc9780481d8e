/**
 * The options of the mock with their defaults filled in and checked.
 */

import { InvalidOptionError } from '../core/errors.ts'
import { requireFinite, requireRange, requireWhole } from './options.ts'
import { checkServerProfile, documentedServerProfile } from './profiles/server-profile.ts'
import { defaultModels } from './state/models.ts'
import type { Enforcement, MockTogetherOptions } from './contract.ts'

/** All options, none left open except the keys: without a list, any key is let in. @internal */
export type Settings = Required<Omit<MockTogetherOptions, 'apiKeys'>> & {
  readonly apiKeys: ReadonlySet<string> | undefined
}

/** The defaults of the mock server's options. @public */
export const mockTogetherDefaults: Required<Omit<MockTogetherOptions, 'apiKeys'>> = Object.freeze({
  profile: documentedServerProfile,
  enforcement: { kind: 'fixed-window', phaseMs: 0 } as const,
  countsRefused: false,
  faults: [],
  seed: 1,
  models: defaultModels,
  wallAtZeroMs: 1_767_225_600_000,
  latency: { min: 0, max: 0 },
  jobDurationMs: { min: 30_000, max: 120_000 },
  batchDurationMs: { min: 10_000, max: 60_000 },
  journalLengthMax: 10_000,
})

/** The last millisecond of the year 9999: HTTP dates have four digits for the year. */
const WALL_MS_MAX = 253_402_300_799_999

/** @throws {InvalidOptionError} Naming the option, its value and what is expected. @internal */
export function resolveSettings(options: MockTogetherOptions): Settings {
  // An option that is given as undefined means its default, as one that is not given.
  const given: MockTogetherOptions = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  )
  const { apiKeys, ...settings } = { ...mockTogetherDefaults, ...given }
  checkServerProfile(settings.profile)
  checkEnforcement(settings.enforcement)
  requireWhole('seed', settings.seed, [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER])
  requireFinite('wallAtZeroMs', settings.wallAtZeroMs, [0, WALL_MS_MAX])
  requireRange('latency', settings.latency)
  requireRange('jobDurationMs', settings.jobDurationMs)
  requireRange('batchDurationMs', settings.batchDurationMs)
  requireWhole('journalLengthMax', settings.journalLengthMax, [0, 100_000_000])
  return { ...settings, apiKeys: apiKeys === undefined ? undefined : new Set(apiKeys) }
}

function checkEnforcement(enforcement: Enforcement): void {
  const kinds = ['fixed-window', 'sliding-log', 'token-bucket']
  if (!kinds.includes(enforcement.kind)) {
    throw new InvalidOptionError('enforcement.kind', enforcement.kind, `one of ${kinds.join(', ')}`)
  }
  if (enforcement.kind !== 'fixed-window') return
  const bound = Number.MAX_SAFE_INTEGER
  requireFinite('enforcement.phaseMs', enforcement.phaseMs, [-bound, bound])
}
