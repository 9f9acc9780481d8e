/**
 * What all requests came to, since the start or the last reset: sums that stay when the journal forgets.
 */

/** Sums over all requests. @public */
export interface MockTotals {
  readonly requests: number
  /** Answered with a status from 200 to 299, whether or not the answer was delivered. */
  readonly succeeded: number
  /** Drew on a rate limit. */
  readonly counted: number
  /** Refused by a limit, of rate or of places. */
  readonly refused: number
  /** Met a fault. */
  readonly faulted: number
  /** Tokens of prompts and answers. */
  readonly tokens: number
}

/** The part of a request that is summed. @internal */
export interface TotalledRequest {
  readonly isCounted: boolean
  readonly refusedBy: string | undefined
  readonly faultId: string | undefined
  readonly tokens: number | undefined
}

/** The running sums. @internal */
export class Totals {
  readonly #sums = { requests: 0, succeeded: 0, counted: 0, refused: 0, faulted: 0, tokens: 0 }

  add({ isCounted, refusedBy, faultId, tokens = 0 }: TotalledRequest, status: number): void {
    const sums = this.#sums
    sums.requests += 1
    if (status >= 200 && status < 300) sums.succeeded += 1
    if (isCounted) sums.counted += 1
    if (refusedBy !== undefined) sums.refused += 1
    if (faultId !== undefined) sums.faulted += 1
    sums.tokens += tokens
  }

  clear(): void {
    const sums = this.#sums
    for (const name of [
      'requests',
      'succeeded',
      'counted',
      'refused',
      'faulted',
      'tokens',
    ] as const)
      sums[name] = 0
  }

  /** A copy. */
  read(): MockTotals {
    return { ...this.#sums }
  }
}
