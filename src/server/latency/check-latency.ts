/**
 * Refuses a latency that cannot be drawn from: a range by its ends, a model by its schema.
 */

import { checkSchema } from '../json-schema.ts'
import { requireRange } from '../options.ts'
import { latencySchema, rangeSchema } from './latency-schema.ts'
import type { LatencyModel } from './latency-model.ts'
import type { RangeMs } from '../contract.ts'

/**
 * Checks a latency: `{ min, max }` in milliseconds, or a model.
 *
 * @param value - What was read or given.
 * @returns The same latency.
 * @throws {InvalidOptionError} Naming the field, for example `latency.byEndpoint.chat.sigma`.
 * @public
 */
export function parseLatency(value: unknown): RangeMs | LatencyModel {
  assertLatency(value)
  return value
}

/** The schema says what the types say, no more and no less. */
function assertLatency(value: unknown): asserts value is RangeMs | LatencyModel {
  checkSchema('latency', value, isRange(value) ? rangeSchema : latencySchema)
  if (isRange(value)) requireRange('latency', value)
}

/** Whether a latency is a range rather than a model; half a range is one too, so that the error names what is missing. @internal */
export function isRange(value: unknown): value is RangeMs {
  return typeof value === 'object' && value !== null && ('min' in value || 'max' in value)
}
