/**
 * The judge's own reading of what an answer says of waiting. It knows the few forms that the simulator sends, and nothing
 * of the product's parser.
 */
import type { AttemptRecord, RunRecord } from './world/record.ts'

const wholeSeconds = /^[0-9]{1,9}$/
const seconds = /^[0-9]{1,9}(\.[0-9]+)?$/
const httpDate = /^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT$/

/**
 * The delay that an answer names, in milliseconds from when its headers came; undefined where it names none that must be
 * followed. Subjects from outside are held to a valid `retry-after` only.
 */
export function namedDelayMs(attempt: AttemptRecord, record: RunRecord): number | undefined {
  const { hints } = attempt
  const isOurs = record.traits.shippedRetry
  if (isOurs && seconds.test(hints['retry-after-ms'] ?? '')) return Number(hints['retry-after-ms'])
  const retryAfter = hints['retry-after'] ?? ''
  if (wholeSeconds.test(retryAfter)) return Number(retryAfter) * 1_000
  const dateMs = httpDate.test(retryAfter) ? parseHttpDate(retryAfter) : Number.NaN
  // What only looks like a date names nothing.
  if (!Number.isNaN(dateMs)) return untilDateMs(dateMs, attempt, record)
  const reset = hints['x-ratelimit-reset'] ?? ''
  // A success, too, says when its window ends; only a refusal's reset is a wait.
  if (isOurs && seconds.test(reset) && (attempt.status ?? 0) >= 400) return Number(reset) * 1_000
  return undefined
}

/** From the headers to the date, by a wall clock that never jumped. */
function untilDateMs(dateMs: number, attempt: AttemptRecord, record: RunRecord): number {
  return Math.max(0, dateMs - record.wallEpochMs - (attempt.headersAtMs ?? 0))
}

/** Reading a date is not reading the clock. */
function parseHttpDate(text: string): number {
  // oxlint-disable-next-line no-restricted-globals
  return Date.parse(text)
}
