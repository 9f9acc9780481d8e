/**
 * The options of the mock with their defaults filled in and checked.
 */

import { InvalidOptionError } from '../core/errors.ts'
import { checkSchema } from './json-schema.ts'
import { requireFinite, requireRange, requireWhole } from './options.ts'
import { parseLatency } from './latency/check-latency.ts'
import { parseServerProfile } from './profiles/check-profile.ts'
import { documentedServerProfile } from './profiles/documented.ts'
import { enforcementSchema } from './profiles/profile-schema.ts'
import { quirksSchema } from './quirks/quirk.ts'
import { filePurposes } from './state/file-store.ts'
import { defaultModels } from './state/models.ts'
import type { Enforcement, MockTogetherOptions } from './contract.ts'

/** Options without a default of their own: any key is let in, and how to count is the profile's affair. */
type OpenOption = 'apiKeys' | 'enforcement' | 'countsRefused'

/** All options with their defaults filled in. @internal */
export type Settings = Required<Omit<MockTogetherOptions, OpenOption>> & {
  readonly apiKeys: ReadonlySet<string> | undefined
  readonly enforcement: Enforcement | undefined
  readonly countsRefused: boolean | undefined
}

/** The defaults of the mock server's options. @public */
export const mockTogetherDefaults: Required<Omit<MockTogetherOptions, OpenOption>> = Object.freeze({
  profile: documentedServerProfile,
  faults: [],
  quirks: [],
  acceptsFaultHeader: true,
  seed: 1,
  models: defaultModels,
  files: [],
  wallAtZeroMs: 1_767_225_600_000,
  latency: { min: 0, max: 0 },
  jobDurationMs: { min: 30_000, max: 120_000 },
  batchDurationMs: { min: 10_000, max: 60_000 },
  journalLengthMax: 10_000,
})

const openOptions: readonly OpenOption[] = ['apiKeys', 'enforcement', 'countsRefused']
const knownOptions: ReadonlySet<string> = new Set([
  ...Object.keys(mockTogetherDefaults),
  ...openOptions,
])

/** The last millisecond of the year 9999: HTTP dates have four digits for the year. */
const WALL_MS_MAX = 253_402_300_799_999

/** @throws {InvalidOptionError} Naming the option, its value and what is expected. @internal */
export function resolveSettings(options: MockTogetherOptions): Settings {
  // An option that is given as undefined means its default, as one that is not given.
  const given: MockTogetherOptions = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  )
  for (const [name, value] of Object.entries(options)) {
    // Not its value: it may be a key under a misspelt name.
    if (!knownOptions.has(name)) throw new InvalidOptionError(name, typeof value, 'no such option')
  }
  const { apiKeys, enforcement, countsRefused, ...settings } = { ...mockTogetherDefaults, ...given }
  parseServerProfile(settings.profile)
  if (enforcement !== undefined) checkSchema('enforcement', enforcement, enforcementSchema)
  if (countsRefused !== undefined) checkSchema('countsRefused', countsRefused, { type: 'boolean' })
  checkSchema('quirks', settings.quirks, quirksSchema)
  checkSchema('acceptsFaultHeader', settings.acceptsFaultHeader, { type: 'boolean' })
  checkFiles(settings.files)
  if (apiKeys !== undefined) checkKeys(apiKeys)
  requireWhole('seed', settings.seed, [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER])
  requireFinite('wallAtZeroMs', settings.wallAtZeroMs, [0, WALL_MS_MAX])
  parseLatency(settings.latency)
  requireRange('jobDurationMs', settings.jobDurationMs)
  requireRange('batchDurationMs', settings.batchDurationMs)
  requireWhole('journalLengthMax', settings.journalLengthMax, [0, 100_000_000])
  const keys = apiKeys === undefined ? undefined : new Set(apiKeys)
  return { ...settings, apiKeys: keys, enforcement, countsRefused }
}

/** Its errors repeat no key. */
function checkKeys(keys: unknown): void {
  const isGood =
    Array.isArray(keys) && keys.every((key) => typeof key === 'string' && key.trim() !== '')
  if (!isGood) throw new InvalidOptionError('apiKeys', typeof keys, 'an array of texts')
}

function checkFiles(files: Settings['files']): void {
  checkSchema('files', files, {
    type: 'array',
    items: {
      type: 'object',
      properties: {
        id: { type: 'string', minLength: 1 },
        content: {},
        name: { type: 'string', minLength: 1 },
        purpose: { enum: filePurposes },
      },
      required: ['id', 'content'],
      additionalProperties: false,
    },
  })
  const ids = new Set<string>()
  for (const [index, { id, content }] of files.entries()) {
    if (ids.has(id)) throw new InvalidOptionError(`files[${index}].id`, id, 'an id of its own')
    ids.add(id)
    if (typeof content === 'string' || content instanceof Uint8Array) continue
    throw new InvalidOptionError(`files[${index}].content`, content, 'text or bytes')
  }
}
