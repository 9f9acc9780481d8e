/**
 * Defect: the body of a failed answer is neither read nor cancelled; its connection is never free again.
 * Expected: nothing-left-behind.
 */
import { send } from '../../parts/answer.ts'
import { createRetry } from '../../parts/careful-retry.ts'
import type { Retry } from '../../parts/contract.ts'

export const expectedInvariants: readonly string[] = ['nothing-left-behind']

export const retry: Retry = createRetry({
  backoff: { firstMs: 400, msMax: 30_000 },
  send: (limiter, fn) =>
    send(limiter, fn, async (response) => (response.ok ? response.text() : '')),
})
