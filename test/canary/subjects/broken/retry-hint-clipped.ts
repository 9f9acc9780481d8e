/**
 * Defect: a wait is never longer than 2 s, also where the server named a longer one. The cap was meant for the
 * backoff.
 * Expected: retry-after-is-honoured.
 */
import { createRetry } from '../../parts/careful-retry.ts'
import type { Retry } from '../../parts/contract.ts'
import { hintMs } from '../../parts/hint.ts'

export const expectedInvariants: readonly string[] = ['retry-after-is-honoured']

export const retry: Retry = createRetry({
  backoff: { firstMs: 400, msMax: 30_000 },
  delayMs: ({ headers }, jitterMs) => Math.min(2000, hintMs(headers) + jitterMs),
})
