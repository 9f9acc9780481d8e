/**
 * Embeds a corpus: any number of texts, at the speed of the quota, in order, with bounded memory.
 */
import { InvalidOptionError, isRunStoppedError, PartialResultError } from '../../core/errors.ts'
import type { ItemFailure } from '../../core/errors.ts'
import { handOut } from '../hand-out.ts'
import { LongRun } from '../long-run.ts'
import { assertIterable, countOf } from '../run-options.ts'
import { embedBatch, type NumberedText } from './embed-batch.ts'
import { resolveEmbedOptions, type EmbedOptions, type VectorFormat } from './options.ts'

/** Texts, of which there may be more than fit into memory. @public */
export type TextSource = Iterable<string> | AsyncIterable<string>

/** The vectors of a format. @public */
export type VectorOf<Format extends VectorFormat> = Format extends 'float32'
  ? Float32Array
  : number[]

/** A text's vector, or why it has none. @public */
export type EmbeddedText<V = number[]> =
  | { readonly index: number; readonly embedding: V; readonly failure?: undefined }
  | { readonly index: number; readonly embedding?: undefined; readonly failure: ItemFailure }

/**
 * Embeds texts and resolves with their vectors, in the order of the texts.
 *
 * Each request takes its turn with the limiter and is retried; while the service is down, the run waits. A request that is
 * refused for its content is split until the bad texts are found.
 *
 * @param texts - Any iterable of strings, asynchronous ones too.
 * @param model - An embedding model's id.
 * @param batchSizeOrOptions - Texts in a request, or the options. @defaultValue 20
 * @throws {PartialResultError} Where texts were refused, or the run stopped: with all vectors that there are, and why.
 * @throws {InvalidOptionError} Naming the option.
 * @throws The signal's reason, untouched, when the caller aborts; what the source throws.
 * @example
 * const vectors = await batchEmbedDocuments(['one', 'two'], 'BAAI/bge-base-en-v1.5')
 * @public
 */
export async function batchEmbedDocuments<Format extends VectorFormat = 'array'>(
  texts: TextSource,
  model: string,
  batchSizeOrOptions?: number | EmbedOptions<Format>,
): Promise<VectorOf<Format>[]> {
  const vectors: (VectorOf<Format> | undefined)[] = []
  const failures: ItemFailure[] = []
  let cause: unknown
  try {
    for await (const { index, embedding, failure } of embedDocuments(
      texts,
      model,
      batchSizeOrOptions,
    )) {
      // A run that stops leaves gaps.
      while (vectors.length < index) vectors.push(undefined)
      vectors.push(embedding)
      if (failure !== undefined) failures.push(failure)
    }
  } catch (error) {
    if (!isRunStoppedError(error)) throw error
    cause = error
  }
  const whole = vectors.filter((vector) => vector !== undefined)
  if (cause === undefined && whole.length === vectors.length) return whole
  throw new PartialResultError({ results: vectors, failures, cause })
}

/**
 * Embeds texts one request after the other as the consumer takes the results, in the order of the texts: for corpora that
 * do not fit into memory.
 *
 * A text that is refused comes as a failure, and the run goes on. Where the run stops, what was under way is handed out
 * first, so that nothing that was paid for is lost; indexes then have gaps.
 *
 * @throws {RunStoppedError} Where nothing more can succeed: a wrong key, no such model, an outage of more than
 * `outageMsMax`. Start again with the texts that are left.
 * @throws As `batchEmbedDocuments` does otherwise.
 * @example
 * for await (const { index, embedding, failure } of embedDocuments(lines, model)) await write(index, embedding ?? failure)
 * @public
 */
export function embedDocuments<Format extends VectorFormat = 'array'>(
  texts: TextSource,
  model: string,
  batchSizeOrOptions: number | EmbedOptions<Format> = {},
): AsyncGenerator<EmbeddedText<VectorOf<Format>>, void, undefined> {
  const options = readOptions(batchSizeOrOptions)
  const settings = resolveEmbedOptions(options)
  assertModel(model)
  assertIterable('texts', texts, 'strings')
  const run = new LongRun(options, settings, { total: settings.total ?? countOf(texts) })
  const embedding = { run, model, settings }
  const batches = toBatches(texts, settings.batchSize)
  const outcomes = handOut(run, batches, (batch) => embedBatch(embedding, batch))
  // The vectors are of the format that was asked for, which the functions behind do not know.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return outcomes as AsyncGenerator<EmbeddedText<VectorOf<Format>>, void, undefined>
}

async function* toBatches(texts: TextSource, batchSize: number): AsyncGenerator<NumberedText[]> {
  let batch: NumberedText[] = []
  let index = 0
  for await (const text of texts) {
    batch.push({ index, text })
    index += 1
    if (batch.length < batchSize) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

function readOptions<Format extends VectorFormat>(
  given: number | EmbedOptions<Format>,
): EmbedOptions {
  if (typeof given === 'number') return { batchSize: given }
  if (typeof given === 'object' && given !== null) return given
  throw new InvalidOptionError('batchSizeOrOptions', given, 'a number or an object')
}

function assertModel(model: unknown): void {
  if (typeof model === 'string' && model !== '') return
  throw new InvalidOptionError('model', model, 'the id of a model')
}
