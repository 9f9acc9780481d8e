/**
 * Single header values: numbers, durations and points in time, as servers spell them.
 *
 * Pure; whatever is not exactly one of the known spellings is undefined. Everything is bounded: a wrong number becomes a
 * timer that fires at once or never.
 */

import { parseHttpDate } from './http-date.ts'

/** The part of a response's headers that is read. @internal */
export interface HeaderReader {
  get(name: string): string | null
}

/** What points in time are relative to. @internal */
export interface AnswerTime {
  /** The answer's own `Date`, or the wall clock where it names none, in Unix milliseconds. */
  readonly wallMs: number
}

/** A longer delay than 30 days is taken for nonsense (an epoch, a sentinel), not for a wait. */
const DELAY_MS_MAX = 2_592_000_000
/** Numbers from here on are Unix seconds (from 2001-09-09 on), those a thousand times as large Unix milliseconds. */
const UNIX_SECONDS_MIN = 1e9
const UNIX_MS_MIN = 1e12

const numberPattern = /^\d+(?:\.\d+)?$/
/** Go's `time.Duration`: hours, minutes, seconds and smaller, each at most once. */
const goPattern = new RegExp(
  String.raw`^(?:(?<h>\d+)h)?(?:(?<m>\d+)m(?!s))?(?:(?<s>\d+(?:\.\d+)?)s)?` +
    String.raw`(?:(?<ms>\d+(?:\.\d+)?)ms)?(?:(?<us>\d+(?:\.\d+)?)(?:us|µs))?(?:(?<ns>\d+)ns)?$`,
)
/** RFC 3339, for example `2026-01-01T12:00:05Z` or `2026-01-01T12:00:05.250+01:00`. */
const isoPattern = new RegExp(
  String.raw`^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})[Tt](?<hour>\d{2}):(?<minute>\d{2}):` +
    String.raw`(?<second>\d{2})(?<fraction>\.\d+)?(?:[Zz]|(?<sign>[+-])(?<offH>\d{2}):(?<offM>\d{2}))$`,
)

/** The answer's time. @param nowWallMs - Unix milliseconds when the headers came. @internal */
export function readAnswerTime(headers: HeaderReader, nowWallMs: number): AnswerTime {
  return { wallMs: parseHttpDate(textOf(headers, 'date'), nowWallMs) ?? nowWallMs }
}

/** A header's value without the blanks around it; empty where there is none. @internal */
export function textOf(headers: HeaderReader, name: string): string {
  return headers.get(name)?.trim() ?? ''
}

/** A plain, non-negative decimal number that a double holds. @internal */
export function readNumber(text: string): number | undefined {
  const value = numberPattern.test(text) ? Number(text) : Number.NaN
  return Number.isFinite(value) ? value : undefined
}

/** A number of units as a delay in milliseconds. @internal */
export function readDelay(text: string, unitMs: number): number | undefined {
  const value = readNumber(text)
  return value === undefined ? undefined : boundedDelay(value * unitMs)
}

/** A Go duration as a delay in milliseconds. @internal */
export function readGoDuration(text: string): number | undefined {
  const groups = text === '' ? undefined : goPattern.exec(text)?.groups
  if (groups === undefined) return undefined
  const { h = 0, m = 0, s = 0, ms = 0, us = 0, ns = 0 } = groups
  const seconds = Number(h) * 3_600 + Number(m) * 60 + Number(s)
  return boundedDelay(seconds * 1_000 + Number(ms) + Number(us) / 1e3 + Number(ns) / 1e6)
}

/** A date in any spelling of HTTP or RFC 3339 as a delay; one that has passed is a delay of 0. @internal */
export function readDateDelay(text: string, { wallMs }: AnswerTime): number | undefined {
  const dueMs = parseHttpDate(text, wallMs) ?? readIsoTime(text)
  return dueMs === undefined ? undefined : boundedDelay(Math.max(0, dueMs - wallMs))
}

/**
 * When a quota is full again, in any of the spellings that are about: seconds, a Go duration, a date, Unix seconds or
 * Unix milliseconds, told apart by their size.
 *
 * @returns Milliseconds from the answer on.
 * @internal
 */
export function readReset(text: string, time: AnswerTime): number | undefined {
  const value = readNumber(text)
  if (value === undefined) return readGoDuration(text) ?? readDateDelay(text, time)
  if (value < UNIX_SECONDS_MIN) return boundedDelay(value * 1_000)
  const dueMs = value < UNIX_MS_MIN ? value * 1_000 : value
  return boundedDelay(Math.max(0, dueMs - time.wallMs))
}

function readIsoTime(text: string): number | undefined {
  const groups = isoPattern.exec(text)?.groups
  if (groups === undefined) return undefined
  const { year, month, day, hour, minute, second, fraction = '0', sign, offH, offM } = groups
  const name = monthNames[Number(month) - 1]
  if (name === undefined || Number(offH ?? 0) > 23 || Number(offM ?? 0) > 59) return undefined
  // The weekday is not looked at.
  const http = `Mon, ${day} ${name} ${year} ${hour}:${minute}:${second} GMT`
  const localMs = parseHttpDate(http, 0)
  if (localMs === undefined) return undefined
  const offsetMs = (Number(offH ?? 0) * 60 + Number(offM ?? 0)) * 60_000
  return localMs + Number(fraction) * 1_000 - (sign === '-' ? -offsetMs : offsetMs)
}

const monthNames = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** @internal */
export function boundedDelay(delayMs: number): number | undefined {
  return delayMs >= 0 && delayMs <= DELAY_MS_MAX ? delayMs : undefined
}
