/**
 * Defect: jitter is taken off the delay that the server named: up to a quarter of it, as one SDK does.
 * Expected: retry-after-is-honoured.
 */
import { createRetry } from '../../parts/careful-retry.ts'
import type { Retry } from '../../parts/contract.ts'
import { hintMs } from '../../parts/hint.ts'

export const expectedInvariants: readonly string[] = ['retry-after-is-honoured']

export const retry: Retry = createRetry({
  delayMs({ headers }, jitterMs) {
    const namedMs = hintMs(headers)
    return namedMs > 0 ? namedMs * (1 - 0.25 * Math.random()) : jitterMs
  },
})
