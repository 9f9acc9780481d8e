/**
 * `POST /v1/embeddings`: vectors that depend on the model and the text alone.
 *
 * Equal texts have equal vectors in every run and on every machine; each has length 1, to six decimals. `encoding_format`
 * is not in Together's description, but OpenAI's own client asks for base64 unless told otherwise.
 */

import { Buffer } from 'node:buffer'
import { createSeededRandom } from '../../core/random.ts'
import { itemsOf, type BodyRules, type JsonObject } from './body-rules.ts'
import { tokensOf } from './reply.ts'
import { badRequest, type Problem } from './problems.ts'
import type { Call, Operation, TokenUsage } from './operation.ts'

/** An input of many small texts would otherwise ask for an answer of gigabytes. */
const INPUT_LENGTH_MAX = 2_048
/** Numbers of one answer, ten characters each: as many texts as there may be, of 1,024 dimensions. */
const NUMBERS_MAX = 2_097_152
const MICROS = 1_000_000

const rules: BodyRules = [
  ['model', { kind: 'string', isRequired: true, min: 1 }],
  ['input', { kind: 'any', isRequired: true, check: checkInput }],
  ['encoding_format', { kind: 'string', oneOf: ['float', 'base64'] }],
]

/** Embeds one text or several. @internal */
export const createEmbeddings: Operation = {
  endpoint: 'embeddings',
  rules,
  model: { field: 'model', types: ['embedding'] },
  check: checkNumbers,
  countTokens: ({ body }) => usageOf(textsOf(body)),
  act: ({ body, model }) => {
    const texts = textsOf(body)
    const { id = '', idJson = '""', dimensions = 0 } = model ?? {}
    const format = body['encoding_format'] === 'base64' ? formatBase64 : formatFloats
    let data = ''
    for (const [index, text] of texts.entries()) {
      const vector = format(embed(text, id, dimensions))
      data += `${index === 0 ? '' : ','}{"object":"embedding","embedding":${vector},"index":${index}}`
    }
    const answer = `{"object":"list","model":${idJson},"data":[${data}]}`
    return { status: 200, body: answer, usage: usageOf(texts) }
  },
}

function textsOf(body: JsonObject): readonly string[] {
  const { input } = body
  return typeof input === 'string' ? [input] : itemsOf(body, 'input').map(String)
}

function usageOf(texts: readonly string[]): TokenUsage {
  let promptTokens = 0
  for (const text of texts) promptTokens += tokensOf(text.length)
  return { promptTokens, completionTokens: 0 }
}

function checkInput(value: unknown): string | undefined {
  if (typeof value === 'string') return undefined
  if (!Array.isArray(value) || !value.every((text) => typeof text === 'string')) {
    return 'must be a string or an array of strings'
  }
  if (value.length === 0) return 'must not be empty'
  if (value.length > INPUT_LENGTH_MAX) return `must hold at most ${INPUT_LENGTH_MAX} texts`
  return undefined
}

function checkNumbers({ body, model }: Call): Problem | undefined {
  const textsMax = Math.floor(NUMBERS_MAX / (model?.dimensions ?? 1))
  if (textsOf(body).length <= textsMax) return undefined
  return badRequest(`input must hold at most ${textsMax} texts for this model`, 'input')
}

/**
 * A vector of length 1, in whole millionths. Square roots and divisions are exact to the last bit everywhere.
 *
 * An array of its own and not a typed one, whose memory comes from outside the heap and takes longer to get than to fill.
 */
function embed(text: string, modelId: string, dimensions: number): readonly number[] {
  const random = createSeededRandom(0, `${modelId}/${text}`)
  const vector: number[] = []
  let squares = 0
  for (let index = 0; index < dimensions; index += 1) {
    const value = 2 * random.next() - 1
    vector.push(value)
    squares += value * value
  }
  const length = Math.sqrt(squares)
  for (let index = 0; index < dimensions; index += 1) {
    vector[index] = Math.round(((vector[index] ?? 0) / length) * MICROS)
  }
  return vector
}

function formatFloats(micros: readonly number[]): string {
  let text = '['
  for (let index = 0; index < micros.length; index += 1) {
    text += (index === 0 ? '' : ',') + formatMicros(micros[index] ?? 0)
  }
  return `${text}]`
}

/** Three digits each: putting two together is much quicker than writing a number that was never written before. */
const digits: readonly string[] = Array.from({ length: 1_000 }, (_, value) =>
  String(value).padStart(3, '0'),
)

/** Six decimals, as `toFixed` has them; an answer has a thousand of these. */
function formatMicros(micros: number): string {
  const size = Math.abs(micros)
  // A component is never larger than 1, which comes out of a vector with a single one.
  if (size === MICROS) return micros < 0 ? '-1.000000' : '1.000000'
  const thousands = Math.trunc(size / 1_000)
  return (micros < 0 ? '-0.' : '0.') + digits[thousands] + digits[size - thousands * 1_000]
}

/** Single-precision numbers, the lowest byte first. */
function formatBase64(micros: readonly number[]): string {
  const bytes = Buffer.alloc(4 * micros.length)
  for (const [index, value] of micros.entries()) bytes.writeFloatLE(value / MICROS, 4 * index)
  return `"${bytes.toString('base64')}"`
}
