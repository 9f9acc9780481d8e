/**
 * Defect: `Retry-After` is looked at on a 429 only; a 503 that names a delay is retried by backoff, too early.
 * Expected: retry-after-is-honoured.
 */
import { createRetry } from '../../parts/careful-retry.ts'
import type { Retry } from '../../parts/contract.ts'
import { hintMs } from '../../parts/hint.ts'

export const expectedInvariants: readonly string[] = ['retry-after-is-honoured']

export const retry: Retry = createRetry({
  delayMs: ({ status, headers }, jitterMs) =>
    status === 429 ? hintMs(headers) + jitterMs : jitterMs,
})
