/**
 * The quirks of a server, as data: ways in which it is odd without being out of order.
 *
 * Types and their schema. A fault is planned for certain requests; a quirk is a place in the server that is switched on for
 * a whole run and then shows by chance, wherever it can.
 */

import type { JsonSchema } from '../json-schema.ts'

/** Where a server can be odd. @public */
export type QuirkSite =
  | 'retry-after-missing'
  | 'retry-after-date'
  | 'hints-twice'
  | 'reset-too-early'
  | 'date-skewed'
  | 'refusal-empty'
  | 'error-shape'
  | 'json-spaced'
  | 'fields-unknown'
  | 'headers-slow'
  | 'body-cut'
  | 'overload-burst'
  | 'conflict'

/** A site that is switched on, and how often it shows. @public */
export interface Quirk {
  readonly site: QuirkSite
  /** Chance in a thousand, 0 to 1,000, wherever it can show. */
  readonly perMille: number
  /** From this instant, included. @defaultValue the beginning */
  readonly fromMs?: number
  /** Until this instant, excluded. @defaultValue for ever */
  readonly toMs?: number
}

/** All sites. @public */
export const quirkSites: readonly QuirkSite[] = Object.freeze([
  'retry-after-missing',
  'retry-after-date',
  'hints-twice',
  'reset-too-early',
  'date-skewed',
  'refusal-empty',
  'error-shape',
  'json-spaced',
  'fields-unknown',
  'headers-slow',
  'body-cut',
  'overload-burst',
  'conflict',
] as const)

const instant: JsonSchema = {
  type: 'number',
  minimum: -Number.MAX_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
}

/** The option `quirks`. @internal */
export const quirksSchema: JsonSchema = {
  type: 'array',
  maxItems: 1_000,
  items: {
    type: 'object',
    properties: {
      site: { enum: quirkSites },
      perMille: { type: 'integer', minimum: 0, maximum: 1_000 },
      fromMs: instant,
      toMs: instant,
    },
    required: ['site', 'perMille'],
    additionalProperties: false,
  },
}
