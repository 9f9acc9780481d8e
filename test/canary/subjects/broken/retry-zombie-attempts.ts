/**
 * Defect: the overall deadline is a `Promise.race` around the loop. When the time is up the caller gets its rejection,
 * while the loop behind it goes on waiting, sending and charging.
 * Expected: attempts-are-bounded, nothing-left-behind or every-call-settles-once.
 */
import { createRetry } from '../../parts/careful-retry.ts'
import type { Fetch, Limiter } from '../../parts/contract.ts'

export const expectedInvariants: readonly string[] = [
  'attempts-are-bounded',
  'nothing-left-behind',
  'every-call-settles-once',
]

const deadlineMs = 10_000
const carefulRetry = createRetry({ backoff: { firstMs: 1000, msMax: 16_000 } })

export function retry<T>(limiter: Limiter, fn: Fetch, maxRetries?: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs)
  })
  const loop = carefulRetry<T>(limiter, fn, maxRetries)
  return Promise.race([loop, deadline]).finally(() => clearTimeout(timer))
}
