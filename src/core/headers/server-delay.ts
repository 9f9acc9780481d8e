/**
 * The delay that a server's answer names, whatever header it is in.
 *
 * Pure: takes the headers and the wall clock's reading. Never throws and never yields anything but a plain, bounded
 * number of milliseconds: nonsense is skipped as if the header were not there.
 */
import { parseHttpDate } from './http-date.ts'
import { readRateReadings } from './rate-readings.ts'
import {
  boundedDelay,
  readAnswerTime,
  readDelay,
  readReset,
  textOf,
  type AnswerTime,
  type HeaderReader,
} from './read-value.ts'
import { readFieldItems } from './rate-limit-field.ts'

/**
 * Reads the delay that an answer names: `retry-after-ms`, else `retry-after` (seconds or a date), else
 * `x-ratelimit-reset` (seconds, a Go duration, a date or an epoch), else the IETF `RateLimit` field, else when the last
 * of the quotas that other headers call used up is there again.
 *
 * A date is taken relative to the answer's own `Date`, which makes the two clocks' difference harmless; without one,
 * relative to `nowWallMs`. A date that has passed is a delay of 0.
 *
 * @param nowWallMs - Unix milliseconds when the headers came.
 * @returns Milliseconds in [0, 30 days]; `undefined` where no header names a usable delay.
 * @internal
 */
export function readServerDelayMs(headers: HeaderReader, nowWallMs: number): number | undefined {
  const time = readAnswerTime(headers, nowWallMs)
  const retryAfter = textOf(headers, 'retry-after')
  return (
    readDelay(textOf(headers, 'retry-after-ms'), 1) ??
    readDelay(retryAfter, 1_000) ??
    readHttpDate(retryAfter, time) ??
    readReset(textOf(headers, 'x-ratelimit-reset'), time) ??
    readRateLimitField(textOf(headers, 'ratelimit')) ??
    readUsedUp(headers, nowWallMs)
  )
}

function readHttpDate(text: string, { wallMs }: AnswerTime): number | undefined {
  const dueMs = parseHttpDate(text, wallMs)
  return dueMs === undefined ? undefined : boundedDelay(Math.max(0, dueMs - wallMs))
}

/**
 * `"burst";r=0;t=30, "daily";r=400;t=3600`: what counts is the longest time among the policies that are used up; where
 * none says that it is, the longest of all.
 */
function readRateLimitField(text: string): number | undefined {
  const items = readFieldItems(text).map(({ parameters }) => parameters)
  const usedUp = items.filter((parameters) => parameters.get('r') === 0)
  return longestOf(
    (usedUp.length > 0 ? usedUp : items).map((parameters) =>
      boundedDelay((parameters.get('t') ?? Number.NaN) * 1_000),
    ),
  )
}

function readUsedUp(headers: HeaderReader, nowWallMs: number): number | undefined {
  const usedUp = readRateReadings(headers, nowWallMs).filter(({ remaining }) => remaining === 0)
  return longestOf(usedUp.map(({ resetMs }) => resetMs))
}

function longestOf(delays: readonly (number | undefined)[]): number | undefined {
  const known = delays.filter((delayMs) => delayMs !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}
