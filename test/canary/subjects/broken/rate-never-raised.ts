/**
 * Defect: the rate is halved at every 429 and 5xx, to a tenth of the limit at the least, and nothing ever raises it again.
 * Expected: throughput-recovers (or another promise about speed).
 */
import { send } from '../../parts/answer.ts'
import { createRetry } from '../../parts/careful-retry.ts'
import type { LimiterOptions, Retry } from '../../parts/contract.ts'
import { Pacer } from '../../parts/pacer.ts'

export const expectedInvariants: readonly string[] = [
  'throughput-recovers',
  'uses-the-quota',
  'drains-after-faults',
  'permits-are-conserved',
]

class AdaptivePacer extends Pacer {
  readonly #intervalMsMax: number

  constructor(intervalMs: number) {
    super(intervalMs)
    this.#intervalMsMax = intervalMs * 10
  }

  slowDown(): void {
    this.intervalMs = Math.min(this.#intervalMsMax, this.intervalMs * 2)
  }
}

export function createLimiter(options: LimiterOptions): AdaptivePacer {
  return new AdaptivePacer((60_000 + options.arrivalBoundMs + 14) / options.maxPerMinute)
}

export const retry: Retry<AdaptivePacer> = createRetry<AdaptivePacer>({
  async send(limiter, fn) {
    const answer = await send(limiter, fn)
    if (answer.status === 429 || answer.status >= 500) limiter.slowDown()
    return answer
  },
})
