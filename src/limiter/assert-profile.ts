/**
 * Whether a profile makes sense: a wrong number in one would make every promise empty.
 */
import { InvalidOptionError } from '../core/errors.ts'
import {
  endpointClasses,
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
    assertWhole(`${path}.requestsMax`, limit.requestsMax, { min: 1 })
    assertFinite(`${path}.windowMs`, limit.windowMs, { min: 1 })
    if (limit.adaptive !== undefined) assertAdaptive(`${path}.adaptive`, limit)
    if (limit.models !== undefined) assertList(`${path}.models`, limit.models)
  }
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
