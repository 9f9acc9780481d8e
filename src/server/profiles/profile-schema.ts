/**
 * The JSON Schema of profiles: what a profile in a file, from a caller or over the admin API has to look like.
 */

import type { JsonSchema } from '../json-schema.ts'
import { serverEndpoints } from './server-profile.ts'

const COUNT_MAX = 10_000_000
const TOKENS_MAX = 1_000_000_000
const DAY_MS = 86_400_000
const LIST_LENGTH_MAX = 1_000

const text: JsonSchema = { type: 'string', minLength: 1, maxLength: 1_000 }
const texts: JsonSchema = { type: 'array', items: text, maxItems: LIST_LENGTH_MAX }
const span: JsonSchema = { type: 'integer', minimum: 1, maximum: DAY_MS }
const phase: JsonSchema = {
  type: 'number',
  minimum: Number.MIN_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
}
const endpoints: JsonSchema = {
  type: 'array',
  items: { enum: serverEndpoints },
  minItems: 1,
  uniqueItems: true,
}

function kind(name: string, properties: Readonly<Record<string, JsonSchema>>, required: string[]) {
  return {
    type: 'object',
    properties: { kind: { enum: [name] }, ...properties },
    required: ['kind', ...required],
    additionalProperties: false,
  } as const
}

/** How limits are counted. @internal */
export const enforcementSchema: JsonSchema = {
  oneOf: [
    kind('fixed-window', { phaseMs: phase }, ['phaseMs']),
    kind('sliding-log', {}, []),
    kind('sliding-counter', { phaseMs: phase }, ['phaseMs']),
    kind('token-bucket', { burstMs: span }, []),
    kind('gcra', { burstMs: span }, ['burstMs']),
    kind('slices', { sliceMs: span }, ['sliceMs']),
  ],
}

const rateLimit: JsonSchema = {
  type: 'object',
  properties: {
    id: text,
    endpoints,
    requestsMax: { type: 'integer', minimum: 1, maximum: COUNT_MAX },
    tokensMax: { type: 'integer', minimum: 1, maximum: TOKENS_MAX },
    windowMs: span,
    models: texts,
    exceptModels: texts,
    perModel: { type: 'boolean' },
    scope: { enum: ['key', 'server'] },
    statusOver: { enum: [429, 503] },
    errorType: text,
    enforcement: enforcementSchema,
    dynamic: {
      type: 'object',
      properties: {
        factor: { type: 'number', exclusiveMinimum: 0, maximum: 100 },
        cap: { type: 'integer', minimum: 1, maximum: TOKENS_MAX },
        memoryMs: { type: 'integer', minimum: 60_000, maximum: DAY_MS },
      },
      required: ['factor', 'cap', 'memoryMs'],
      additionalProperties: false,
    },
  },
  required: ['id', 'endpoints', 'windowMs'],
  additionalProperties: false,
}

const concurrencyLimit: JsonSchema = {
  type: 'object',
  properties: {
    id: text,
    endpoint: { enum: ['fine-tunes', 'batches'] },
    concurrentMax: { type: 'integer', minimum: 1, maximum: COUNT_MAX },
    statusOver: { enum: [409, 429] },
  },
  required: ['id', 'endpoint', 'concurrentMax', 'statusOver'],
  additionalProperties: false,
}

const headerNames: JsonSchema = {
  type: 'array',
  uniqueItems: true,
  items: {
    enum: [
      'x-ratelimit-limit',
      'x-ratelimit-remaining',
      'x-ratelimit-reset',
      'x-ratelimit-limit-dynamic',
      'x-ratelimit-remaining-dynamic',
      'x-tokenlimit-limit',
      'x-tokenlimit-remaining',
      'x-tokenlimit-limit-dynamic',
      'x-tokenlimit-remaining-dynamic',
      'retry-after',
      'retry-after-ms',
    ],
  },
}

/** A whole profile. @internal */
export const profileSchema: JsonSchema = {
  type: 'object',
  properties: {
    name: text,
    description: text,
    rateLimits: { type: 'array', items: rateLimit, maxItems: LIST_LENGTH_MAX },
    concurrencyLimits: { type: 'array', items: concurrencyLimit, maxItems: LIST_LENGTH_MAX },
    enforcement: enforcementSchema,
    countsRefused: { type: 'boolean' },
    tokenAccounting: { enum: ['reserved', 'used'] },
    replicas: { type: 'integer', minimum: 1, maximum: 100 },
    headers: {
      type: 'object',
      properties: { always: headerNames, refused: headerNames },
      required: ['always', 'refused'],
      additionalProperties: false,
    },
    batches: {
      type: 'object',
      properties: {
        requestsMax: { type: 'integer', minimum: 1, maximum: COUNT_MAX },
        bytesMax: { type: 'integer', minimum: 1, maximum: TOKENS_MAX },
      },
      required: ['requestsMax', 'bytesMax'],
      additionalProperties: false,
    },
    isLenient: { type: 'boolean' },
  },
  required: ['name', 'rateLimits', 'concurrencyLimits'],
  additionalProperties: false,
}
