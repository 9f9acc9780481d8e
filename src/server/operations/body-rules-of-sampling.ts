/**
 * The fields that say how a model picks its words: the same for chat and for plain completions.
 */

import type { BodyRules } from './body-rules.ts'

const WEIGHT_MAX = 1_000
/** Far more than any model takes; each is looked for in the reply. */
const STOPS_MAX = 1_000

/** Bounds are those of the API's description, where it has any. @internal */
export const samplingRules: BodyRules = [
  ['max_tokens', { kind: 'whole', min: 0 }],
  ['n', { kind: 'whole', min: 1, max: 128 }],
  ['temperature', { kind: 'number', min: 0, max: WEIGHT_MAX }],
  ['top_p', { kind: 'number', min: 0, max: 1 }],
  ['top_k', { kind: 'whole' }],
  ['min_p', { kind: 'number' }],
  ['repetition_penalty', { kind: 'number' }],
  ['presence_penalty', { kind: 'number' }],
  ['frequency_penalty', { kind: 'number' }],
  ['logit_bias', { kind: 'object' }],
  ['logprobs', { kind: 'any', check: checkLogprobs }],
  ['stop', { kind: 'any', check: checkStop }],
  ['echo', { kind: 'boolean' }],
  ['seed', { kind: 'whole' }],
  ['stream', { kind: 'boolean' }],
]

/** A count with Together, true or false with OpenAI's own client. */
function checkLogprobs(value: unknown): string | undefined {
  if (typeof value === 'boolean') return undefined
  const isCount = Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= 20
  return isCount ? undefined : 'must be a whole number between 0 and 20'
}

/** A list with Together, also a single text with OpenAI's own client. */
function checkStop(value: unknown): string | undefined {
  if (typeof value === 'string') return undefined
  const isList = Array.isArray(value) && value.every((stop) => typeof stop === 'string')
  if (!isList) return 'must be an array of strings'
  return value.length <= STOPS_MAX ? undefined : `must have at most ${STOPS_MAX} items`
}
