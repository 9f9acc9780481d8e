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
    const isBase64 = body['encoding_format'] === 'base64'
    const write = texts.length === 1 && !isBase64 ? recallFloats : writeVector
    let data = ''
    for (let index = 0; index < texts.length; index += 1) {
      const vector = write(texts[index] ?? '', { id, dimensions, isBase64 })
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
  const count = typeof body['input'] === 'string' ? 1 : textsOf(body).length
  if (count <= textsMax) return undefined
  return badRequest(`input must hold at most ${textsMax} texts for this model`, 'input')
}

interface VectorForm {
  /** The model's. */
  readonly id: string
  readonly dimensions: number
  readonly isBase64: boolean
}

function writeVector(text: string, { id, dimensions, isBase64 }: VectorForm): string {
  const vector = embed(text, id, dimensions)
  return isBase64 ? formatBase64(vector) : formatFloats(vector)
}

/** Vectors of single short texts that were asked for last: retries and load tests ask for the same again and again. */
const recalled = new Map<string, string>()
const RECALLED_MAX = 256
const RECALLED_LENGTH_MAX = 256
const RECALLED_DIMENSIONS_MAX = 1_024
let recalledForm: { id: string; dimensions: number } = { id: '', dimensions: 0 }

function recallFloats(text: string, form: VectorForm): string {
  const { id, dimensions } = form
  if (text.length > RECALLED_LENGTH_MAX || dimensions > RECALLED_DIMENSIONS_MAX) {
    return writeVector(text, form)
  }
  if (id !== recalledForm.id || dimensions !== recalledForm.dimensions) {
    recalled.clear()
    recalledForm = { id, dimensions }
  }
  const known = recalled.get(text)
  if (known !== undefined) return known
  if (recalled.size >= RECALLED_MAX) recalled.clear()
  const vector = writeVector(text, form)
  recalled.set(text, vector)
  return vector
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

/** Where numbers are put together, digit by digit: a text of a thousand pieces takes longer to send than to make. */
let scratch = Buffer.alloc(4_096)
/** `-0.123456,` */
const BYTES_PER_NUMBER = 10
const [ZERO, MINUS, POINT, COMMA, OPEN, CLOSE] = [48, 45, 46, 44, 91, 93] as const

/** An array of numbers with six decimals each, as `toFixed` has them. */
function formatFloats(micros: readonly number[]): string {
  const room = micros.length * BYTES_PER_NUMBER + 2
  if (scratch.length < room) scratch = Buffer.alloc(room)
  scratch[0] = OPEN
  let end = 1
  for (const value of micros) {
    end = writeMicros(value, end)
    scratch[end] = COMMA
    end += 1
  }
  // The last comma gives way; a vector has at least one number.
  scratch[end - 1] = CLOSE
  return scratch.toString('latin1', 0, end)
}

/** Returns the place behind the number. */
function writeMicros(micros: number, start: number): number {
  let at = start
  if (micros < 0) scratch[at++] = MINUS
  let rest = Math.abs(micros)
  // Only a vector with a single component has one of length 1.
  scratch[at++] = rest === MICROS ? ZERO + 1 : ZERO
  scratch[at++] = POINT
  rest %= MICROS
  for (let place = at + 5; place >= at; place -= 1) {
    const tens = Math.trunc(rest / 10)
    scratch[place] = ZERO + rest - tens * 10
    rest = tens
  }
  return at + 6
}

/** Single-precision numbers, the lowest byte first. */
function formatBase64(micros: readonly number[]): string {
  const bytes = Buffer.alloc(4 * micros.length)
  for (const [index, value] of micros.entries()) bytes.writeFloatLE(value / MICROS, 4 * index)
  return `"${bytes.toString('base64')}"`
}
