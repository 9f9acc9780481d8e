/**
 * Defect: a promise made by hand, whose `reject` is forgotten for network faults: they are logged, and the call never
 * settles.
 * Expected: every-call-settles-once or drains-after-faults.
 */
import { isTransient, readText } from '../../parts/answer.ts'
import { budgetOf } from '../../parts/budget.ts'
import type { Fetch, Limiter } from '../../parts/contract.ts'
import { hintMs, hintMsMax } from '../../parts/hint.ts'
import { fullJitterMs } from '../../parts/wait.ts'

export const expectedInvariants: readonly string[] = [
  'every-call-settles-once',
  'drains-after-faults',
]

export function retry<T>(limiter: Limiter, fn: Fetch, maxRetries = 4): Promise<T> {
  const budget = budgetOf(limiter)

  return new Promise((resolve, reject) => {
    const again = (attempt: number, delayMs: number): void => {
      setTimeout(() => void run(attempt), Math.ceil(delayMs))
    }

    const onAnswer = async (response: Response, attempt: number): Promise<void> => {
      const { status, headers } = response
      const text = await readText(response)
      if (response.ok) {
        const body: T = JSON.parse(text)
        budget.earn(attempt)
        return resolve(body)
      }
      const namedMs = hintMs(headers)
      const mayRetry = isTransient(status) && attempt < maxRetries && namedMs <= hintMsMax
      if (!mayRetry || !budget.tryPay(status)) return reject(new Error(`status ${status}`))
      return again(attempt + 1, namedMs + fullJitterMs(attempt))
    }

    const run = async (attempt: number): Promise<void> => {
      try {
        const permit = await limiter.acquire()
        const response = await fn().finally(() => permit?.release?.())
        await onAnswer(response, attempt)
      } catch (error) {
        console.error('network error', error instanceof Error ? error.message : error)
      }
    }

    void run(0)
  })
}
