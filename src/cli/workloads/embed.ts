/**
 * `embed`: a line with a text becomes a line with its vector.
 */
import { embedDocuments, type RunOptions } from '../../batch/index.ts'
import type { JsonObject } from '../files/json-line.ts'
import type { InputItem } from '../input.ts'
import { failureLine, takeFrom, UnderWay, type ItemResult, type Workload } from './workload.ts'

/** @internal */
export interface EmbedWorkloadOptions {
  readonly model: string
  /** Texts in a request. */
  readonly batchSize: number
  /** Numbers in a vector, for models that let it be chosen. */
  readonly dimensions?: number | undefined
}

/** @internal */
export function embedWorkload(options: EmbedWorkloadOptions): Workload {
  return {
    noun: 'texts',
    findFault: (line) => (textOf(line) === undefined ? 'has no text, a string' : undefined),
    findFaultOfResult: (line) => findFaultOfResult(line, options),
    start: (items, context) => embed(items, { ...options, runOptions: context.run }),
  }
}

/** Vectors of two models in one file are worth nothing, and nobody would see it. */
function findFaultOfResult(
  line: JsonObject,
  { model, dimensions }: EmbedWorkloadOptions,
): string | undefined {
  const { embedding, model: given } = line
  if (!Array.isArray(embedding)) return 'holds no vector'
  if (given !== model) return `holds a vector of another model than ${model}`
  if (dimensions !== undefined && embedding.length !== dimensions) {
    return `holds a vector of ${embedding.length} numbers, not of ${dimensions}`
  }
  return undefined
}

async function* embed(
  items: AsyncIterable<InputItem>,
  given: EmbedWorkloadOptions & { readonly runOptions: RunOptions },
): AsyncGenerator<ItemResult, readonly string[], undefined> {
  const { model, batchSize, dimensions, runOptions } = given
  const underWay = new UnderWay()
  const results = embedDocuments(textsOf(items, underWay), model, {
    ...runOptions,
    batchSize,
    ...(dimensions === undefined ? {} : { body: { dimensions } }),
  })
  for await (const { index, embedding, failure } of results) {
    const { ordinal, customId } = takeFrom(underWay, index)
    const line =
      failure === undefined
        ? { custom_id: customId, model, embedding }
        : failureLine(customId, failure)
    yield { ordinal, line }
  }
  return []
}

async function* textsOf(
  items: AsyncIterable<InputItem>,
  underWay: UnderWay,
): AsyncGenerator<string> {
  for await (const item of items) {
    underWay.add(item)
    yield textOf(item.line) ?? ''
  }
}

/** Under either name: the API calls it `input`. */
function textOf(line: JsonObject): string | undefined {
  const text = line['text'] ?? line['input']
  return typeof text === 'string' ? text : undefined
}
