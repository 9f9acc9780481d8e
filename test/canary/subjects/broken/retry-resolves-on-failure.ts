/**
 * Defect: where it gives up it resolves, with undefined, and writes a line to the log: the caller takes a failure for a
 * result.
 * Expected: every-call-settles-once.
 */
import { createRetry } from '../../parts/careful-retry.ts'
import type { Fetch, Limiter } from '../../parts/contract.ts'

export const expectedInvariants: readonly string[] = ['every-call-settles-once']

const carefulRetry = createRetry({ backoff: { firstMs: 400, msMax: 30_000 } })

export async function retry<T>(
  limiter: Limiter,
  fn: Fetch,
  maxRetries?: number,
): Promise<T | undefined> {
  try {
    return await carefulRetry<T>(limiter, fn, maxRetries)
  } catch (error) {
    console.error('request failed', error instanceof Error ? error.message : error)
    return undefined
  }
}
