/**
 * `POST /v1/embeddings`: vectors that depend on the model and the text alone.
 *
 * Equal texts have equal vectors in every run and on every machine; each has length 1, to six decimals.
 */

import { createSeededRandom } from '../../core/random.ts'
import type { Operation } from './operation.ts'
import { itemsOf, type BodyRules } from './body-rules.ts'

/** An input of many small texts would otherwise ask for an answer of gigabytes. */
const INPUT_LENGTH_MAX = 2_048
const MICROS = 1_000_000

const rules: BodyRules = [
  ['model', { kind: 'string', isRequired: true, min: 1 }],
  ['input', { kind: 'any', isRequired: true, check: checkInput }],
]

/** Embeds one text or several. @internal */
export const createEmbeddings: Operation = {
  endpoint: 'embeddings',
  rules,
  model: { field: 'model', type: 'embedding' },
  act: ({ body, model }) => {
    const texts =
      typeof body['input'] === 'string' ? [body['input']] : itemsOf(body, 'input').map(String)
    const { id = '', idJson = '""', dimensions = 0 } = model ?? {}
    const data = texts.map((text, index) => {
      const embedding = embed(text, id, dimensions).join(',')
      return `{"object":"embedding","embedding":[${embedding}],"index":${index}}`
    })
    const answer = `{"object":"list","model":${idJson},"data":[${data.join(',')}]}`
    return { status: 200, body: answer }
  },
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

/** A vector of length 1. Square roots and divisions are exact to the last bit everywhere. */
function embed(text: string, modelId: string, dimensions: number): string[] {
  const random = createSeededRandom(0, `${modelId}/${text}`)
  const values = Array.from({ length: dimensions }, () => 2 * random.next() - 1)
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
  return values.map((value) => formatMicros(Math.round((value / length) * MICROS)))
}

/** Six decimals; `toFixed` takes seven times as long, and an answer has a thousand of these. */
function formatMicros(micros: number): string {
  const size = Math.abs(micros)
  const decimals = String(MICROS + size).slice(1)
  return `${micros < 0 ? '-' : ''}${size === MICROS ? 1 : 0}.${decimals}`
}
