/**
 * A limiter's retry budget: it starts at 10 and holds 40, a retry costs 1, a success brings 1, or 0.2 at the first try.
 * So a run of failures is followed by at most 40 retries, however many calls share the limiter.
 */

/** What a retry asks before it sends again. @internal */
export interface Budget {
  /** Pays for a retry after an answer of this status; false where it cannot be paid. */
  tryPay(status: number): boolean
  /** For a success after so many retries. */
  earn(retries: number): void
}

/** A budget with its own tokens. @internal */
export class RetryBudget implements Budget {
  #tokens = 10

  tryPay(status: number): boolean {
    // A refusal costs nothing: the server has named its price.
    if (status === 429) return true
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }

  earn(retries: number): void {
    this.#tokens = Math.min(40, this.#tokens + (retries === 0 ? 0.2 : 1))
  }
}

const budgets = new WeakMap<object, RetryBudget>()

/** The one budget of a limiter. @internal */
export function budgetOf(limiter: object): RetryBudget {
  const budget = budgets.get(limiter) ?? new RetryBudget()
  budgets.set(limiter, budget)
  return budget
}
