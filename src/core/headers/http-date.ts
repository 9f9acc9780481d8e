/**
 * HTTP dates to Unix milliseconds, in the three spellings that a recipient has to understand.
 *
 * Pure, and on purpose without the host's own date parser: that one accepts nearly anything, in local time, and this
 * folder may not read the host's clock. Whatever is not exactly an HTTP date is `undefined`.
 */

const monthNames = [
  'Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec',
] // prettier-ignore
const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const clockPattern = String.raw`(?<hour>\d{2}):(?<minute>\d{2}):(?<second>\d{2})`
/** `Sun, 06 Nov 1994 08:49:37 GMT` */
const fixedPattern = new RegExp(
  String.raw`^[A-Z][a-z]{2}, (?<day>\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) ${clockPattern} GMT$`,
)
/** `Sunday, 06-Nov-94 08:49:37 GMT`, obsolete */
const longDayPattern = new RegExp(
  String.raw`^[A-Z][a-z]{5,8}, (?<day>\d{2})-(?<month>[A-Z][a-z]{2})-(?<year>\d{2}) ${clockPattern} GMT$`,
)
/** `Sun Nov  6 08:49:37 1994`, obsolete */
const ctimePattern = new RegExp(
  String.raw`^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) ${clockPattern} (?<year>\d{4})$`,
)

/**
 * Reads an HTTP date.
 *
 * A two-digit year means the century that puts it no more than 50 years after `nowWallMs`. The day's name is not
 * checked; a day that its month does not have is not a date.
 *
 * @returns Unix milliseconds, whole seconds; `undefined` for anything else.
 * @internal
 */
export function parseHttpDate(text: string, nowWallMs: number): number | undefined {
  const match = fixedPattern.exec(text) ?? longDayPattern.exec(text) ?? ctimePattern.exec(text)
  if (match?.groups === undefined) return undefined
  const { day, month, year, hour, minute, second } = match.groups
  return toUnixMs({
    year: year?.length === 2 ? fullYear(Number(year), nowWallMs) : Number(year),
    month: monthNames.indexOf(month ?? '') + 1,
    day: Number(day),
    seconds: secondsOfDay(Number(hour), Number(minute), Number(second)),
  })
}

function fullYear(shortYear: number, nowWallMs: number): number {
  // The mean length of a year is exact enough to tell centuries apart.
  const yearNow = 1970 + Math.floor(nowWallMs / 31_556_952_000)
  const year = yearNow - (yearNow % 100) + shortYear
  return year > yearNow + 50 ? year - 100 : year
}

/** NaN for a time that no clock shows; second 60 is a leap second. */
function secondsOfDay(hour: number, minute: number, second: number): number {
  return hour < 24 && minute < 60 && second <= 60 ? hour * 3_600 + minute * 60 + second : Number.NaN
}

function toUnixMs(date: {
  year: number
  month: number
  day: number
  seconds: number
}): number | undefined {
  const isLeap = isLeapYear(date.year)
  const monthLength = (monthLengths[date.month - 1] ?? 0) + (isLeap && date.month === 2 ? 1 : 0)
  if (date.day < 1 || date.day > monthLength || Number.isNaN(date.seconds)) return undefined
  let days = daysBeforeYear(date.year) - daysBeforeYear(1970) + date.day - 1
  for (let month = 1; month < date.month; month += 1) days += monthLengths[month - 1] ?? 0
  if (isLeap && date.month > 2) days += 1
  return (days * 86_400 + date.seconds) * 1_000
}

function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
}

/** Days from 1 January of year 1 to 1 January of `year`, in the Gregorian calendar. */
function daysBeforeYear(year: number): number {
  const past = year - 1
  return past * 365 + Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400)
}
