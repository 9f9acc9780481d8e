/**
 * The options' defaults and their validation: from what the caller wrote to what a call works with.
 *
 * Also keeps the budgets that callers of one limiter share without having said so.
 */
import { systemClock, type Clock } from '../core/clock.ts'
import { InvalidOptionError } from '../core/errors.ts'
import type { EventListener } from '../core/events.ts'
import type { Observation } from '../core/observation.ts'
import { endpointClasses, type EndpointClass } from '../core/profile.ts'
import { systemRandom, type Random } from '../core/random.ts'
import { RetryBudget } from './budget.ts'
import { observationOf } from './report.ts'
import type { RetryLimiter, RetryOptions } from './types.ts'

/** The defaults of {@link RetryOptions}. @public */
export const retryDefaults: {
  readonly maxRetries: number
  readonly endpoint: EndpointClass
  readonly attemptTimeoutMs: number
  readonly backoffBaseMs: number
  readonly backoffMsMax: number
  readonly serverDelayMsMax: number
  readonly bodyTextLengthMax: number
} = Object.freeze({
  maxRetries: 4,
  endpoint: 'chat',
  attemptTimeoutMs: 60_000,
  backoffBaseMs: 500,
  backoffMsMax: 20_000,
  serverDelayMsMax: 120_000,
  bodyTextLengthMax: 4_096,
})

/** The options with every default filled in and every value checked. @internal */
export interface RetrySettings {
  readonly attemptsMax: number
  readonly endpoint: EndpointClass
  /** False where `endpoint` only says how the request is retried. Set by `src/fetch`. @defaultValue true */
  readonly isLimited?: boolean
  readonly model: string | undefined
  readonly tokens: number | undefined
  readonly priority: number | undefined
  readonly signal: AbortSignal | undefined
  /** Infinity for none. */
  readonly deadlineMs: number
  readonly attemptTimeoutMs: number
  readonly backoffBaseMs: number
  readonly backoffMsMax: number
  readonly serverDelayMsMax: number
  readonly bodyTextLengthMax: number
  readonly budget: RetryBudget
  readonly observation: Observation
  readonly clock: Clock
  readonly random: Random
}

/** One budget a limiter, for as long as the limiter lives. */
const budgets = new WeakMap<RetryLimiter, RetryBudget>()

/**
 * Checks everything the caller gave and fills in the defaults.
 *
 * @throws {InvalidOptionError} For the first value that cannot be used.
 * @internal
 */
export function resolveSettings(
  limiter: RetryLimiter,
  maxRetriesOrOptions: number | RetryOptions = {},
): RetrySettings {
  if (typeof limiter?.acquire !== 'function') {
    throw new InvalidOptionError('limiter', limiter, 'an object with an acquire() method')
  }
  const options =
    typeof maxRetriesOrOptions === 'number'
      ? { maxRetries: maxRetriesOrOptions }
      : maxRetriesOrOptions
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError('options', options, 'a number of retries or an object')
  }
  const numbers = withDefaults(options)
  return {
    attemptsMax: checkNumber(numbers, 'maxRetries', { min: 0, max: 1_000, isWhole: true }) + 1,
    endpoint: checkEndpoint(numbers.endpoint),
    model: options.model,
    tokens: options.tokens,
    priority: options.priority,
    signal: checkSignal(options.signal),
    deadlineMs: checkNumber(numbers, 'deadlineMs', { min: 0 }),
    attemptTimeoutMs: checkNumber(numbers, 'attemptTimeoutMs', { min: Number.MIN_VALUE }),
    backoffBaseMs: checkNumber(numbers, 'backoffBaseMs', { min: 0, max: 1e9 }),
    backoffMsMax: checkNumber(numbers, 'backoffMsMax', { min: 0, max: 1e9 }),
    serverDelayMsMax: checkNumber(numbers, 'serverDelayMsMax', { min: 0 }),
    bodyTextLengthMax: checkNumber(numbers, 'bodyTextLengthMax', {
      min: 0,
      max: 1e9,
      isWhole: true,
    }),
    budget: options.budget ?? sharedBudget(limiter),
    observation: observationOf(limiter, checkListener(options.onEvent)),
    clock: options.clock ?? limiterClock(limiter) ?? systemClock,
    random: options.random ?? systemRandom,
  }
}

/** A limiter that is not ours may have a `clock` of another kind. @internal */
export function limiterClock(limiter: RetryLimiter): Clock | undefined {
  return typeof limiter.clock?.setTimer === 'function' ? limiter.clock : undefined
}

function sharedBudget(limiter: RetryLimiter): RetryBudget {
  const known = budgets.get(limiter)
  if (known !== undefined) return known
  const created = new RetryBudget()
  budgets.set(limiter, created)
  return created
}

/** An option that is given as undefined is not given: a spread would let it hide its default. */
function withDefaults(
  options: RetryOptions,
): Required<Pick<RetryOptions, keyof typeof retryDefaults | 'deadlineMs'>> {
  const {
    maxRetries = retryDefaults.maxRetries,
    endpoint = retryDefaults.endpoint,
    attemptTimeoutMs = retryDefaults.attemptTimeoutMs,
    backoffBaseMs = retryDefaults.backoffBaseMs,
    backoffMsMax = retryDefaults.backoffMsMax,
    serverDelayMsMax = retryDefaults.serverDelayMsMax,
    bodyTextLengthMax = retryDefaults.bodyTextLengthMax,
    deadlineMs = Infinity,
  } = options
  return {
    maxRetries,
    endpoint,
    attemptTimeoutMs,
    backoffBaseMs,
    backoffMsMax,
    serverDelayMsMax,
    bodyTextLengthMax,
    deadlineMs,
  }
}

function checkNumber<Name extends string>(
  options: Readonly<Record<Name, unknown>>,
  name: Name,
  bounds: { min: number; max?: number; isWhole?: boolean },
): number {
  const value = options[name]
  const { min, max = Infinity, isWhole = false } = bounds
  if (
    typeof value === 'number' &&
    value >= min &&
    value <= max &&
    (!isWhole || Number.isInteger(value))
  ) {
    return value
  }
  const least = min === Number.MIN_VALUE ? 'more than 0' : `from ${min}`
  const most = max === Infinity ? '' : ` to ${max}`
  throw new InvalidOptionError(name, value, `a ${isWhole ? 'whole ' : ''}number ${least}${most}`)
}

function checkEndpoint(endpoint: unknown): EndpointClass {
  const known = endpointClasses.find((name) => name === endpoint)
  if (known === undefined) {
    throw new InvalidOptionError('endpoint', endpoint, `one of ${endpointClasses.join(', ')}`)
  }
  return known
}

function checkListener(onEvent: EventListener | undefined): EventListener | undefined {
  if (onEvent === undefined || typeof onEvent === 'function') return onEvent
  throw new InvalidOptionError('onEvent', onEvent, 'a function')
}

function checkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined || typeof signal.addEventListener === 'function') return signal
  throw new InvalidOptionError('signal', signal, 'an AbortSignal')
}
