/**
 * What limits in tokens that are only paced promise, judged by the grants and by what a server counts of them.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fixture, profileOf } from '../helpers/limiter-fixture.ts'

const WINDOW_MS = 1_000
const TOKENS_MAX = 1_000
/** A tenth of the limit may go at once, and nine tenths a second. */
const BURST = 100
const TOKENS_PER_MS = 0.9

const calls = fc.array(
  fc.record({
    gapMs: fc.oneof(fc.constant(0), fc.nat(50), fc.nat(2_000)),
    tokens: fc.oneof(fc.nat(100), fc.nat(TOKENS_MAX), fc.nat(2_500)),
    usedPerMille: fc.oneof(fc.constantFrom(0, 1_000), fc.nat(1_000)),
    // The ways to the server differ by a ninth of the window at the most, its whole milliseconds included.
    wayMs: fc.oneof(fc.constantFrom(40, 150), fc.integer({ min: 40, max: 150 })),
    answerMs: fc.nat(3_000),
    isSettled: fc.boolean(),
  }),
  { minLength: 1, maxLength: 60, size: 'max' },
)

interface Change {
  readonly atMs: number
  readonly tokens: number
}

interface Run {
  readonly arrivals: Change[]
  /** Grants, and what was given back of them in time as less than nothing. */
  readonly charges: Change[]
}

type Calls = typeof calls extends fc.Arbitrary<infer T> ? T : never

async function run(list: Calls, tokenAccounting: 'reserved' | 'used'): Promise<Run> {
  const limit = { requestsMax: undefined, tokensMax: TOKENS_MAX, windowMs: WINDOW_MS }
  const fixture = new Fixture({ profile: { ...profileOf(limit), tokenAccounting } })
  const result: Run = { arrivals: [], charges: [] }
  const send = async (call: Calls[number]): Promise<void> => {
    const { tokens, usedPerMille, wayMs, answerMs, isSettled } = call
    const permit = await fixture.limiter.acquire({ tokens })
    const atMs = permit.grantedAtMs
    result.arrivals.push({ atMs: Math.floor(atMs + wayMs), tokens })
    result.charges.push({ atMs, tokens })
    const used = Math.floor((tokens * usedPerMille) / 1_000)
    const settle = (): void => {
      permit.settleTokens(used)
      result.charges.push({ atMs: fixture.clock.now(), tokens: used - tokens })
    }
    if (isSettled) fixture.clock.setTimer(settle, wayMs + answerMs)
  }
  for (const call of list) {
    await fixture.clock.run(call.gapMs)
    void send(call)
  }
  await fixture.clock.run(60 * 4_000)
  expect(result.arrivals).toHaveLength(list.length)
  return result
}

function sum(changes: Change[]): number {
  return changes.reduce((total, { tokens }) => total + tokens, 0)
}

describe('limits in tokens that are only paced', () => {
  it('are never exceeded at the server, where ways differ by less than a ninth of the window', async () => {
    const property = fc.asyncProperty(calls, fc.nat(WINDOW_MS), async (list, phaseMs) => {
      const { arrivals } = await run(list, 'reserved')
      const starts = arrivals.flatMap(({ atMs }) => [atMs, atMs - ((atMs + phaseMs) % WINDOW_MS)])
      for (const fromMs of starts) {
        const inWindow = arrivals.filter(({ atMs, tokens }) => {
          return tokens > 0 && atMs >= fromMs && atMs < fromMs + WINDOW_MS
        })
        const isAlone = inWindow.length === 1
        if (!isAlone && sum(inWindow) > TOKENS_MAX) throw new Error(JSON.stringify(inWindow))
      }
    })
    await fc.assert(property, { numRuns: 100 })
  })

  it.each(['reserved', 'used'] as const)(
    'charge in any span no more than the rate, and a burst or one call (%s)',
    async (kind) => {
      const property = fc.asyncProperty(calls, async (list) => {
        const { charges } = await run(list, kind)
        const counted = kind === 'used' ? charges : charges.filter(({ tokens }) => tokens > 0)
        const largest = Math.max(BURST, ...list.map(({ tokens }) => tokens))
        for (const [first, { atMs: fromMs }] of counted.entries()) {
          let total = 0
          for (const { atMs, tokens } of counted.slice(first)) {
            total += tokens
            const allowed = largest + (atMs - fromMs) * TOKENS_PER_MS
            if (total > allowed + 1e-3) throw new Error(`${total} of ${allowed} by ${atMs}`)
          }
        }
      })
      await fc.assert(property, { numRuns: 100 })
    },
  )
})
