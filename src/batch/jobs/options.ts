/**
 * What a batch run takes besides what every run takes.
 */
import { InvalidOptionError } from '../../core/errors.ts'
import { documentedProfile, type BatchLimits, type Profile } from '../../core/profile.ts'
import type { RunProgress } from '../progress.ts'
import {
  assertWhole,
  resolveRunOptions,
  type RunOptions,
  type RunSettings,
} from '../run-options.ts'
import type { BatchJournal } from './journal.ts'

/** The state of a batch run. The speed is that since its beginning: batches end in bursts. @public */
export interface BatchProgress extends RunProgress {
  /** Batches that were created and have not ended. */
  readonly batchesInFlight: number
}

/** Options of `runBatch` and `iterateBatch`. Durations are in milliseconds. @public */
export interface BatchRunOptions extends Omit<RunOptions, 'inFlightMax' | 'onProgress'> {
  /**
   * Says how large a batch may be, how many there may be at once, and what they cost. One that says nothing of batches
   * means those of the default. @defaultValue documentedProfile
   */
  readonly profile?: Profile | undefined
  /** What answers the requests, from the host's root on. @defaultValue '/v1/chat/completions' */
  readonly endpoint?: string | undefined
  /**
   * Batches that one request may be part of until it has an answer: a whole number, at least 1. Those that FAILED as a
   * whole do not count: they are halved until the request that fails them is found. @defaultValue 3
   */
  readonly attemptsMax?: number | undefined
  /** The shortest wait between two looks at a batch; each is drawn between this and the longest. @defaultValue 30000 */
  readonly pollMsMin?: number | undefined
  /** The longest wait between two looks at a batch. @defaultValue 60000, or `pollMsMin` where that is more */
  readonly pollMsMax?: number | undefined
  /**
   * Whether what was left of a batch that somebody else cancelled goes into a later one; if not, it fails.
   * @defaultValue true
   */
  readonly resubmitsCancelled?: boolean | undefined
  /**
   * Whether an abort, or a consumer that leaves, cancels the batches in flight. What they have done by then is billed.
   * @defaultValue true without a journal, false with one
   */
  readonly cancelsOnAbort?: boolean | undefined
  /** Where the run writes down what it does, and finds what an earlier one had begun. @defaultValue none */
  readonly journal?: BatchJournal | undefined
  /** Called after each outcome, and when a batch is created or ends. It must not throw. */
  readonly onProgress?: ((progress: BatchProgress) => void) | undefined
}

/** The defaults of {@link BatchRunOptions}. @public */
export const batchDefaults: {
  readonly profile: Profile
  readonly endpoint: string
  readonly attemptsMax: number
  readonly pollMsMin: number
  readonly pollMsMax: number
  readonly resubmitsCancelled: boolean
} = Object.freeze({
  profile: documentedProfile,
  endpoint: '/v1/chat/completions',
  attemptsMax: 3,
  pollMsMin: 30_000,
  pollMsMax: 60_000,
  resubmitsCancelled: true,
})

/** @internal */
export interface BatchSettings extends RunSettings {
  readonly limits: BatchLimits
  readonly endpoint: string
  readonly attemptsMax: number
  readonly pollMsMin: number
  readonly pollMsMax: number
  readonly resubmitsCancelled: boolean
  readonly cancelsOnAbort: boolean
  readonly journal: BatchJournal | undefined
}

/**
 * @param batchesInFlight - Asked for each report of the progress.
 * @throws {InvalidOptionError} For the first value that cannot be used.
 * @internal
 */
export function resolveBatchOptions(
  options: BatchRunOptions,
  batchesInFlight: () => number,
): BatchSettings {
  const { profile = batchDefaults.profile, onProgress, journal, ...rest } = options
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new InvalidOptionError('onProgress', onProgress, 'a function')
  }
  const tell: RunOptions['onProgress'] =
    onProgress && ((progress) => onProgress({ ...progress, batchesInFlight: batchesInFlight() }))
  const { inFlightMax, limits } = readProfile(profile)
  return {
    ...resolveRunOptions({ ...rest, inFlightMax, onProgress: tell }),
    ...readTimes(options),
    ...readSwitches(options),
    limits,
    endpoint: readEndpoint(options.endpoint),
    journal: readJournal(journal),
  }
}

/** Where a profile names no limit. */
const inFlightMaxDefault = 10

function readProfile(profile: Profile): { inFlightMax: number; limits: BatchLimits } {
  if (
    typeof profile !== 'object' ||
    profile === null ||
    !Array.isArray(profile.concurrencyLimits)
  ) {
    throw new InvalidOptionError('profile', profile, 'a profile')
  }
  const limits = profile.batches ?? documentedProfile.batches ?? { requestsMax: 1, bytesMax: 1 }
  assertWhole('profile.batches.requestsMax', limits.requestsMax, { min: 1, max: Infinity })
  assertWhole('profile.batches.bytesMax', limits.bytesMax, { min: 1, max: Infinity })
  const { priceShare } = limits
  if (priceShare !== undefined && !(priceShare >= 0 && priceShare <= 1)) {
    throw new InvalidOptionError('profile.batches.priceShare', priceShare, 'a number from 0 to 1')
  }
  const caps = profile.concurrencyLimits
    .filter(({ endpoints }) => endpoints.includes('batches'))
    .map(({ concurrentMax }) => concurrentMax)
  return { limits, inFlightMax: caps.length === 0 ? inFlightMaxDefault : Math.min(...caps) }
}

function readTimes(
  options: BatchRunOptions,
): Pick<BatchSettings, 'attemptsMax' | 'pollMsMin' | 'pollMsMax'> {
  const { attemptsMax = batchDefaults.attemptsMax, pollMsMin = batchDefaults.pollMsMin } = options
  assertWhole('attemptsMax', attemptsMax, { min: 1, max: Infinity })
  assertWhole('pollMsMin', pollMsMin, { min: 1, max: timerMsMax })
  const { pollMsMax = Math.max(pollMsMin, batchDefaults.pollMsMax) } = options
  assertWhole('pollMsMax', pollMsMax, { min: pollMsMin, max: timerMsMax })
  return { attemptsMax, pollMsMin, pollMsMax }
}

/** The longest delay that a host's timer takes. */
const timerMsMax = 2_147_483_647

function readSwitches(
  options: BatchRunOptions,
): Pick<BatchSettings, 'resubmitsCancelled' | 'cancelsOnAbort'> {
  const { resubmitsCancelled = batchDefaults.resubmitsCancelled, journal } = options
  const { cancelsOnAbort = journal === undefined } = options
  for (const [name, value] of Object.entries({ resubmitsCancelled, cancelsOnAbort })) {
    if (typeof value !== 'boolean') throw new InvalidOptionError(name, value, 'true or false')
  }
  return { resubmitsCancelled, cancelsOnAbort }
}

function readEndpoint(endpoint: string = batchDefaults.endpoint): string {
  if (typeof endpoint === 'string' && endpoint.startsWith('/')) return endpoint
  throw new InvalidOptionError('endpoint', endpoint, 'a path that begins with a slash')
}

function readJournal(journal: BatchJournal | undefined): BatchJournal | undefined {
  if (journal === undefined) return undefined
  const isJournal =
    typeof journal === 'object' &&
    journal !== null &&
    typeof journal.load === 'function' &&
    typeof journal.append === 'function'
  if (!isJournal) throw new InvalidOptionError('journal', journal, 'an object with load and append')
  return journal
}
