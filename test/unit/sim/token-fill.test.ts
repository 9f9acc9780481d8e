import { describe, expect, it } from 'vitest'
import type { TokenPlan } from '../../../sim/scenario/types.ts'
import { meanTokenFill, tokenFillMin } from '../../../sim/token-fill.ts'
import type { AttemptRecord } from '../../../sim/world/record.ts'
import { RunBuilder } from '../../helpers/run-record.ts'

const used: TokenPlan = {
  tokensMax: 1_000,
  accounting: 'used',
  estimatePerMille: 1_000,
  sizes: [{ promptLength: 4, tokensMax: 1 }],
  answerMs: { min: 0, max: 0 },
}
const reserved: TokenPlan = { ...used, accounting: 'reserved' }

/** The share of a minute and of 1,000 tokens that a call of 100 holds, in ten thousandths. */
function fill(plan: TokenPlan, changes: Partial<AttemptRecord>, toMs = 200_000): number {
  const run = new RunBuilder()
  run.attempt(run.call(0, { tokens: 100 }), 0, changes)
  return (meanTokenFill(run.build(), plan, { fromMs: 0, toMs }) * toMs * 10) / 60_000
}

describe('meanTokenFill', () => {
  const answered = { headersAtMs: 5_000, endedAtMs: 6_000, tokensUsed: 40 }

  it('counts the estimate until the answer has ended, and what was used for a window more', () => {
    expect(fill(used, answered)).toBeCloseTo((100 * 6 + 40 * 60) / 6_000)
  })

  it('counts the estimate all the time where the server counts what is reserved', () => {
    expect(fill(reserved, answered)).toBeCloseTo((100 * 66) / 6_000)
  })

  it('counts no more than lies between the two instants', () => {
    expect(fill(used, answered, 30_000)).toBeCloseTo((100 * 6 + 40 * 24) / 6_000)
  })

  it.each([
    ['a broken body', { whole: false, tokensUsed: 40 }],
    ['a server error', { status: 503 }],
    ['no answer', { status: undefined, headersAtMs: undefined, endedAtMs: 400, whole: false }],
  ])('counts the estimate for a minute and a window after %s', (_case, changes) => {
    expect(fill(used, changes)).toBeCloseTo((100 * 120) / 6_000)
  })

  it('counts a refusal that used nothing until its headers, or a window more where it is reserved', () => {
    const refused = { status: 413, headersAtMs: 6_000 }
    expect(fill(used, refused)).toBeCloseTo((100 * 6) / 6_000)
    expect(fill(reserved, refused)).toBeCloseTo((100 * 66) / 6_000)
  })
})

describe('tokenFillMin', () => {
  it('allows for the next call that does not fit, and for even spacing', () => {
    const run = new RunBuilder()
    run.call(0, { tokens: 100 })
    run.call(0)
    expect(tokenFillMin(run.build(), { ...used, tokensMax: 10_000 })).toBeCloseTo(
      0.99 - 0.35 / 10 - 0.01,
    )
  })
})
