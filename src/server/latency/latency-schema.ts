/**
 * The JSON Schemas of latencies.
 */

import { serverEndpoints } from '../profiles/server-profile.ts'
import type { JsonSchema } from '../json-schema.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const MAX_MS = 2_592_000_000

const perToken: JsonSchema = { type: 'number', minimum: 0, maximum: MINUTE_MS }

const figures: Readonly<Record<string, JsonSchema>> = {
  timeToFirstTokenMs: { type: 'number', minimum: 0, maximum: HOUR_MS },
  sigma: { type: 'number', minimum: 0, maximum: 3 },
  interTokenMs: perToken,
  perPromptTokenMs: perToken,
  maxMs: { type: 'number', minimum: 0, maximum: MAX_MS },
}

function object(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[]) {
  return { type: 'object', properties, required, additionalProperties: false } as const
}

/** A whole model. @internal */
export const latencySchema: JsonSchema = object(
  {
    ...figures,
    load: object(
      {
        concurrency: { type: 'integer', minimum: 1, maximum: 1_000_000 },
        factor: { type: 'number', minimum: 1, maximum: 1_000 },
      },
      ['concurrency', 'factor'],
    ),
    byEndpoint: object(
      Object.fromEntries(serverEndpoints.map((endpoint) => [endpoint, object(figures, [])])),
      [],
    ),
  },
  [],
)

/** A range; that its ends are in order is beyond a schema. @internal */
export const rangeSchema: JsonSchema = object(
  { min: { type: 'number', minimum: 0 }, max: { type: 'number', minimum: 0 } },
  ['min', 'max'],
)
