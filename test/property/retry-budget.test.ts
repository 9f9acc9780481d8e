import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../src/core/random.ts'
import { createRetryBudget, togetherRetry } from '../../src/retry/index.ts'
import { lightAnswer, LoggingLimiter } from '../helpers/retry-world.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

/** Grants one request each 100 ms, in order of asking. */
class PacedLimiter extends LoggingLimiter {
  #nextAtMs = 0

  override async hold(): Promise<void> {
    const grantAtMs = Math.max(this.clock.now(), this.#nextAtMs)
    this.#nextAtMs = grantAtMs + 100
    const waitMs = grantAtMs - this.clock.now()
    if (waitMs > 0) await new Promise<void>((resolve) => this.clock.setTimer(resolve, waitMs))
  }
}

/** Ten thousand real responses with their streams would take seconds. */
function respondWith(status: number): Response {
  return lightAnswer(status, async () => '{}')
}

/** Starts so many calls at once and counts how they end. */
async function runCalls(
  limiter: LoggingLimiter,
  options: { calls: number; respond: () => Response; runMs: number },
): Promise<{ cured: number; failed: number; sent: number }> {
  const counts = { cured: 0, failed: 0, sent: 0 }
  const random = createSeededRandom(1, 'jitter')
  const send = async (): Promise<Response> => {
    counts.sent += 1
    return options.respond()
  }
  for (let call = 0; call < options.calls; call += 1) {
    togetherRetry(limiter, send, { random }).then(
      () => (counts.cured += 1),
      () => (counts.failed += 1),
    )
  }
  await limiter.clock.run(options.runMs)
  return counts
}

describe('RetryBudget', () => {
  it('counts like whole fifths of a retry', () => {
    const steps = fc.array(fc.constantFrom('withdraw', 'first', 'later'), { maxLength: 400 })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), steps, (start, given) => {
        const budget = createRetryBudget({ start })
        let fifths = start * 5
        for (const step of given) {
          if (step === 'withdraw') {
            expect(budget.tryWithdraw()).toBe(fifths >= 5)
            if (fifths >= 5) fifths -= 5
          } else {
            budget.recordSuccess({ afterRetry: step === 'later' })
            fifths = Math.min(200, fifths + (step === 'later' ? 5 : 1))
          }
          expect(budget.available).toBe(fifths / 5)
          expect(budget.hasRetry).toBe(fifths >= 5)
        }
      }),
    )
  })

  it('meets an outage with at most 40 retries, however many calls and whatever was saved', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(400), fc.nat(300), async (calls, successesBefore) => {
        const limiter = new LoggingLimiter(new VirtualClock())
        const before = { calls: successesBefore, respond: () => respondWith(200), runMs: 0 }
        await runCalls(limiter, before)
        const outage = { calls, respond: () => respondWith(503), runMs: 600_000 }
        const { sent, failed } = await runCalls(limiter, outage)
        expect(failed).toBe(calls)
        expect(sent - calls).toBeLessThanOrEqual(Math.min(40, 10 + successesBefore * 0.2))
      }),
      { numRuns: 25 },
    )
  })

  it.each([1, 2, 3])('cures one fault in ten for 999 of 1,000 calls, seed %i', async (seed) => {
    const limiter = new PacedLimiter(new VirtualClock())
    const faults = createSeededRandom(seed, 'faults')
    const respond = (): Response => respondWith(faults.next() < 0.1 ? 503 : 200)
    const { cured, failed, sent } = await runCalls(limiter, {
      calls: 10_000,
      respond,
      runMs: 2_000_000,
    })
    expect(cured + failed).toBe(10_000)
    expect(cured).toBeGreaterThanOrEqual(9_990)
    expect(sent).toBeLessThan(11_500)
  })
})
