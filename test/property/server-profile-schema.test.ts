/**
 * The check of profiles against a validator that is not ours: both read the same JSON Schema.
 */

import { Ajv } from 'ajv'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isRateLimitsError } from '../../src/core/errors.ts'
import { checkSchema } from '../../src/server/json-schema.ts'
import { profileSchema } from '../../src/server/profiles/profile-schema.ts'
import { serverProfiles } from '../../src/server/handler.ts'

const validate = new Ajv({ allErrors: false }).compile(profileSchema)

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

const junk: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(null, true, false, '', 'x', 0, 1, -1, 0.5, 429, 503, 1e12, [], {}),
  fc.constantFrom<Json>(
    { kind: 'slices', sliceMs: 1_000 },
    { kind: 'slices' },
    { kind: 'gcra', burstMs: 0 },
    { kind: 'token-bucket' },
    { kind: 'leaky' },
    { always: ['retry-after'], refused: [] },
    { always: ['retry-after', 'retry-after'], refused: [] },
    ['chat'],
    ['chat', 'chat'],
    ['speech'],
    { factor: 0, cap: 1, memoryMs: 60_000 },
    { factor: 2, cap: 1, memoryMs: 60_000 },
  ),
  fc.jsonValue().map((value) => value as Json),
)

const names = (
  'name rateLimits enforcement headers batches isLenient replicas id endpoints requestsMax windowMs ' +
  'dynamic perModel scope kind requestMax phaseMs tokenAccounting countsRefused models extra'
).split(' ')

const edits = fc.array(
  fc.record({
    /** Which of the objects and arrays, the outermost first. */
    place: fc.nat(),
    name: fc.constantFrom(...names),
    value: fc.option(junk, { nil: undefined }),
  }),
  { minLength: 1, maxLength: 3 },
)

/** All objects and arrays within a value. */
function containers(value: Json): (Json[] | { [name: string]: Json })[] {
  if (typeof value !== 'object' || value === null) return []
  return [value, ...Object.values(value).flatMap(containers)]
}

function edit(
  profile: Json,
  list: { place: number; name: string; value: Json | undefined }[],
): Json {
  const copy = structuredClone(profile)
  for (const { place, name, value: drawn } of list) {
    // A copy: a container that is put into itself has no end.
    const value = structuredClone(drawn)
    const all = containers(copy)
    const container = all[place % all.length]
    if (Array.isArray(container)) {
      if (value === undefined) container.pop()
      else container.push(value)
    } else if (container !== undefined) {
      if (value === undefined) delete container[name]
      else container[name] = value
    }
  }
  return copy
}

describe('checkSchema', () => {
  it('accepts every shipped profile, as the other validator does', () => {
    for (const profile of serverProfiles) {
      checkSchema('profile', profile, profileSchema)
      expect(validate(structuredClone(profile))).toBe(true)
    }
  })

  it('agrees with the other validator on edited profiles and on junk', () => {
    const shipped = fc.constantFrom(...serverProfiles.map((profile) => profile as unknown as Json))
    const edited = fc.tuple(shipped, edits).map(([profile, list]) => edit(profile, list))
    const verdicts = { accepted: 0, refused: 0 }
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: edited }, junk), (value) => {
        const isValid = validate(value)
        verdicts[isValid ? 'accepted' : 'refused'] += 1
        expect(isAccepted(value)).toBe(isValid)
      }),
      { numRuns: 4_000 },
    )
    // Neither side of the comparison may be empty.
    expect(Math.min(verdicts.accepted, verdicts.refused)).toBeGreaterThan(100)
  })
})

function isAccepted(value: Json): boolean {
  try {
    checkSchema('profile', value, profileSchema)
    return true
  } catch (error) {
    if (isRateLimitsError(error)) return false
    throw error
  }
}
