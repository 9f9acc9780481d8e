/**
 * Whether a profile makes sense: a wrong number in one would make every promise empty.
 */
import { InvalidOptionError } from '../core/errors.ts'
import {
  endpointClasses,
  type BatchLimits,
  type EndpointClass,
  type Profile,
  type RateLimit,
} from '../core/profile.ts'
import { assertFinite, assertWhole } from './validate.ts'

/** @throws {InvalidOptionError} naming the field. @internal */
export function assertProfile(profile: Profile): void {
  const ids = new Set<string>(['concurrencyMax'])
  assertList('profile.rateLimits', profile?.rateLimits)
  assertList('profile.concurrencyLimits', profile.concurrencyLimits)
  for (const [index, limit] of profile.rateLimits.entries()) {
    const path = `profile.rateLimits[${index}]`
    assertIdentity(path, limit, ids)
    assertAmount(path, limit)
    assertFinite(`${path}.windowMs`, limit.windowMs, { min: 1 })
    if (limit.adaptive !== undefined) assertAdaptive(`${path}.adaptive`, limit)
    if (limit.models !== undefined) assertList(`${path}.models`, limit.models)
  }
  assertAccounting(profile.tokenAccounting)
  if (profile.batches !== undefined) assertBatches(profile.batches)
  for (const [index, limit] of profile.concurrencyLimits.entries()) {
    const path = `profile.concurrencyLimits[${index}]`
    assertIdentity(path, limit, ids)
    assertWhole(`${path}.concurrentMax`, limit.concurrentMax, { min: 1 })
    if (limit.heldUntil !== 'response' && limit.heldUntil !== 'job') {
      throw new InvalidOptionError(`${path}.heldUntil`, limit.heldUntil, "'response' or 'job'")
    }
  }
}

function assertAdaptive(path: string, { adaptive, requestsMax: max }: RateLimit): void {
  if (max === undefined) {
    throw new InvalidOptionError(path, adaptive, 'a limit in requests: tokens are not adapted')
  }
  const min = adaptive?.requestsMin
  if (typeof min === 'number' && min <= 0) {
    throw new InvalidOptionError(`${path}.requestsMin`, min, 'a number above 0')
  }
  assertFinite(`${path}.requestsMin`, min, { min: 0, max })
  const { requestsStart = min } = adaptive ?? {}
  assertFinite(`${path}.requestsStart`, requestsStart, { min: min ?? 0, max })
}

/** @throws {InvalidOptionError} unless `value` is an endpoint class. @internal */
export function assertEndpoint(option: string, value: EndpointClass): void {
  if (endpointClasses.includes(value)) return
  throw new InvalidOptionError(option, value, `one of ${endpointClasses.join(', ')}`)
}

/** A limit counts one thing: with two amounts nobody could say which of them a snapshot or `setRateLimit` means. */
function assertAmount(path: string, limit: RateLimit): void {
  const { id, requestsMax, tokensMax } = limit
  if ((requestsMax === undefined) === (tokensMax === undefined)) {
    const expected = `either requestsMax or tokensMax in the limit '${id}'`
    throw new InvalidOptionError(path, limit, expected)
  }
  if (tokensMax === undefined) assertWhole(`${path}.requestsMax`, requestsMax, { min: 1 })
  else assertWhole(`${path}.tokensMax`, tokensMax, { min: 1 })
}

function assertAccounting(value: Profile['tokenAccounting']): void {
  if (value === undefined || value === 'reserved' || value === 'used') return
  throw new InvalidOptionError('profile.tokenAccounting', value, "'reserved' or 'used'")
}

function assertBatches(batches: BatchLimits): void {
  if (typeof batches !== 'object' || batches === null) {
    throw new InvalidOptionError('profile.batches', batches, 'an object')
  }
  const { requestsMax, bytesMax, priceShare = 1 } = batches
  assertWhole('profile.batches.requestsMax', requestsMax, { min: 1 })
  assertWhole('profile.batches.bytesMax', bytesMax, { min: 1 })
  assertFinite('profile.batches.priceShare', priceShare, { min: 0, max: 1 })
}

function assertIdentity(
  path: string,
  limit: { id: string; endpoints: readonly EndpointClass[] },
  ids: Set<string>,
): void {
  if (typeof limit.id !== 'string' || ids.has(limit.id)) {
    throw new InvalidOptionError(`${path}.id`, limit.id, 'a text that no other limit has as its id')
  }
  ids.add(limit.id)
  assertList(`${path}.endpoints`, limit.endpoints)
  for (const endpoint of limit.endpoints) assertEndpoint(`${path}.endpoints`, endpoint)
}

function assertList(path: string, value: unknown): void {
  if (!Array.isArray(value)) throw new InvalidOptionError(path, value, 'an array')
}
