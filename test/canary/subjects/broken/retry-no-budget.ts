/**
 * Defect: no budget: every call makes its five attempts, and an outage gets five times the traffic.
 * Expected: retry-budget-holds.
 */
import type { Budget } from '../../parts/budget.ts'
import { createRetry } from '../../parts/careful-retry.ts'
import type { Retry } from '../../parts/contract.ts'

export const expectedInvariants: readonly string[] = ['retry-budget-holds']

const noBudget: Budget = { tryPay: () => true, earn: () => undefined }

export const retry: Retry = createRetry({ budgetOf: () => noBudget })
