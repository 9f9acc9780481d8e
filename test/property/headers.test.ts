import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readRateReadings } from '../../src/core/headers/rate-readings.ts'
import { readServerDelayMs } from '../../src/core/headers/server-delay.ts'
import { parseHttpDate } from '../../src/core/headers/http-date.ts'

const delayMsMax = 30 * 24 * 3_600_000
const headerNames = ['retry-after-ms', 'retry-after', 'x-ratelimit-reset', 'ratelimit', 'date']
const wholeSeconds = fc.integer({ min: 0, max: delayMsMax / 1_000 })
/** Any second from 1992 to 2089: a two-digit year is unambiguous for a reader of 2040. */
const instants = fc.integer({ min: 694_224_000, max: 3_786_825_599 }).map((s) => s * 1_000)
const nowWallMs = Date.UTC(2040, 0, 1)
const dayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

function reader(headers: Record<string, string>): { get(name: string): string | null } {
  return { get: (name) => headers[name] ?? null }
}

/** The two obsolete spellings, from the host's own one. */
function obsoleteSpellings(instantMs: number): { longDay: string; ctime: string } {
  const date = new Date(instantMs)
  const [, day, month, year, time] = date.toUTCString().split(' ')
  const dayName = dayNames[date.getUTCDay()] ?? ''
  return {
    longDay: `${dayName}, ${day}-${month}-${year?.slice(2)} ${time} GMT`,
    ctime: `${dayName.slice(0, 3)} ${month} ${day?.replace(/^0/, ' ')} ${time} ${year}`,
  }
}

describe('parseHttpDate', () => {
  it('agrees with the host on every instant, in all three spellings', () => {
    fc.assert(
      fc.property(instants, (instantMs) => {
        const { longDay, ctime } = obsoleteSpellings(instantMs)
        expect(parseHttpDate(new Date(instantMs).toUTCString(), nowWallMs)).toBe(instantMs)
        expect(parseHttpDate(longDay, nowWallMs)).toBe(instantMs)
        expect(parseHttpDate(ctime, nowWallMs)).toBe(instantMs)
      }),
    )
  })
})

describe('readServerDelayMs', () => {
  it('reads back every delay that can be written', () => {
    fc.assert(
      fc.property(wholeSeconds, (seconds) => {
        const delayMs = seconds * 1_000
        const dated = {
          date: new Date(nowWallMs).toUTCString(),
          'retry-after': new Date(nowWallMs + delayMs).toUTCString(),
        }
        for (const headers of [
          { 'retry-after-ms': String(delayMs) },
          { 'retry-after': String(seconds) },
          { 'retry-after': `${seconds}.0` },
          dated,
          { 'x-ratelimit-reset': String(seconds) },
          { ratelimit: `"default";r=0;t=${seconds}` },
        ]) {
          expect(readServerDelayMs(reader(headers), 0)).toBe(delayMs)
        }
      }),
    )
  })

  it('reads a date the same whatever our own clock shows, if the answer is dated', () => {
    fc.assert(
      fc.property(instants, wholeSeconds, fc.integer(), (instantMs, seconds, ourWallMs) => {
        const headers = {
          date: new Date(instantMs).toUTCString(),
          'retry-after': new Date(instantMs + seconds * 1_000).toUTCString(),
        }
        expect(readServerDelayMs(reader(headers), ourWallMs)).toBe(seconds * 1_000)
      }),
    )
  })

  it('never throws and never yields anything but a bounded delay', () => {
    const almost = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.bigInt().map(String),
      fc.date().map((date) => (Number.isNaN(date.getTime()) ? 'x' : date.toUTCString())),
      fc.stringMatching(/^"?[a-z]{0,3}"?(;[rtq]=-?[0-9]{0,20}){0,3}(, "x";t=[0-9]{1,20})?$/),
    )
    const headers = fc.dictionary(fc.constantFrom(...headerNames), almost)
    fc.assert(
      fc.property(headers, fc.double(), (given, wallMs) => {
        const delayMs = readServerDelayMs(reader(given), wallMs)
        if (delayMs === undefined) return
        expect(delayMs).toBeGreaterThanOrEqual(0)
        expect(delayMs).toBeLessThanOrEqual(delayMsMax)
      }),
      { numRuns: 2_000 },
    )
  })

  it('lets nonsense in one header change nothing', () => {
    const nonsense = fc.constantFrom('', '-1', 'NaN', 'Infinity', '1e99', 'soon', '99999999999')
    fc.assert(
      fc.property(wholeSeconds, nonsense, (seconds, text) => {
        const headers = { 'retry-after-ms': text, 'retry-after': text, ratelimit: text }
        const delayMs = readServerDelayMs(
          reader({ ...headers, 'x-ratelimit-reset': String(seconds) }),
          nowWallMs,
        )
        // As milliseconds 99,999,999,999 is too long, too: more than 30 days.
        expect(delayMs).toBe(seconds * 1_000)
      }),
    )
  })
})

describe('readRateReadings', () => {
  const whole = fc.integer({ min: 1, max: 1e12 })
  const resetMs = fc.integer({ min: 0, max: delayMsMax - 1_000 })

  it('reads back every reset that can be written, in all spellings', () => {
    fc.assert(
      fc.property(resetMs, (delayMs) => {
        const dueMs = nowWallMs + delayMs
        expect(resetOf(String(delayMs / 1_000))).toBeCloseTo(delayMs, 6)
        expect(resetOf(toGoDuration(delayMs))).toBeCloseTo(delayMs, 6)
        expect(resetOf(new Date(dueMs).toISOString())).toBeCloseTo(delayMs, 6)
        expect(resetOf(String(dueMs))).toBeCloseTo(delayMs, 6)
        expect(resetOf(String(Math.floor(dueMs / 1_000)))).toBe(Math.floor(delayMs / 1_000) * 1_000)
      }),
    )
  })

  it('reads a date the same in every time zone', () => {
    const zones = fc.record({
      sign: fc.constantFrom(1, -1),
      minutes: fc.integer({ max: 1_439, min: 0 }),
    })
    fc.assert(
      fc.property(resetMs, zones, (delayMs, { sign, minutes }) => {
        const local = new Date(nowWallMs + delayMs + sign * minutes * 60_000).toISOString()
        const zone = `${sign > 0 ? '+' : '-'}${pad(minutes / 60)}:${pad(minutes % 60)}`
        expect(resetOf(local.replace('Z', zone))).toBeCloseTo(delayMs, 6)
      }),
    )
  })

  it('reads back what the later IETF fields say, whatever the names are', () => {
    const items = fc.uniqueArray(
      fc.record({
        name: fc.stringMatching(/^[ !#-[\]-~]{1,9}$/),
        limit: whole,
        windowS: fc.integer({ min: 1, max: 86_400 }),
        remaining: fc.nat(),
        resetS: fc.nat(86_400),
      }),
      { selector: ({ name }) => name, maxLength: 5 },
    )
    fc.assert(
      fc.property(items, (all) => {
        const headers = {
          'ratelimit-policy': all
            .map(({ name, limit, windowS }) => `"${name}";q=${limit};w=${windowS}`)
            .join(', '),
          ratelimit: all
            .map(({ name, remaining, resetS }) => `"${name}";r=${remaining};t=${resetS}`)
            .join(','),
        }
        expect(readRateReadings(reader(headers), 0)).toEqual(
          all.map(({ name, limit, windowS, remaining, resetS }) => ({
            source: `ratelimit "${name}"`,
            unit: 'requests',
            windowMs: windowS * 1_000,
            limit,
            remaining,
            resetMs: resetS * 1_000,
          })),
        )
      }),
    )
  })

  it('never throws and never yields anything but numbers that make sense', () => {
    const names = fc.constantFrom(
      'ratelimit',
      'ratelimit-policy',
      'ratelimit-limit',
      'x-ratelimit-limit',
      'x-ratelimit-remaining',
      'x-ratelimit-reset',
      'x-ratelimit-reset-tokens',
      'anthropic-ratelimit-tokens-reset',
      'date',
    )
    const values = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.bigInt().map(String),
      fc.stringMatching(/^([0-9]{1,20}(h|m|s|ms|us|ns)){1,4}$/),
      fc.stringMatching(
        /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$/,
      ),
      fc.stringMatching(/^"?[a-z]{0,3}"?(;[rtqw]=-?[0-9]{0,20}){0,3}$/),
    )
    fc.assert(
      fc.property(fc.dictionary(names, values), fc.double(), (headers, wallMs) => {
        for (const reading of readRateReadings(reader(headers), wallMs)) {
          const { limit = 1, remaining = 0, resetMs: delayMs = 0, windowMs = 0 } = reading
          expect(Number.isFinite(limit) && limit > 0).toBe(true)
          expect(Number.isFinite(remaining) && remaining >= 0).toBe(true)
          for (const ms of [delayMs, windowMs]) expect(ms >= 0 && ms <= delayMsMax).toBe(true)
        }
      }),
      { numRuns: 3_000 },
    )
  })
})

/** What is read of a reset in a dated answer. */
function resetOf(text: string): number | undefined {
  const headers = { date: new Date(nowWallMs).toUTCString(), 'x-ratelimit-reset-requests': text }
  return readRateReadings(reader(headers), 0)[0]?.resetMs
}

/** Two digits of a number's whole part. */
function pad(value: number): string {
  return String(Math.floor(value)).padStart(2, '0')
}

/** As Go prints a duration of whole milliseconds. */
function toGoDuration(delayMs: number): string {
  if (delayMs < 1_000) return delayMs === 0 ? '0s' : `${delayMs}ms`
  const seconds = delayMs / 1_000
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60]
  const rest = `${Number(s.toFixed(3))}s`
  if (h > 0) return `${h}h${m}m${rest}`
  return m > 0 ? `${m}m${rest}` : rest
}
