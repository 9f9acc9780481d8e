/**
 * `together-rate-limits/retry`: retries that wait as the server says and never multiply an outage.
 *
 * Knows limiters by structure only; imports none.
 */
export { togetherRetry, togetherRetry as retry } from './retry.ts'
export { retryDefaults } from './settings.ts'
export type { AttemptContext, RetryAcquireRequest, RetryLimiter, RetryOptions } from './types.ts'
export { createRetryBudget, RetryBudget, retryBudgetDefaults } from './budget.ts'
export type { RetryBudgetOptions } from './budget.ts'
