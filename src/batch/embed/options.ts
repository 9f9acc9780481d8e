/**
 * The options of embedding a corpus: what is accepted, and their defaults.
 */
import { InvalidOptionError } from '../../core/errors.ts'
import {
  assertWhole,
  isJson,
  resolveRunOptions,
  type RunOptions,
  type RunSettings,
} from '../run-options.ts'

/** In what a vector is kept: numbers take twice the memory, and more where they are few. @public */
export type VectorFormat = 'array' | 'float32'

/** Options of `batchEmbedDocuments` and `embedDocuments`. @public */
export interface EmbedOptions<Format extends VectorFormat = VectorFormat> extends RunOptions {
  /** Texts in a request: a whole number, 1 to 2,048. @defaultValue 20 */
  readonly batchSize?: number | undefined
  /** @defaultValue 'array' */
  readonly vectors?: Format | undefined
  /** Further fields of each request's body, for what a model understands besides. They replace neither model nor input. */
  readonly body?: Readonly<Record<string, unknown>> | undefined
}

/** The defaults of {@link EmbedOptions}. @public */
export const embedDefaults: {
  readonly batchSize: number
  readonly vectors: VectorFormat
} = Object.freeze({ batchSize: 20, vectors: 'array' })

const batchSizeMax = 2_048

/** @internal */
export interface EmbedSettings extends RunSettings {
  readonly batchSize: number
  readonly vectors: VectorFormat
  readonly body: Readonly<Record<string, unknown>>
}

/** @throws {InvalidOptionError} For the first value that cannot be used. @internal */
export function resolveEmbedOptions(options: EmbedOptions): EmbedSettings {
  const { batchSize = embedDefaults.batchSize, vectors = embedDefaults.vectors } = options
  const { body = {} } = options
  assertWhole('batchSize', batchSize, { min: 1, max: batchSizeMax })
  if (vectors !== 'array' && vectors !== 'float32') {
    throw new InvalidOptionError('vectors', vectors, "'array' or 'float32'")
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new InvalidOptionError('body', body, 'an object')
  }
  if (!isJson(body)) {
    throw new InvalidOptionError('body', body, 'an object that can be written as JSON')
  }
  return { ...resolveRunOptions(options), batchSize, vectors, body }
}
