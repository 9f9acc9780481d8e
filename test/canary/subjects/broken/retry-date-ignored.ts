/**
 * Defect: `Retry-After` is read as a number only. A date gives NaN, which counts as no hint.
 * Expected: retry-after-is-honoured.
 */
import { createRetry } from '../../parts/careful-retry.ts'
import type { Retry } from '../../parts/contract.ts'

export const expectedInvariants: readonly string[] = ['retry-after-is-honoured']

export const retry: Retry = createRetry({
  delayMs({ headers }, jitterMs) {
    const seconds = Number.parseInt(headers.get('retry-after') ?? '', 10)
    return (seconds > 0 ? seconds * 1000 : 0) + jitterMs
  },
})
