/**
 * The options of a fine-tune queue: what is accepted, and their defaults.
 */
import { systemClock, type Clock } from '../../core/clock.ts'
import { InvalidOptionError } from '../../core/errors.ts'
import { documentedProfile } from '../../core/profile.ts'
import { systemRandom, type Random } from '../../core/random.ts'
import type { ApiOptions } from '../api.ts'
import { assertWhole } from '../run-options.ts'

/** Options of `createFineTuneQueue`. Durations are in milliseconds. @public */
export interface FineTuneQueueOptions extends ApiOptions {
  /** Jobs of the key that may run at once, those of others included: a whole number, at least 1. @defaultValue 3 */
  readonly concurrentMax?: number | undefined
  /** The shortest time between two looks at the jobs: above 0. @defaultValue 30000 */
  readonly pollMsMin?: number | undefined
  /** The longest time between two looks: at least `pollMsMin`. @defaultValue 60000 */
  readonly pollMsMax?: number | undefined
  /**
   * How long the service may be down, for looks or for new jobs, from the first request that fails until one succeeds: 0
   * to Infinity. @defaultValue 7200000, two hours
   */
  readonly outageMsMax?: number | undefined
  /** @defaultValue the host's clock */
  readonly clock?: Clock | undefined
  /** @defaultValue the host's `Math.random` */
  readonly random?: Random | undefined
}

/** @internal */
export interface FineTuneSettings {
  readonly concurrentMax: number
  readonly pollMsMin: number
  readonly pollMsMax: number
  readonly outageMsMax: number
  readonly clock: Clock
  readonly random: Random
}

const documented = documentedProfile.concurrencyLimits.find(({ id }) => id === 'fine-tunes')

/** The defaults of {@link FineTuneQueueOptions}. @public */
export const fineTuneDefaults: {
  readonly concurrentMax: number
  readonly pollMsMin: number
  readonly pollMsMax: number
  readonly outageMsMax: number
} = Object.freeze({
  concurrentMax: documented?.concurrentMax ?? 1,
  pollMsMin: 30_000,
  pollMsMax: 60_000,
  outageMsMax: 7_200_000,
})

/** @throws {InvalidOptionError} For the first value that cannot be used. @internal */
export function resolveFineTuneOptions(options: FineTuneQueueOptions): FineTuneSettings {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError('options', options, 'an object')
  }
  const { concurrentMax = fineTuneDefaults.concurrentMax } = options
  const { outageMsMax = fineTuneDefaults.outageMsMax } = options
  const { clock = systemClock, random = systemRandom } = options
  assertWhole('concurrentMax', concurrentMax, { min: 1, max: Infinity })
  if (typeof outageMsMax !== 'number' || !(outageMsMax >= 0)) {
    throw new InvalidOptionError('outageMsMax', outageMsMax, 'a number, at least 0')
  }
  return { concurrentMax, ...readPoll(options), outageMsMax, clock, random }
}

/** Where one of the two is given, the other one's default gives way. */
function readPoll(options: FineTuneQueueOptions): { pollMsMin: number; pollMsMax: number } {
  const pollMsMin =
    options.pollMsMin ?? Math.min(fineTuneDefaults.pollMsMin, options.pollMsMax ?? Infinity)
  const pollMsMax = options.pollMsMax ?? Math.max(fineTuneDefaults.pollMsMax, pollMsMin)
  assertFinite('pollMsMin', pollMsMin, 'a number above 0', (value) => value > 0)
  const expected = `a number, at least pollMsMin (${pollMsMin})`
  assertFinite('pollMsMax', pollMsMax, expected, (value) => value >= pollMsMin)
  return { pollMsMin, pollMsMax }
}

function assertFinite(
  option: string,
  value: unknown,
  expected: string,
  isGood: (value: number) => boolean,
): void {
  if (typeof value === 'number' && value < Infinity && isGood(value)) return
  throw new InvalidOptionError(option, value, expected)
}
