/**
 * What is left of quotas, read from every answer of one server at little cost.
 *
 * Looking for all groups of headers takes some sixty look-ups. Servers do not change their headers from one answer to the
 * next, so all are looked for once a second at the most, and in between only those that were there.
 */
import { headerGroups, readFields, readGroup } from './rate-readings.ts'
import type { HeaderGroup, RateReading } from './rate-readings.ts'
import type { HeaderReader } from './read-value.ts'

const SEARCH_EVERY_MS = 1_000
const noReadings: readonly RateReading[] = Object.freeze([])
/** `reset` is not asked for, so no date has to be made sense of. */
const anyTime = { wallMs: 0 }
const groupsWithoutReset = headerGroups.map(({ reset: _unused, ...group }) => group)

/** The headers of one server. @internal */
export class RateHeaderWatch {
  #groups: readonly HeaderGroup[] = []
  #hasFields = false
  #searchAtMs = -Infinity

  /**
   * The readings of an answer that name a limit; without `resetMs`.
   *
   * @param nowMs - Milliseconds on any scale that does not go back.
   */
  read(headers: HeaderReader, nowMs: number): readonly RateReading[] {
    if (nowMs >= this.#searchAtMs) {
      this.#searchAtMs = nowMs + SEARCH_EVERY_MS
      this.#groups = groupsWithoutReset.filter((group) => readLimit(headers, group) !== undefined)
      this.#hasFields = readFields(headers).length > 0
    }
    if (this.#groups.length === 0 && !this.#hasFields) return noReadings
    const readings: RateReading[] = this.#hasFields ? readFields(headers) : []
    for (const group of this.#groups) {
      const reading = readLimit(headers, group)
      if (reading !== undefined) readings.push(reading)
    }
    return readings
  }
}

/** Without a limit nobody can tell what a rest is a rest of. */
function readLimit(headers: HeaderReader, group: HeaderGroup): RateReading | undefined {
  const reading = readGroup(headers, group, anyTime)
  return reading?.limit === undefined ? undefined : reading
}
