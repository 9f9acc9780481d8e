/**
 * Refuses a profile that cannot be enforced: first by its schema, then by what a schema cannot say.
 */

import { InvalidOptionError } from '../../core/errors.ts'
import { checkSchema } from '../json-schema.ts'
import { profileSchema } from './profile-schema.ts'
import type { ServerProfile, ServerRateLimit } from './server-profile.ts'

/**
 * Checks a profile.
 *
 * @param value - What was read or given.
 * @returns The same profile.
 * @throws {InvalidOptionError} Naming the field, for example `profile.rateLimits[0].windowMs`.
 * @public
 */
export function parseServerProfile(value: unknown): ServerProfile {
  assertShape(value)
  checkIds(value)
  for (const [index, limit] of value.rateLimits.entries()) {
    checkRateLimit(`profile.rateLimits[${index}]`, limit)
  }
  return value
}

/** The schema says what the type says, no more and no less. */
function assertShape(value: unknown): asserts value is ServerProfile {
  checkSchema('profile', value, profileSchema)
}

function checkIds({ rateLimits, concurrencyLimits }: ServerProfile): void {
  const ids = new Set<string>()
  const lists = { rateLimits, concurrencyLimits }
  for (const [list, limits] of Object.entries(lists)) {
    for (const [index, { id }] of limits.entries()) {
      if (ids.has(id)) {
        throw new InvalidOptionError(`profile.${list}[${index}].id`, id, 'an id not used before')
      }
      ids.add(id)
    }
  }
}

function checkRateLimit(path: string, limit: ServerRateLimit): void {
  const { requestsMax, tokensMax, dynamic, windowMs, enforcement } = limit
  if ((requestsMax === undefined) === (tokensMax === undefined)) {
    const option = requestsMax === undefined ? `${path}.requestsMax` : `${path}.tokensMax`
    throw new InvalidOptionError(option, tokensMax, 'either requestsMax or tokensMax')
  }
  const base = requestsMax ?? tokensMax ?? 0
  if (dynamic !== undefined && dynamic.cap < base) {
    const expected = `at least the base of ${base}`
    throw new InvalidOptionError(`${path}.dynamic.cap`, dynamic.cap, expected)
  }
  if (dynamic !== undefined && enforcement !== undefined) {
    const expected = 'nothing: a dynamic limit is counted in slices of a second'
    throw new InvalidOptionError(`${path}.enforcement`, enforcement, expected)
  }
  if (enforcement?.kind === 'slices' && enforcement.sliceMs > windowMs) {
    const expected = `at most the window of ${windowMs}`
    throw new InvalidOptionError(`${path}.enforcement.sliceMs`, enforcement.sliceMs, expected)
  }
}
