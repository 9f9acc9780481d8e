/**
 * Defect: a call takes one slot of the limiter and sends all its attempts on it: retries are not counted, and a failing
 * server is sent more than its limit.
 * Expected: never-exceeds-quota.
 */
import { readAnswer } from '../../parts/answer.ts'
import { createRetry } from '../../parts/careful-retry.ts'
import type { Fetch, Limiter } from '../../parts/contract.ts'

export const expectedInvariants: readonly string[] = ['never-exceeds-quota']

export async function retry<T>(limiter: Limiter, fn: Fetch, maxRetries?: number): Promise<T> {
  const permit = await limiter.acquire()
  const retryOnPermit = createRetry({
    send: () => readAnswer(() => fn().finally(() => permit?.release?.())),
  })
  return retryOnPermit<T>(limiter, fn, maxRetries)
}
