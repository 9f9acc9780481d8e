import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readServerDelayMs } from '../../src/retry/hints.ts'
import { parseHttpDate } from '../../src/retry/http-date.ts'

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
