/**
 * Defect: the attempts are counted from zero and compared with `>`: one more than configured.
 * Expected: attempts-are-bounded.
 */
import { giveUp, isSuccess, isTransient, send } from '../../parts/answer.ts'
import { budgetOf } from '../../parts/budget.ts'
import type { Fetch, Limiter } from '../../parts/contract.ts'
import { hintMs, hintMsMax } from '../../parts/hint.ts'
import { fullJitterMs, sleep } from '../../parts/wait.ts'

export const expectedInvariants: readonly string[] = ['attempts-are-bounded']

export async function retry<T>(limiter: Limiter, fn: Fetch, maxRetries = 4): Promise<T> {
  const budget = budgetOf(limiter)
  for (let attempt = 0; ; attempt += 1) {
    const answer = await send(limiter, fn)
    if (isSuccess(answer)) {
      budget.earn(attempt)
      return JSON.parse(answer.text) as T
    }
    if (!isTransient(answer.status) || attempt > maxRetries) throw giveUp(answer, attempt)
    if (!budget.tryPay(answer.status)) throw giveUp(answer, attempt)
    const delayMs = hintMs(answer.headers) + fullJitterMs(attempt)
    if (delayMs > hintMsMax) throw giveUp(answer, attempt)
    await sleep(delayMs)
  }
}
