/**
 * The JSON Schema of fault plans.
 */

import { anything, type JsonSchema } from '../json-schema.ts'
import { serverEndpoints } from '../profiles/server-profile.ts'
import type { FaultHintHeader, HintNonsense, MalformedForm } from '../contract.ts'

const RULES_LENGTH_MAX = 10_000
const DELAY_MS_MAX = 2_592_000_000
const COUNT_MAX = Number.MAX_SAFE_INTEGER

const hintHeaders: readonly FaultHintHeader[] = [
  'retry-after',
  'retry-after-date',
  'retry-after-ms',
  'x-ratelimit-reset',
  'ratelimit',
]

/** @internal */
export const nonsenseKinds: readonly HintNonsense[] = [
  'negative',
  'text',
  'empty',
  'huge',
  'nan',
  'infinity',
  'decimal-comma',
  'unit',
  'hex',
  'two-values',
  'past-date',
  'far-date',
  'iso-date',
  'epoch-seconds',
]

/** @internal */
export const malformedForms: readonly MalformedForm[] = [
  'cut',
  'trailing-comma',
  'html',
  'empty',
  'not-a-number',
]

const text: JsonSchema = { type: 'string', minLength: 1 }
const flag: JsonSchema = { type: 'boolean' }
const delay: JsonSchema = { type: 'number', minimum: 0, maximum: DELAY_MS_MAX }
const count: JsonSchema = { type: 'integer', minimum: 1, maximum: COUNT_MAX }
const perMille: JsonSchema = { type: 'integer', minimum: 0, maximum: 1_000 }
const instant: JsonSchema = { type: 'number', minimum: -COUNT_MAX, maximum: COUNT_MAX }

function object(
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = [],
) {
  return { type: 'object', properties, required, additionalProperties: false } as const
}

function kind(name: string, properties: Readonly<Record<string, JsonSchema>>, required: string[]) {
  return object({ kind: { enum: [name] }, ...properties }, ['kind', ...required])
}

const hint = object({ header: { enum: hintHeaders }, delayMs: delay }, ['header', 'delayMs'])

/** Values: what may stand in a header without splitting the answer. */
const headers: JsonSchema = {
  type: 'object',
  properties: {},
  additionalProperties: {
    type: 'string',
    pattern: '^[\\t\\x20-\\x7e]*$',
    description: 'a string of printable ASCII',
  },
}

/** What a fault does. @internal */
export const actionSchema: JsonSchema = {
  oneOf: [
    kind(
      'status',
      {
        status: { type: 'integer', minimum: 400, maximum: 599 },
        hints: { type: 'array', items: hint, maxItems: 100 },
        nonsense: { enum: [...nonsenseKinds, 'any'] },
        headers,
        body: anything,
        beforeQuota: flag,
      },
      ['status'],
    ),
    kind('delay', { delayMs: delay, jitterMs: delay }, ['delayMs']),
    kind('drop', { when: { enum: ['before', 'after'] }, reset: flag }, ['when']),
    kind('hang', {}, []),
    kind('truncate', { reset: flag }, []),
    kind('malformed', { form: { enum: malformedForms } }, []),
    kind(
      'cut-stream',
      { afterParts: { type: 'integer', minimum: 0, maximum: COUNT_MAX }, withError: flag },
      ['afterParts'],
    ),
    kind('hints', { say: anything }, ['say']),
    kind('quota', { share: { type: 'number', exclusiveMinimum: 0, maximum: 1 } }, ['share']),
    kind('batch', { failPerMille: perMille, ending: { enum: ['FAILED', 'EXPIRED'] } }, []),
    kind('forget', {}, []),
  ],
}

/** What `hints` may say: a name. @internal */
export const saySchema: JsonSchema = { enum: ['none', ...nonsenseKinds, 'any'] }

/** What `hints` may say: a share of the truth. @internal */
export const shareSchema: JsonSchema = object(
  { share: { type: 'number', minimum: 0, maximum: 1_000 } },
  ['share'],
)

const match = object({
  endpoint: { enum: serverEndpoints },
  method: text,
  model: text,
  key: text,
  fromMs: instant,
  toMs: instant,
  nth: count,
  nths: { type: 'array', items: count, minItems: 1, maxItems: RULES_LENGTH_MAX, uniqueItems: true },
  every: count,
  perMille,
})

/** A whole plan. @internal */
export const planSchema: JsonSchema = {
  type: 'array',
  maxItems: RULES_LENGTH_MAX,
  items: object({ id: text, match, do: actionSchema }, ['do']),
}
