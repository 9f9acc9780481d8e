/**
 * Calendar texts from Unix milliseconds, without `Date`: the handler reads no clock and no time zone.
 *
 * Proleptic Gregorian calendar, UTC, years 0 to 9999: an instant beyond is shown as the nearest that has four digits.
 */

const weekdays = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed']
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const MS_PER_DAY = 86_400_000
/** The beginning of year 0 and the end of year 9999. */
const UNIX_MS_MIN = -62_167_219_200_000
const UNIX_MS_MAX = 253_402_300_799_999
const DAYS_PER_ERA = 146_097
/** Days from 1 March of year 0 to 1 January 1970. */
const DAYS_TO_EPOCH = 719_468

interface CivilTime {
  readonly year: number
  /** From 1. */
  readonly month: number
  readonly day: number
  /** `HH:MM:SS`. */
  readonly time: string
  readonly weekday: string
}

/** An HTTP date, for example `Thu, 01 Jan 2026 00:00:00 GMT`; parts of a second are dropped. @internal */
export function formatHttpDate(unixMs: number): string {
  const { year, month, day, time, weekday } = toCivilTime(unixMs)
  return `${weekday}, ${pad(day)} ${months[month - 1]} ${pad(year, 4)} ${time} GMT`
}

/** An ISO 8601 time in whole seconds, for example `2026-01-01T00:00:00Z`; parts of a second are dropped. @internal */
export function formatIsoTime(unixMs: number): string {
  const { year, month, day, time } = toCivilTime(unixMs)
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}T${time}Z`
}

function toCivilTime(unixMs: number): CivilTime {
  const shownMs = Math.min(UNIX_MS_MAX, Math.max(UNIX_MS_MIN, unixMs))
  const days = Math.floor(shownMs / MS_PER_DAY)
  const second = Math.floor((shownMs - days * MS_PER_DAY) / 1_000)
  const time = [second / 3_600, (second / 60) % 60, second % 60]
    .map((part) => pad(Math.floor(part)))
    .join(':')
  return { ...toCivilDay(days), time, weekday: weekdays[((days % 7) + 7) % 7] ?? '' }
}

/** Years are counted from 1 March, so that the leap day is the last of its year. */
function toCivilDay(daysSinceEpoch: number): { year: number; month: number; day: number } {
  const shifted = daysSinceEpoch + DAYS_TO_EPOCH
  const era = Math.floor(shifted / DAYS_PER_ERA)
  const dayOfEra = shifted - era * DAYS_PER_ERA
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100)
  const dayOfYear = dayOfEra - (365 * yearOfEra + leapDays)
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  return { year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day }
}

function pad(value: number, length = 2): string {
  return String(value).padStart(length, '0')
}
