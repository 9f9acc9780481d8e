/**
 * The server's time: the caller's instants, made monotonic, and tied to the calendar.
 *
 * The `date` text is kept for its second, because formatting it at every request would cost more than the request.
 */

import { formatHttpDate, formatIsoTime } from './calendar.ts'

/** Turns the caller's milliseconds into server time. @internal */
export class ServerTime {
  readonly #wallAtZeroMs: number
  #nowMs = -Infinity
  #dateSecond = NaN
  #dateText = ''

  constructor(wallAtZeroMs: number) {
    this.#wallAtZeroMs = wallAtZeroMs
  }

  /** The given instant, or the latest seen where it lies before that or is not finite. */
  advance(nowMs: number): number {
    if (nowMs > this.#nowMs && nowMs < Infinity) this.#nowMs = nowMs
    else if (this.#nowMs === -Infinity) this.#nowMs = 0
    return this.#nowMs
  }

  unixSeconds(atMs: number): number {
    return Math.floor((this.#wallAtZeroMs + atMs) / 1_000)
  }

  isoTime(atMs: number): string {
    return formatIsoTime(this.#wallAtZeroMs + atMs)
  }

  /** The value of the `date` header. */
  httpDate(atMs: number): string {
    const second = this.unixSeconds(atMs)
    if (second !== this.#dateSecond) {
      this.#dateSecond = second
      this.#dateText = formatHttpDate(second * 1_000)
    }
    return this.#dateText
  }

  /** An HTTP date that is not before the given instant: rounded up to a whole second. */
  httpDateNotBefore(atMs: number): string {
    return formatHttpDate(Math.ceil((this.#wallAtZeroMs + atMs) / 1_000) * 1_000)
  }
}

/**
 * Seconds to wait, as text, in milliseconds' resolution, rounded up.
 *
 * Guaranteed: `nowMs + 1000 * Number(text) >= dueMs`, also in floating point, so that whoever waits that long is let in.
 * @internal
 */
export function secondsUntil(dueMs: number, nowMs: number): string {
  let waitMs = Math.max(0, Math.ceil(dueMs - nowMs))
  while (nowMs + (waitMs / 1_000) * 1_000 < dueMs) waitMs += 1
  return String(waitMs / 1_000)
}

/** Whole seconds to wait, as text, rounded up; at least 1 where there is anything to wait for. @internal */
export function wholeSecondsUntil(dueMs: number, nowMs: number): string {
  let waitS = Math.max(0, Math.ceil((dueMs - nowMs) / 1_000))
  while (nowMs + waitS * 1_000 < dueMs) waitS += 1
  return String(waitS)
}
