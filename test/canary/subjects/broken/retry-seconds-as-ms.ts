/**
 * Defect: the number in `Retry-After` is taken for milliseconds; it is seconds.
 * Expected: retry-after-is-honoured.
 */
import { createRetry } from '../../parts/careful-retry.ts'
import type { Retry } from '../../parts/contract.ts'
import { hintMs } from '../../parts/hint.ts'

export const expectedInvariants: readonly string[] = ['retry-after-is-honoured']

export const retry: Retry = createRetry({
  backoff: { firstMs: 400, msMax: 30_000 },
  delayMs({ headers }, jitterMs) {
    const hint = headers.get('retry-after') ?? ''
    return (/^\d+$/.test(hint) ? Number(hint) : hintMs(headers)) + jitterMs
  },
})
