/**
 * Defect: a 5xx counts neither as an attempt nor against the budget: it is sure to pass, so it is tried until it does.
 * Expected: attempts-are-bounded or retry-budget-holds.
 */
import { giveUp, isSuccess, isTransient, send } from '../../parts/answer.ts'
import { budgetOf } from '../../parts/budget.ts'
import type { Fetch, Limiter } from '../../parts/contract.ts'
import { hintMs, hintMsMax } from '../../parts/hint.ts'
import { fullJitterMs, sleep } from '../../parts/wait.ts'

export const expectedInvariants: readonly string[] = ['attempts-are-bounded', 'retry-budget-holds']

export async function retry<T>(limiter: Limiter, fn: Fetch, maxRetries = 4): Promise<T> {
  const budget = budgetOf(limiter)
  let attempt = 0
  for (let round = 0; ; round += 1) {
    const answer = await send(limiter, fn)
    if (isSuccess(answer)) {
      budget.earn(round)
      return JSON.parse(answer.text) as T
    }
    const { status, headers } = answer
    if (!isTransient(status) || attempt >= maxRetries) throw giveUp(answer, attempt)
    if (status < 500) {
      attempt += 1
      if (!budget.tryPay(status)) throw giveUp(answer, attempt)
    }
    const delayMs = hintMs(headers) + fullJitterMs(attempt)
    if (delayMs > hintMsMax) throw giveUp(answer, attempt)
    await sleep(delayMs)
  }
}
