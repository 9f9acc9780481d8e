/**
 * Hours at a limit that moves, measured against what the server's own rule allows. The whole table, with the profiles'
 * own cap: `npx tsx sim/dynamic/cli.ts`.
 */
import { describe, expect, it } from 'vitest'
import type { ControllerName } from '../../sim/dynamic/controllers.ts'
import { idealCapAtS, LimitLog } from '../../sim/dynamic/limit-log.ts'
import { measure, withCap, type Measure } from '../../sim/dynamic/measure.ts'
import { findServerProfile } from '../../src/server/handler.ts'

/** A lower cap than the mock's own: a tenth of the requests, and a client that is as far from the base in its terms. */
const capPerMinute = 600

function isGoodEnough(figures: Measure): boolean {
  const { usedShare, limitedShare, capTimeRatio, dipShare } = figures
  return usedShare >= 0.95 && limitedShare <= 0.01 && capTimeRatio <= 1.25 && dipShare >= 0.9
}

/** A loaded machine may take ten times its usual two seconds. */
const timeoutMs = 120_000

describe('a limiter under a dynamic limit', { timeout: timeoutMs }, () => {
  it.each([
    ['dynamic-2026-01', 1],
    ['dynamic', 2],
  ])(
    'uses 95 percent of %s in six hours with 1 percent refused at the most (seed %i)',
    (name, seed) => {
      const profile = withCap(findServerProfile(name)!, capPerMinute)
      const figures = measure({ controller: 'limiter', profile, seed, hours: 6 })
      expect(figures).toSatisfy(isGoodEnough, JSON.stringify(figures))
      expect(figures.overloaded).toBeGreaterThan(500)
    },
  )

  it.each<ControllerName>(['constant', 'aimd', 'rises-on-refusal', 'falls-on-overload'])(
    'would be found out if it were %s',
    (controller) => {
      const profile = withCap(findServerProfile('dynamic')!, capPerMinute)
      const figures = measure({ controller, profile, seed: 1, hours: 6 })
      expect(figures).not.toSatisfy(isGoodEnough, JSON.stringify(figures))
    },
  )

  it('never sends more than its user allows, whatever the server would', () => {
    const profile = withCap(findServerProfile('dynamic')!, capPerMinute)
    const options = { profile, seed: 3, hours: 3, maxPerMinute: 180 }
    expect(measure({ ...options, controller: 'limiter' }).peakShare).toBeLessThanOrEqual(2)
    expect(measure({ ...options, controller: 'unbounded' }).peakShare).toBeGreaterThan(2)
  })
})

describe('the limit that is owed', () => {
  it('is the base, then twice the rate of the past hour, then the cap', () => {
    const log = new LimitLog({ basePerMinute: 60, capPerMinute: 600 })
    expect(log.perSecondAt(0)).toBe(1)
    for (let second = 0; second < 3_600; second += 1) log.accept(second * 1_000, 3)
    expect(log.perSecondAt(3_599_000)).toBeCloseTo(6, 2)
    for (let second = 3_600; second < 7_200; second += 1) log.accept(second * 1_000, 30)
    expect(log.perSecondAt(7_199_000)).toBe(10)
    expect(log.perSecondAt(20_000_000)).toBe(1)
  })

  it('grows by a factor of five an hour for a client that uses all of it', () => {
    const limit = { basePerMinute: 60, capPerMinute: 6_000 }
    const all = idealCapAtS(limit, 36_000, () => 1)
    expect(all).toBeGreaterThan(2.5 * 3_600)
    expect(all).toBeLessThan(4 * 3_600)
    expect(idealCapAtS(limit, 36_000, () => 0.4)).toBe(Infinity)
  })
})
