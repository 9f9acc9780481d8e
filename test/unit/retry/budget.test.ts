import { describe, expect, it } from 'vitest'
import { InvalidOptionError } from '../../../src/core/errors.ts'
import { createRetryBudget, type RetryBudget } from '../../../src/retry/index.ts'

function withdrawAll(budget: RetryBudget): number {
  let count = 0
  while (budget.tryWithdraw()) count += 1
  return count
}

describe('RetryBudget', () => {
  it('starts with ten retries', () => {
    const budget = createRetryBudget()
    expect(budget.available).toBe(10)
    expect(withdrawAll(budget)).toBe(10)
    expect(budget.hasRetry).toBe(false)
  })

  it('gains one retry from five first tries, exactly', () => {
    const budget = createRetryBudget({ start: 0 })
    for (let count = 0; count < 4; count += 1) budget.recordSuccess({ afterRetry: false })
    expect(budget.tryWithdraw()).toBe(false)
    budget.recordSuccess({ afterRetry: false })
    expect(budget.available).toBe(1)
    expect(budget.tryWithdraw()).toBe(true)
  })

  it('gets back a whole retry from a success after one', () => {
    const budget = createRetryBudget({ start: 1 })
    budget.tryWithdraw()
    budget.recordSuccess({ afterRetry: true })
    expect(budget.available).toBe(1)
  })

  it('never saves more than forty', () => {
    const budget = createRetryBudget()
    for (let count = 0; count < 1_000; count += 1) budget.recordSuccess({ afterRetry: true })
    expect(withdrawAll(budget)).toBe(40)
  })

  it('takes a capacity below the default start', () => {
    expect(createRetryBudget({ capacity: 3 }).available).toBe(3)
  })

  it.each([
    { capacity: -1 },
    { capacity: Number.NaN },
    { start: 41 },
    { start: -1 },
    { refundFirstTry: Infinity },
  ])('refuses %o', (options) => {
    expect(() => createRetryBudget(options)).toThrow(InvalidOptionError)
  })
})
