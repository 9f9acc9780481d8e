import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fullJitterMs } from '../../src/retry/backoff.ts'
import { decide, pauseDelayMs, type AttemptFailure } from '../../src/retry/decide.ts'

const units = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const delays = fc.double({ min: 0, max: 1e9, noNaN: true })
const settings = fc.record({
  attemptsMax: fc.integer({ min: 1, max: 9 }),
  backoffBaseMs: delays,
  backoffMsMax: delays,
  serverDelayMsMax: delays,
})
const situations = fc.record({
  attempt: fc.integer({ min: 1, max: 9 }),
  nowMs: delays,
  deadlineAtMs: fc.oneof(delays, fc.constant(Infinity)),
  unit: units,
  hasBudget: fc.boolean(),
  settings,
})
const hints = fc.option(delays, { nil: undefined })
const kinds = fc.constantFrom<AttemptFailure['kind'][]>(
  'none', 'late', 'backoff', 'server-paced', 'place',
) // prettier-ignore

describe('fullJitterMs', () => {
  it('stays below the doubled base and below the cap', () => {
    fc.assert(
      fc.property(units, fc.nat(60), delays, delays, (unit, retry, baseMs, delayMsMax) => {
        const delayMs = fullJitterMs({ unit, retry, baseMs, delayMsMax })
        const ceilingMs = Math.min(delayMsMax, baseMs * 2 ** retry)
        expect(delayMs).toBeGreaterThanOrEqual(0)
        expect(delayMs).toBeCloseTo(unit * ceilingMs, 3)
        expect(delayMs).toBeLessThanOrEqual(ceilingMs)
      }),
    )
  })
})

describe('decide', () => {
  it('never retries earlier than told, too often, too late or without means', () => {
    fc.assert(
      fc.property(situations, kinds, hints, (situation, kind, hintMs) => {
        const failedAtMs = situation.nowMs / 2
        const pauseMs = kind === 'server-paced' ? pauseDelayMs(hintMs, situation) : undefined
        const failure: AttemptFailure = {
          kind,
          status: 500,
          bodyText: '',
          hintMs,
          pauseMs,
          failedAtMs,
          cause: undefined,
        }
        const decision = decide(failure, situation)
        if (decision.kind === 'give-up') return
        expect(decision.retryAtMs).toBeGreaterThanOrEqual(failedAtMs + (hintMs ?? 0))
        expect(decision.retryAtMs).toBeLessThan(situation.deadlineAtMs)
        expect(hintMs ?? 0).toBeLessThanOrEqual(situation.settings.serverDelayMsMax)
        expect(situation.attempt).toBeLessThan(situation.settings.attemptsMax)
        expect(['backoff', 'server-paced', 'place']).toContain(kind)
        expect(decision.isPaid).toBe(kind === 'backoff')
        expect(situation.hasBudget || !decision.isPaid).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('pauseDelayMs', () => {
  it('adds to what was named at most a tenth, and at most a second', () => {
    fc.assert(
      fc.property(situations, delays, (situation, hintMs) => {
        fc.pre(hintMs > 0)
        const addedMs = pauseDelayMs(hintMs, situation) - hintMs
        expect(addedMs).toBeGreaterThanOrEqual(0)
        expect(addedMs).toBeLessThanOrEqual(Math.min(hintMs * 0.1 + 1e-6, 1_000))
      }),
    )
  })

  it('is at least a second where nothing was named', () => {
    fc.assert(
      fc.property(situations, fc.constantFrom(undefined, 0), (situation, hintMs) => {
        expect(pauseDelayMs(hintMs, situation)).toBeGreaterThanOrEqual(1_000)
      }),
    )
  })
})
