/**
 * Reading calendar texts without `Date`, the other way round from `calendar.ts`.
 */

const pattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?(Z|z|[+-]\d\d:\d\d)?)?$/

/**
 * Unix milliseconds of an ISO 8601 time; without a zone it is UTC, without a time midnight. Undefined for anything else,
 * days that do not exist included.
 * @internal
 */
export function parseIsoTime(text: string): number | undefined {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const numbers = match.slice(1, 7).map((part) => Number(part ?? 0))
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = numbers
  const offsetMinutes = readOffset(match[8])
  const isReal = isDay(year, month, day) && hour <= 23 && minute <= 59 && second <= 59
  if (!isReal || offsetMinutes === undefined) return undefined
  const minutes = (daysSinceEpoch(year, month, day) * 24 + hour) * 60 + minute - offsetMinutes
  return (minutes * 60 + second) * 1_000 + Number(match[7] ?? 0) * 1_000
}

function readOffset(zone = 'Z'): number | undefined {
  if (zone.toUpperCase() === 'Z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(4))
  if (hours > 23 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)
}

function isDay(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
}

function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
}

/** Whole days, counted month by month: dates come once a request at the most. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const before = year - 1
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400)
  let days = before * 365 + leapDays + day - 1
  for (let earlier = 1; earlier < month; earlier += 1) days += daysIn(year, earlier)
  // Days from the first of January of year 1 to that of 1970.
  return days - 719_162
}
