/**
 * The options of embedding a corpus: what is accepted, and their defaults.
 */
import { systemClock, type Clock } from '../../core/clock.ts'
import { InvalidOptionError } from '../../core/errors.ts'
import { systemRandom, type Random } from '../../core/random.ts'
import type { ApiOptions } from '../api.ts'
import type { EmbedProgress } from './progress.ts'

/** In what a vector is kept: numbers take twice the memory, and more where they are few. @public */
export type VectorFormat = 'array' | 'float32'

/** Options of `batchEmbedDocuments` and `embedDocuments`. Durations are in milliseconds. @public */
export interface EmbedOptions<Format extends VectorFormat = VectorFormat> extends ApiOptions {
  /** Texts in a request: a whole number, 1 to 2,048. @defaultValue 20 */
  readonly batchSize?: number | undefined
  /** @defaultValue 'array' */
  readonly vectors?: Format | undefined
  /** Further fields of each request's body, for what a model understands besides. They do not replace `input`. */
  readonly body?: Readonly<Record<string, unknown>> | undefined
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
  /** How many texts there are, where the source cannot tell. Only for the progress. */
  readonly textsTotal?: number | undefined
  /** Called after each request with the state of the run, one object that changes. It must not throw. */
  readonly onProgress?: ((progress: Readonly<EmbedProgress>) => void) | undefined
  /** Ends the run at once; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** @defaultValue the host's clock */
  readonly clock?: Clock | undefined
  /** @defaultValue the host's `Math.random` */
  readonly random?: Random | undefined
}

/** The defaults of {@link EmbedOptions}. @public */
export const embedDefaults: {
  readonly batchSize: number
  readonly vectors: VectorFormat
  readonly inFlightMax: number
  readonly outageMsMax: number
} = Object.freeze({
  batchSize: 20,
  vectors: 'array',
  inFlightMax: 128,
  outageMsMax: 7_200_000,
})

/** Results that wait for an older one, for each request that may be under way. */
const aheadPerRequest = 4
const batchSizeMax = 2_048

/** @internal */
export interface EmbedSettings {
  readonly batchSize: number
  readonly vectors: VectorFormat
  readonly body: Readonly<Record<string, unknown>>
  readonly inFlightMax: number
  readonly aheadMax: number
  readonly outageMsMax: number
  readonly textsTotal: number | undefined
  readonly onProgress: ((progress: Readonly<EmbedProgress>) => void) | undefined
  readonly signal: AbortSignal | undefined
  readonly clock: Clock
  readonly random: Random
}

/** @throws {InvalidOptionError} For the first value that cannot be used. @internal */
export function resolveEmbedOptions(options: EmbedOptions): EmbedSettings {
  const { body = {}, signal, textsTotal, onProgress } = options
  const { vectors = embedDefaults.vectors } = options
  if (vectors !== 'array' && vectors !== 'float32') {
    throw new InvalidOptionError('vectors', vectors, "'array' or 'float32'")
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new InvalidOptionError('body', body, 'an object')
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new InvalidOptionError('onProgress', onProgress, 'a function')
  }
  if (textsTotal !== undefined) assertWhole('textsTotal', textsTotal, { min: 0, max: Infinity })
  const { clock = systemClock, random = systemRandom } = options
  const numbers = readNumbers(options)
  return { ...numbers, vectors, body, textsTotal, onProgress, signal, clock, random }
}

function readNumbers(
  options: EmbedOptions,
): Pick<EmbedSettings, 'batchSize' | 'inFlightMax' | 'aheadMax' | 'outageMsMax'> {
  const { batchSize = embedDefaults.batchSize } = options
  const { inFlightMax = embedDefaults.inFlightMax } = options
  const { outageMsMax = embedDefaults.outageMsMax } = options
  assertWhole('batchSize', batchSize, { min: 1, max: batchSizeMax })
  assertWhole('inFlightMax', inFlightMax, { min: 1, max: Infinity })
  if (typeof outageMsMax !== 'number' || !(outageMsMax >= 0)) {
    throw new InvalidOptionError('outageMsMax', outageMsMax, 'a number, at least 0')
  }
  return { batchSize, inFlightMax, aheadMax: inFlightMax * aheadPerRequest, outageMsMax }
}

function assertWhole(
  option: string,
  value: unknown,
  { min, max }: { min: number; max: number },
): void {
  if (Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max) return
  const most = max === Infinity ? '' : ` and at most ${max.toLocaleString('en-US')}`
  throw new InvalidOptionError(option, value, `a whole number of at least ${min}${most}`)
}
