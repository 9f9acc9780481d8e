/**
 * Defect: whatever is not a success is sent again, also a 400 or a 401, which will never be cured.
 * Expected: only-retryable-is-retried.
 */
import { createRetry } from '../../parts/careful-retry.ts'
import type { Retry } from '../../parts/contract.ts'

export const expectedInvariants: readonly string[] = ['only-retryable-is-retried']

export const retry: Retry = createRetry({
  isTransient: (status) => status < 200 || status >= 300,
})
