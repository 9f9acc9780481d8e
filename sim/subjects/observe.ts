/**
 * Puts a limiter under observation: every acquire, grant and release is recorded, whatever retry uses it.
 *
 * The observed limiter is one object for its whole life, since a retry may keep its budget by the limiter's identity, and
 * passes everything else through to the original with the original as `this`, since that may have private fields.
 */
import type { EndpointClass } from '../../src/core/profile.ts'
import type { ClientProcess } from '../world/client-process.ts'
import type { AcquireRecord, CallRecord, RunRecord } from '../world/record.ts'
import type { SubjectLimiter, SubjectPermit } from './types.ts'

export interface Observation {
  record: RunRecord
  now: () => number
  /** The call whose retry is being started in this very turn. */
  startingCall: () => CallRecord | undefined
  /** Gives the retry nothing to release. */
  discardsPermits: boolean
  /** Where the limiter is that of a process that may die. */
  process?: ClientProcess
}

interface AcquireArguments {
  endpoint?: EndpointClass
  model?: string
  priority?: number
  queuedAtMs?: number
}

export function observeLimiter(limiter: SubjectLimiter, observation: Observation): SubjectLimiter {
  // A subject that brings both parts may say to its own limiter whatever it likes.
  const acquire = async (...given: unknown[]): Promise<unknown> => {
    const entry = recordAcquire(observation, given)
    try {
      const permit = await passOn(limiter, 'acquire', given)
      return recordGrant(observation, entry, permit)
    } catch (error) {
      entry.failedAtMs = observation.now()
      observation.record.line(observation.now(), `a${entry.id} refused`)
      throw error
    }
  }
  return standIn(limiter, (name) => (name === 'acquire' ? acquire : undefined))
}

/** Calls a method of the original with exactly the arguments that were given. */
function passOn(original: object, name: string, given: unknown[]): unknown {
  const method: unknown = Reflect.get(original, name, original)
  return Reflect.apply(method as (...args: unknown[]) => unknown, original, given)
}

function recordAcquire(observation: Observation, given: readonly unknown[]): AcquireRecord {
  const { record, process } = observation
  const request = Object(given[0]) as AcquireArguments
  const call = observation.startingCall()
  const endpoint = request.endpoint ?? 'chat'
  const nowMs = observation.now()
  const entry: AcquireRecord = {
    id: record.acquires.length,
    process: process?.number ?? 0,
    call,
    lane: `${process === undefined ? '' : `p${process.number} `}${endpoint} ${request.model ?? ''} ${request.priority ?? 0}`,
    endpoint,
    calledAtMs: nowMs,
    queuedAtMs: Math.min(nowMs, request.queuedAtMs ?? nowMs),
    grantedAtMs: undefined,
    failedAtMs: undefined,
    hasArguments: given.length > 0,
    hasRelease: false,
    released: false,
  }
  record.acquires.push(entry)
  process?.onDeath(() => {
    if (entry.grantedAtMs === undefined) entry.failedAtMs ??= observation.now()
  })
  record.line(entry.calledAtMs, `a${entry.id} asks${call === undefined ? '' : ` c${call.id}`}`)
  return entry
}

function recordGrant(observation: Observation, entry: AcquireRecord, permit: unknown): unknown {
  entry.grantedAtMs = observation.now()
  observation.record.line(entry.grantedAtMs, `a${entry.id} granted`)
  if (typeof permit !== 'object' || permit === null || observation.discardsPermits) {
    return observation.discardsPermits ? undefined : permit
  }
  return observePermit(permit, entry, observation)
}

function observePermit(
  permit: SubjectPermit,
  entry: AcquireRecord,
  observation: Observation,
): SubjectPermit {
  entry.hasRelease = typeof permit.release === 'function'
  return standIn(permit, (name) =>
    isEnding(name) && typeof permit[name] === 'function'
      ? (...given: unknown[]) => {
          entry.released = true
          observation.record.line(observation.now(), `a${entry.id} ${name}`)
          return passOn(permit, name, given)
        }
      : undefined,
  )
}

function isEnding(name: PropertyKey): name is 'settle' | 'release' | 'abandon' {
  return name === 'settle' || name === 'release' || name === 'abandon'
}

/**
 * An object that is used in another's place: of its class, with some members replaced and the rest passed through.
 *
 * The proxy's target is not the original, because the original may be frozen and a proxy may not hide a frozen member.
 *
 * @param replace - The member in place of the original's of that name, where there is one.
 */
function standIn<T extends object>(
  original: T,
  replace: (name: PropertyKey) => ((...given: unknown[]) => unknown) | undefined,
): T {
  const target = Object.create(Object.getPrototypeOf(original) as object | null) as T
  return new Proxy(target, new StandIn(original, replace))
}

/** A class and not an object of functions: there is one for every permit. */
class StandIn<T extends object> implements ProxyHandler<T> {
  readonly #original: T
  readonly #replace: (name: PropertyKey) => ((...given: unknown[]) => unknown) | undefined
  /** What was asked for once: the same name is the same function for as long as the original's is. */
  readonly #known = new Map<PropertyKey, { value: unknown; stands: unknown }>()

  constructor(
    original: T,
    replace: (name: PropertyKey) => ((...given: unknown[]) => unknown) | undefined,
  ) {
    this.#original = original
    this.#replace = replace
  }

  get(_target: T, key: PropertyKey): unknown {
    const value: unknown = Reflect.get(this.#original, key, this.#original)
    const known = this.#known.get(key)
    if (known !== undefined && known.value === value) return known.stands
    const replaced = this.#replace(key)
    if (replaced === undefined && typeof value !== 'function') return value
    const stands = replaced ?? (value as (...args: unknown[]) => unknown).bind(this.#original)
    this.#known.set(key, { value, stands })
    return stands
  }

  set(_target: T, key: PropertyKey, value: unknown): boolean {
    return Reflect.set(this.#original, key, value, this.#original)
  }

  has(_target: T, key: PropertyKey): boolean {
    return key in this.#original
  }

  /** For whoever spreads it or looks for its own members. */
  ownKeys(): (string | symbol)[] {
    return Reflect.ownKeys(this.#original)
  }

  getOwnPropertyDescriptor(target: T, key: PropertyKey): PropertyDescriptor | undefined {
    const own = Reflect.getOwnPropertyDescriptor(this.#original, key)
    if (own === undefined) return undefined
    const { enumerable = false } = own
    return { value: this.get(target, key), writable: true, enumerable, configurable: true }
  }
}
