/**
 * The delay that a server's answer names, whatever header it is in.
 *
 * Pure: takes the headers and the wall clock's reading. Never throws and never yields anything but a plain, bounded
 * number of milliseconds: nonsense is skipped as if the header were not there, since a wrong number becomes a timer that
 * fires at once or never.
 */
import { parseHttpDate } from './http-date.ts'

/** The part of a response's headers that is read. @internal */
export interface HeaderReader {
  get(name: string): string | null
}

/** A longer delay than 30 days is taken for nonsense (an epoch, a sentinel), not for a wait. */
const hintMsMax = 30 * 24 * 60 * 60 * 1_000

const numberPattern = /^\d+(?:\.\d+)?$/

/**
 * Reads the delay that an answer names: `retry-after-ms`, else `retry-after` (seconds or a date), else
 * `x-ratelimit-reset` (seconds), else the IETF `RateLimit` field.
 *
 * A date is taken relative to the answer's own `Date`, which makes the two clocks' difference harmless; without one,
 * relative to `nowWallMs`. A date that has passed is a delay of 0.
 *
 * @param nowWallMs - Unix milliseconds when the headers came.
 * @returns Milliseconds in [0, 30 days]; `undefined` where no header names a usable delay.
 * @internal
 */
export function readServerDelayMs(headers: HeaderReader, nowWallMs: number): number | undefined {
  return (
    readNumber(headers.get('retry-after-ms'), 1) ??
    readNumber(headers.get('retry-after'), 1_000) ??
    readDate(headers, nowWallMs) ??
    readNumber(headers.get('x-ratelimit-reset'), 1_000) ??
    readRateLimitField(headers.get('ratelimit'))
  )
}

function readNumber(text: string | null, unitMs: number): number | undefined {
  const trimmed = text?.trim() ?? ''
  return numberPattern.test(trimmed) ? boundedMs(Number(trimmed) * unitMs) : undefined
}

function readDate(headers: HeaderReader, nowWallMs: number): number | undefined {
  const dueMs = parseHttpDate(headers.get('retry-after')?.trim() ?? '', nowWallMs)
  if (dueMs === undefined) return undefined
  const answeredMs = parseHttpDate(headers.get('date')?.trim() ?? '', nowWallMs) ?? nowWallMs
  return boundedMs(Math.max(0, dueMs - answeredMs))
}

/**
 * `"burst";r=0;t=30, "daily";r=400;t=3600`: what counts is the longest time among the policies that are used up; where
 * none says that it is, the longest of all.
 */
function readRateLimitField(text: string | null): number | undefined {
  if (text === null) return undefined
  const items = text.replaceAll(/"[^"]*"/g, '').split(',')
  const usedUp = items.filter((item) => readParameter(item, 'r') === 0)
  const delays = (usedUp.length > 0 ? usedUp : items)
    .map((item) => boundedMs((readParameter(item, 't') ?? Number.NaN) * 1_000))
    .filter((delayMs) => delayMs !== undefined)
  return delays.length === 0 ? undefined : Math.max(...delays)
}

/** A whole, non-negative parameter of one list member. */
function readParameter(item: string, name: string): number | undefined {
  for (const parameter of item.split(';').slice(1)) {
    const [key, value] = parameter.split('=')
    if (key?.trim() === name && /^\d+$/.test(value?.trim() ?? '')) return Number(value)
  }
  return undefined
}

function boundedMs(delayMs: number): number | undefined {
  return delayMs >= 0 && delayMs <= hintMsMax ? delayMs : undefined
}
