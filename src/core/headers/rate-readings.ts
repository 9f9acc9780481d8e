/**
 * What an answer's headers say about quotas: how much there is, how much of it is left, and when it is full again.
 *
 * One table for all providers. Presence and units are not dependable (Together's own `x-ratelimit-limit` has been seen per
 * second and per minute), so a reading says what its header says and no more; who acts on it may become stricter for it,
 * never less strict than what is configured.
 */

import { readFieldItems } from './rate-limit-field.ts'
import {
  boundedDelay,
  readAnswerTime,
  readNumber,
  readReset,
  textOf,
  type AnswerTime,
  type HeaderReader,
} from './read-value.ts'

/** One quota, as one group of headers describes it. @public */
export interface RateReading {
  /** The header, or the common part of the headers, that it comes from. */
  readonly source: string
  readonly unit: 'requests' | 'tokens'
  /** The window, where the header names one, in milliseconds. */
  readonly windowMs?: number
  /** How much one window has. */
  readonly limit?: number
  /** How much of it is left. */
  readonly remaining?: number
  /** Milliseconds from the answer until there is (all of) it again; 0 to 30 days. */
  readonly resetMs?: number
}

/** The names of one group of headers. @internal */
export interface HeaderGroup {
  readonly source: string
  readonly unit: RateReading['unit']
  readonly limit?: string
  readonly remaining?: string
  readonly reset?: string
  readonly windowMs?: number
}

const MINUTE_MS = 60_000
const MONTH_MS = 2_592_000_000

/** A prefix and an ending, with `limit`, `remaining` and `reset` between them. */
function around(prefix: string, ending: string, unit: RateReading['unit']): HeaderGroup {
  return {
    source: `${prefix}*${ending}`,
    unit,
    limit: `${prefix}limit${ending}`,
    remaining: `${prefix}remaining${ending}`,
    reset: `${prefix}reset${ending}`,
  }
}

/** All groups that are known. @internal */
export const headerGroups: readonly HeaderGroup[] = [
  // Together, and many others.
  around('x-ratelimit-', '', 'requests'),
  around('x-tokenlimit-', '', 'tokens'),
  around('x-ratelimit-', '-dynamic', 'requests'),
  around('x-tokenlimit-', '-dynamic', 'tokens'),
  // OpenAI, Azure, Groq.
  around('x-ratelimit-', '-requests', 'requests'),
  around('x-ratelimit-', '-tokens', 'tokens'),
  around('x-ratelimit-', '-tokens_usage_based', 'tokens'),
  // Mistral.
  { ...around('x-ratelimit-', '-req-minute', 'requests'), windowMs: MINUTE_MS },
  { ...around('x-ratelimit-', '-tokens-minute', 'tokens'), windowMs: MINUTE_MS },
  { ...around('x-ratelimit-', '-req-month', 'requests'), windowMs: MONTH_MS },
  { ...around('x-ratelimit-', '-tokens-month', 'tokens'), windowMs: MONTH_MS },
  // Fireworks.
  around('x-ratelimit-', '-tokens-prompt', 'tokens'),
  around('x-ratelimit-', '-tokens-generated', 'tokens'),
  around('x-ratelimit-', '-tokens-cache-adjusted-prompt', 'tokens'),
  // Anthropic: the kind stands before the word.
  around('anthropic-ratelimit-requests-', '', 'requests'),
  around('anthropic-ratelimit-tokens-', '', 'tokens'),
  around('anthropic-ratelimit-input-tokens-', '', 'tokens'),
  around('anthropic-ratelimit-output-tokens-', '', 'tokens'),
  around('anthropic-ratelimit-unified-', '', 'requests'),
  // The IETF drafts up to 06.
  around('ratelimit-', '', 'requests'),
]

/**
 * Reads all groups that say anything.
 *
 * @param nowWallMs - Unix milliseconds when the headers came; for dates, where the answer has none of its own.
 * @returns One reading for each group of headers with at least one usable value, in the order of the table.
 * @internal
 */
export function readRateReadings(headers: HeaderReader, nowWallMs: number): RateReading[] {
  const time = readAnswerTime(headers, nowWallMs)
  const readings = headerGroups
    .map((group) => readGroup(headers, group, time))
    .filter((reading) => reading !== undefined)
  return [...readings, ...readFields(headers)]
}

/** What one group says; undefined where that is nothing. @internal */
export function readGroup(
  headers: HeaderReader,
  { source, unit, windowMs, limit, remaining, reset }: HeaderGroup,
  time: AnswerTime,
): RateReading | undefined {
  // `20, 20;w=60` of the early drafts: the first number is the limit that is nearest.
  const limitText = limit === undefined ? '' : (textOf(headers, limit).split(',')[0] ?? '')
  const limitValue = readNumber(limitText.trim())
  const remainingValue =
    remaining === undefined ? undefined : readNumber(textOf(headers, remaining))
  const resetMs = reset === undefined ? undefined : readReset(textOf(headers, reset), time)
  if (limitValue === undefined && remainingValue === undefined && resetMs === undefined) {
    return undefined
  }
  return {
    source,
    unit,
    ...(windowMs === undefined ? {} : { windowMs }),
    // A limit of zero would mean that nothing may ever be sent: nonsense, seen at Azure.
    ...(limitValue === undefined || limitValue === 0 ? {} : { limit: limitValue }),
    ...(remainingValue === undefined ? {} : { remaining: remainingValue }),
    ...(resetMs === undefined ? {} : { resetMs }),
  }
}

/** The fields of the drafts from 07 on: what is left, and the policy of the same name. @internal */
export function readFields(headers: HeaderReader): RateReading[] {
  const policies = new Map(
    readFieldItems(textOf(headers, 'ratelimit-policy')).map(({ name, parameters }) => [
      name,
      parameters,
    ]),
  )
  return readFieldItems(textOf(headers, 'ratelimit')).map(({ name, parameters }) => {
    const policy = policies.get(name)
    const limit = policy?.get('q')
    const windowMs = boundedDelay((policy?.get('w') ?? Number.NaN) * 1_000)
    const remaining = parameters.get('r')
    const resetMs = boundedDelay((parameters.get('t') ?? Number.NaN) * 1_000)
    return {
      source: `ratelimit "${name}"`,
      unit: 'requests' as const,
      ...(windowMs === undefined ? {} : { windowMs }),
      ...(limit === undefined || limit === 0 ? {} : { limit }),
      ...(remaining === undefined ? {} : { remaining }),
      ...(resetMs === undefined ? {} : { resetMs }),
    }
  })
}
