/**
 * Defect: each call has a budget of its own, so that in an outage all of them together have no bound.
 * Expected: retry-budget-holds.
 */
import { RetryBudget } from '../../parts/budget.ts'
import { createRetry } from '../../parts/careful-retry.ts'
import type { Retry } from '../../parts/contract.ts'

export const expectedInvariants: readonly string[] = ['retry-budget-holds']

export const retry: Retry = createRetry({
  backoff: { firstMs: 400, msMax: 30_000 },
  budgetOf: () => new RetryBudget(),
})
