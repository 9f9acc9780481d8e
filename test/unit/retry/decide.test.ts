import { describe, expect, it } from 'vitest'
import {
  decide,
  pauseDelayMs,
  type AttemptFailure,
  type Situation,
} from '../../../src/retry/decide.ts'

const settings = {
  attemptsMax: 5,
  backoffBaseMs: 500,
  backoffMsMax: 20_000,
  serverDelayMsMax: 120_000,
}
const situation: Situation = {
  attempt: 1,
  nowMs: 10_000,
  deadlineAtMs: Infinity,
  unit: 0.5,
  hasBudget: true,
  settings,
}
const failure: AttemptFailure = {
  kind: 'backoff',
  status: 503,
  bodyText: '',
  hintMs: undefined,
  pauseMs: undefined,
  failedAtMs: 9_900,
  cause: undefined,
}

describe('decide', () => {
  it('backs off from now, and the budget pays', () => {
    expect(decide(failure, situation)).toEqual({ kind: 'retry', retryAtMs: 10_250, isPaid: true })
    expect(decide(failure, { ...situation, attempt: 3 })).toMatchObject({ retryAtMs: 11_000 })
  })

  it('takes a hint as a floor, from the answer on, with jitter that adds', () => {
    expect(decide({ ...failure, hintMs: 4_000 }, situation)).toMatchObject({ retryAtMs: 14_100 })
    expect(decide({ ...failure, hintMs: 4_000 }, { ...situation, unit: 0 })).toMatchObject({
      retryAtMs: 13_900,
    })
    expect(decide({ ...failure, hintMs: 10 }, situation)).toMatchObject({ retryAtMs: 10_250 })
  })

  it('waits for the pause of a 429 and for a place without paying', () => {
    const limited: AttemptFailure = { ...failure, kind: 'server-paced', pauseMs: 3_000 }
    expect(decide(limited, { ...situation, hasBudget: false })).toEqual({
      kind: 'retry',
      retryAtMs: 12_900,
      isPaid: false,
    })
    expect(decide({ ...failure, kind: 'place' }, { ...situation, hasBudget: false })).toEqual({
      kind: 'retry',
      retryAtMs: 55_000,
      isPaid: false,
    })
  })

  it('names the first reason that applies', () => {
    const worst: Situation = { ...situation, attempt: 5, hasBudget: false, deadlineAtMs: 10_000 }
    const long = { ...failure, hintMs: 120_001 }
    const reasons = [
      decide({ ...long, kind: 'none' }, worst),
      decide(long, worst),
      decide(failure, worst),
      decide(failure, { ...worst, attempt: 4 }),
      decide(failure, { ...worst, attempt: 4, hasBudget: true }),
    ].map((decision) => (decision.kind === 'give-up' ? decision.reason : decision))
    expect(reasons).toEqual(['not-retryable', 'server-delay', 'attempts', 'budget', 'deadline'])
  })

  it('blames the deadline for an attempt that it cut', () => {
    expect(decide({ ...failure, kind: 'late' }, situation)).toEqual({
      kind: 'give-up',
      reason: 'deadline',
    })
  })

  it('gives up when the retry would fall on the deadline, not a moment before', () => {
    expect(decide(failure, { ...situation, deadlineAtMs: 10_250 })).toMatchObject({
      reason: 'deadline',
    })
    expect(decide(failure, { ...situation, deadlineAtMs: 10_251 })).toMatchObject({ kind: 'retry' })
  })

  it('accepts a delay as long as the cap', () => {
    expect(decide({ ...failure, hintMs: 120_000 }, situation)).toMatchObject({ kind: 'retry' })
  })
})

describe('pauseDelayMs', () => {
  it.each([
    [4_000, 1, 4_200],
    [60_000, 1, 60_500],
    [undefined, 1, 1_000],
    [0, 1, 1_000],
    [undefined, 5, 4_000],
  ])('for a hint of %s on attempt %i is %i ms', (hintMs, attempt, delayMs) => {
    expect(pauseDelayMs(hintMs, { attempt, unit: 0.5, settings })).toBe(delayMs)
  })
})
