/**
 * Defect: what an answer says is left of the quota is taken as what may be sent, in place of what the client has sent
 * itself: many answers tell of the same rest, and of none that are on their way.
 * Expected: never-exceeds-quota.
 */
import { send } from '../../parts/answer.ts'
import { createRetry } from '../../parts/careful-retry.ts'
import type { Limiter, LimiterOptions, Permit, Retry } from '../../parts/contract.ts'
import { windowMs } from '../../parts/grant-log.ts'

export const expectedInvariants: readonly string[] = ['never-exceeds-quota']

/** How often a client asks for news where it has nothing left. */
const askEveryMs = 1_000

export class RestLimiter implements Limiter {
  readonly #queue: ((permit: Permit | undefined) => void)[] = []
  readonly #max: number
  #rest: number
  #heardAt = 0
  #isArmed = false

  constructor(max: number) {
    this.#max = max
    this.#rest = max
    this.#heardAt = performance.now()
  }

  acquire(): Promise<Permit | undefined> {
    return new Promise((resolve) => {
      this.#queue.push(resolve)
      this.#serve()
    })
  }

  observe(headers: Headers): void {
    const remaining = headers.get('x-ratelimit-remaining')
    if (remaining === null) return
    this.#rest = Number(remaining)
    this.#heardAt = performance.now()
    this.#serve()
  }

  #serve(): void {
    // After two windows without an answer nothing is counted any more.
    if (performance.now() - this.#heardAt > 2 * windowMs) {
      this.#rest = this.#max
      this.#heardAt = performance.now()
    }
    for (; this.#rest > 0 && this.#queue.length > 0; this.#rest -= 1) {
      this.#queue.shift()?.(undefined)
    }
    if (this.#queue.length === 0 || this.#isArmed) return
    this.#isArmed = true
    setTimeout(() => {
      this.#isArmed = false
      this.#rest = Math.max(1, this.#rest)
      this.#serve()
    }, askEveryMs)
  }
}

export function createLimiter({ maxPerMinute }: LimiterOptions): RestLimiter {
  return new RestLimiter(maxPerMinute)
}

export const retry: Retry<RestLimiter> = createRetry<RestLimiter>({
  send: async (limiter, fn) => {
    const answer = await send(limiter, fn)
    limiter.observe(answer.headers)
    return answer
  },
})
