/**
 * The options that all long runs have: what is accepted, and their defaults.
 */
import { systemClock, type Clock } from '../core/clock.ts'
import { InvalidOptionError } from '../core/errors.ts'
import { systemRandom, type Random } from '../core/random.ts'
import type { ApiOptions } from './api.ts'
import type { RunProgress } from './progress.ts'

/** Options of every long run. Durations are in milliseconds. @public */
export interface RunOptions extends ApiOptions {
  /**
   * Requests under way at once, those that wait for their turn included: a whole number, at least 1. As many as the quota
   * feeds, or the quota is not used up: its requests per second times the seconds to answer. @defaultValue 128
   */
  readonly inFlightMax?: number | undefined
  /**
   * How long the service may be down, from the first request that fails for good until one succeeds: 0 to Infinity. Until
   * then one request at a time goes to see. @defaultValue 7200000, two hours
   */
  readonly outageMsMax?: number | undefined
  /** How many items there are, where the source cannot tell. Only for the progress. */
  readonly total?: number | undefined
  /** Called after each request with the state of the run, one object that changes. It must not throw. */
  readonly onProgress?: ((progress: Readonly<RunProgress>) => void) | undefined
  /** Looks the models up in `GET /v1/models` before the first request. @defaultValue true */
  readonly checksModels?: boolean | undefined
  /** Ends the run at once: iterators hand out what is ready, and then it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** @defaultValue the host's clock */
  readonly clock?: Clock | undefined
  /** @defaultValue the host's `Math.random` */
  readonly random?: Random | undefined
}

/** The defaults of {@link RunOptions}. @public */
export const runDefaults: {
  readonly inFlightMax: number
  readonly outageMsMax: number
} = Object.freeze({ inFlightMax: 128, outageMsMax: 7_200_000 })

/** Results that wait for an older one, for each request that may be under way. */
const aheadPerRequest = 4

/** @internal */
export interface RunSettings {
  readonly inFlightMax: number
  readonly aheadMax: number
  readonly outageMsMax: number
  readonly total: number | undefined
  readonly onProgress: ((progress: Readonly<RunProgress>) => void) | undefined
  readonly checksModels: boolean
  readonly signal: AbortSignal | undefined
  readonly clock: Clock
  readonly random: Random
}

/** @throws {InvalidOptionError} For the first value that cannot be used. @internal */
export function resolveRunOptions(options: RunOptions): RunSettings {
  const { inFlightMax = runDefaults.inFlightMax, outageMsMax = runDefaults.outageMsMax } = options
  const { total, onProgress, checksModels = true, signal } = options
  assertWhole('inFlightMax', inFlightMax, { min: 1, max: Infinity })
  if (typeof outageMsMax !== 'number' || !(outageMsMax >= 0)) {
    throw new InvalidOptionError('outageMsMax', outageMsMax, 'a number, at least 0')
  }
  if (total !== undefined) assertWhole('total', total, { min: 0, max: Infinity })
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new InvalidOptionError('onProgress', onProgress, 'a function')
  }
  if (typeof checksModels !== 'boolean') {
    throw new InvalidOptionError('checksModels', checksModels, 'true or false')
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new InvalidOptionError('signal', signal, 'an AbortSignal')
  }
  const { clock = systemClock, random = systemRandom } = options
  const aheadMax = inFlightMax * aheadPerRequest
  return {
    inFlightMax,
    aheadMax,
    outageMsMax,
    total,
    onProgress,
    checksModels,
    signal,
    clock,
    random,
  }
}

/** @internal */
export function assertWhole(
  option: string,
  value: unknown,
  { min, max }: { min: number; max: number },
): void {
  if (Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max) return
  const most = max === Infinity ? '' : ` and at most ${max.toLocaleString('en-US')}`
  throw new InvalidOptionError(option, value, `a whole number of at least ${min}${most}`)
}

/** @throws {InvalidOptionError} A string is iterable too, by its characters, and never meant. @internal */
export function assertIterable(option: string, value: unknown, what: string): void {
  const isIterable =
    typeof value === 'object' &&
    value !== null &&
    (Symbol.iterator in value || Symbol.asyncIterator in value)
  if (!isIterable) throw new InvalidOptionError(option, value, `an iterable of ${what}`)
}

/** Whether it can be sent: no BigInt, and nothing that holds itself. @internal */
export function isJson(value: object): boolean {
  try {
    return JSON.stringify(value) !== undefined
  } catch {
    return false
  }
}

/** How many items a source has, where it can tell without being read. @internal */
export function countOf(source: object): number | undefined {
  if (Array.isArray(source)) return source.length
  return source instanceof Set ? source.size : undefined
}
