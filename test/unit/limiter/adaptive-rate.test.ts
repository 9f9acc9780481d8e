import { describe, expect, it } from 'vitest'
import { createController, type ControllerName } from '../../../sim/dynamic/controllers.ts'
import {
  adaptRate,
  boundRate,
  startAdaptiveRate,
  type AdaptiveRate,
  type RequestOutcome,
} from '../../../src/limiter/adaptive-rate.ts'
import { controllerClaims } from '../../helpers/controller-contract.ts'

const bounds = { requestsMin: 60, requestsMax: 6_000, windowMs: 60_000 }

describe('the adaptive rate', () => {
  it.each(Object.entries(controllerClaims))('keeps the claim: %s', (_, claim) => {
    claim((perSecond) => createController('shipped', perSecond))
  })

  it.each<[broken: ControllerName, claim: string]>([
    ['rises-on-refusal', 'a refusal lowers the rate'],
    ['falls-per-call', 'a burst of refusals lowers it once'],
    ['falls-on-overload', 'neither a lack of capacity nor a failure changes it'],
    ['unbounded', 'it stays within its bounds, whatever comes'],
    ['constant', 'it rises to a limit that nobody told'],
    ['aimd', 'it remembers: back soon, and no further at once'],
    ['timed-aimd', 'it remembers: back soon, and no further at once'],
  ])('would be caught if it were %s: %s', (broken, claim) => {
    expect(() =>
      controllerClaims[claim]?.((perSecond) => createController(broken, perSecond)),
    ).toThrow(/expected/)
  })

  it('does not rise for a client that uses less than half of it', () => {
    const rate = answer(startAdaptiveRate(600, bounds), { count: 1_000, everyMs: 250 })
    expect(rate.requests).toBe(600)
  })

  it('finds a limit that has sunk to a hundredth within a dozen refusals', () => {
    let rate = startAdaptiveRate(6_000, bounds)
    let refusals = 0
    for (let nowMs = 0; rate.requests > 60 && refusals < 100; nowMs += 1_000) {
      refusals += 1
      rate = adaptRate(rate, nowMs, { event: event('limited', nowMs), bounds })
    }
    expect(refusals).toBeLessThanOrEqual(12)
  })

  it('forgets a good rate that has sunk', () => {
    let rate = startAdaptiveRate(1_000, bounds)
    const refuse = (nowMs: number): void => {
      rate = adaptRate(rate, nowMs, { event: event('limited', nowMs), bounds })
    }
    refuse(0)
    expect(rate.goodRequests).toBe(1_000)
    for (let count = 1; count <= 12; count += 1) refuse(count * 1_000)
    expect(rate.goodRequests).toBeLessThan(100)
  })

  it('leaves its maximum as soon as it is refused there, however long it was there', () => {
    const atMax = answer(startAdaptiveRate(5_900, bounds), { count: 500_000, everyMs: 10 })
    expect(atMax.requests).toBe(6_000)
    const nowMs = 500_000 * 10 + 10
    const fallen = adaptRate(atMax, nowMs, { event: event('limited', nowMs), bounds })
    expect(fallen.requests).toBeLessThan(6_000)
  })

  it('comes within bounds that are changed', () => {
    const lower = { ...bounds, requestsMax: 300 }
    expect(boundRate(startAdaptiveRate(6_000, bounds), lower).requests).toBe(300)
  })
})

function event(outcome: RequestOutcome, grantedAtMs: number) {
  return { outcome, grantedAtMs, cost: 1 }
}

function answer(
  start: AdaptiveRate,
  { count, everyMs }: { count: number; everyMs: number },
): AdaptiveRate {
  let rate = start
  for (let index = 1; index <= count; index += 1) {
    const nowMs = index * everyMs
    rate = adaptRate(rate, nowMs, { event: event('succeeded', nowMs), bounds })
  }
  return rate
}
