import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Fixture, profileOf } from '../helpers/limiter-fixture.ts'

const WINDOW_MS = 20_000
const BOUND_MS = 3_000

/** One request: when it is called, how long it is on its way, and how its permit ends. */
const requests = fc.array(
  fc.record({
    gapMs: fc.oneof(fc.constant(0), fc.nat(300), fc.nat(30_000)),
    cost: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 3 })),
    // Extremes matter most: counted at once, or at the bound.
    arrivalMs: fc.oneof(fc.constant(0), fc.constant(BOUND_MS), fc.nat(BOUND_MS)),
    headersMs: fc.oneof(fc.constant(0), fc.nat(50), fc.nat(8_000)),
    end: fc.constantFrom('settle', 'settle', 'settle', 'release', 'abandon', 'never'),
    endpoint: fc.constantFrom('chat' as const, 'chat' as const, 'embeddings' as const),
  }),
  { minLength: 1, maxLength: 60, size: 'max' },
)

const settings = fc.record({
  requestsMax: fc.integer({ min: 3, max: 9 }),
  pacing: fc.constantFrom('even' as const, 'burst' as const),
  burstMax: fc.integer({ min: 1, max: 9 }),
  driftPpm: fc.integer({ min: -400, max: 400 }),
  phaseMs: fc.nat(WINDOW_MS),
})

type Requests = typeof requests extends fc.Arbitrary<infer T> ? T : never
type Settings = typeof settings extends fc.Arbitrary<infer T> ? T : never

/** The instants, by the server's clock of whole milliseconds, at which it counted requests. */
async function arrivalsOf(list: Requests, options: Settings): Promise<number[]> {
  const { requestsMax, pacing, burstMax, driftPpm } = options
  const profile = profileOf(
    { id: 'shared', endpoints: ['chat', 'embeddings'], requestsMax, windowMs: WINDOW_MS },
    { id: 'embeddings', endpoints: ['embeddings'], requestsMax: 3, windowMs: WINDOW_MS },
  )
  const fixture = new Fixture({ profile, pacing, burstMax, arrivalBoundMs: BOUND_MS })
  const { clock, limiter } = fixture
  const arrivals: number[] = []
  for (const [index, { gapMs, cost, arrivalMs, headersMs, end, endpoint }] of list.entries()) {
    await clock.run(gapMs)
    const send = async (): Promise<void> => {
      const permit = await limiter.acquire({ cost, endpoint })
      const atMs = permit.grantedAtMs + arrivalMs
      const serverMs = Math.floor(1_000_000 + atMs * (1 + driftPpm / 1_000_000))
      arrivals.push(...Array.from({ length: cost }, () => serverMs))
      // Headers come after the count; an attempt may be given up at any time.
      const endMs = end === 'abandon' ? headersMs : arrivalMs + headersMs
      if (end !== 'never') clock.setTimer(permit[end], endMs)
      fixture.granted.push(String(index))
    }
    void send()
  }
  await clock.run(60 * (2 * WINDOW_MS + BOUND_MS))
  expect(fixture.granted).toHaveLength(list.length)
  expect(limiter.snapshot().rateLimits.map(({ used }) => used)).toEqual([0, 0])
  return arrivals.toSorted((left, right) => left - right)
}

describe('the strict promise', () => {
  it('holds for a sliding log, fixed windows of any phase, and a token bucket, on a clock that drifts', async () => {
    const property = fc.asyncProperty(requests, settings, async (list, options) => {
      const arrivals = await arrivalsOf(list, options)
      const { requestsMax, phaseMs } = options
      for (const fromMs of arrivals) {
        const inWindow = arrivals.filter((atMs) => atMs >= fromMs && atMs < fromMs + WINDOW_MS)
        expect(inWindow.length).toBeLessThanOrEqual(requestsMax)
      }
      const perWindow = new Map<number, number>()
      let tokens = requestsMax
      let lastMs = 0
      for (const atMs of arrivals) {
        const index = Math.floor((atMs + phaseMs) / WINDOW_MS)
        perWindow.set(index, (perWindow.get(index) ?? 0) + 1)
        tokens = Math.min(requestsMax, tokens + ((atMs - lastMs) * requestsMax) / WINDOW_MS) - 1
        lastMs = atMs
        expect(tokens).toBeGreaterThan(-1e-6)
      }
      expect(Math.max(...perWindow.values())).toBeLessThanOrEqual(requestsMax)
    })
    await fc.assert(property, { numRuns: 150 })
  })
})
