/**
 * The mock's latency, whatever the model: within its bounds, around its median, slower with more to do.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSeededRandom } from '../../src/core/random.ts'
import { checkSchema } from '../../src/server/json-schema.ts'
import { timeAnswer } from '../../src/server/latency/answer-times.ts'
import { Latency, type TimedAnswer } from '../../src/server/latency/latency.ts'
import { figureDefaults, type LatencyModel } from '../../src/server/latency/latency-model.ts'
import { latencySchema } from '../../src/server/latency/latency-schema.ts'
import { drawLognormal } from '../../src/server/latency/lognormal.ts'
import { serverEndpoints } from '../../src/server/handler.ts'

const milliseconds = fc.oneof(fc.nat(5_000), fc.double({ min: 0, max: 5_000, noNaN: true }))
const perToken = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 60_000, noNaN: true }))
const sigma = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 3, noNaN: true }))
const figures = fc.record(
  {
    timeToFirstTokenMs: milliseconds,
    sigma,
    interTokenMs: perToken,
    perPromptTokenMs: perToken,
    maxMs: fc.oneof(milliseconds, fc.constant(2_592_000_000)),
  },
  { requiredKeys: [] },
)
const models: fc.Arbitrary<LatencyModel> = fc
  .record({
    figures,
    load: fc.option(
      fc.record({
        concurrency: fc.integer({ min: 1, max: 1_000_000 }),
        factor: fc.double({ min: 1, max: 1_000, noNaN: true }),
      }),
    ),
    byEndpoint: fc.dictionary(fc.constantFrom(...serverEndpoints), figures),
  })
  .map(({ figures: own, load, byEndpoint }) => ({
    ...own,
    byEndpoint,
    ...(load === null ? {} : { load }),
  }))

const parts = fc.option(fc.integer({ min: 1, max: 300 }), { nil: undefined })
const size = fc.record({
  promptTokens: fc.nat(200_000),
  completionTokens: fc.nat(10_000),
  partCount: parts,
})
const answers = fc.array(
  fc.record({
    gapMs: fc.oneof(fc.constant(0), fc.nat(2_000)),
    endpoint: fc.constantFrom(...serverEndpoints),
    heldMs: fc.oneof(fc.constant(0), fc.nat(1_000)),
    size,
    partsSent: parts,
  }),
  { maxLength: 40 },
)
const seeds = fc.maxSafeInteger()

function toTimed(
  list: typeof answers extends fc.Arbitrary<infer List> ? List : never,
): TimedAnswer[] {
  let atMs = 0
  return list.map(({ gapMs, endpoint, heldMs, size: { partCount, ...usage }, partsSent }) => {
    atMs += gapMs
    return { atMs, endpoint, heldMs, usage, partCount, partsSent }
  })
}

/** From the first part to the last. */
function streamMs(
  { partDelayMs }: { partDelayMs: number },
  { partCount = 1 }: TimedAnswer,
): number {
  return partDelayMs * (partCount - 1)
}

describe('the latency of any model', () => {
  it('is never negative and never above the longest, and ends when its last part is sent', () => {
    fc.assert(
      fc.property(models, answers, seeds, (model, list, seed) => {
        checkSchema('latency', model, latencySchema)
        const latency = new Latency(model, seed)
        for (const answer of toTimed(list)) {
          const times = latency.begin(answer)
          const { maxMs } = { ...figureDefaults, ...model, ...model.byEndpoint?.[answer.endpoint] }
          expect(times.delayMs).toBeGreaterThanOrEqual(answer.heldMs)
          expect(times.partDelayMs).toBeGreaterThanOrEqual(0)
          const wholeMs = times.delayMs + streamMs(times, answer)
          expect(wholeMs).toBeLessThanOrEqual((answer.heldMs + maxMs) * (1 + 1e-12))
          expect(times.endMs).toBeGreaterThanOrEqual(answer.atMs + times.delayMs)
          expect(times.endMs).toBeLessThanOrEqual(
            answer.atMs + times.delayMs + streamMs(times, answer),
          )
        }
      }),
    )
  })

  it('is the same for the same seed and the same requests', () => {
    fc.assert(
      fc.property(models, answers, seeds, (model, list, seed) => {
        const [one, other] = [new Latency(model, seed), new Latency(model, seed)]
        for (const answer of toTimed(list)) expect(one.begin(answer)).toEqual(other.begin(answer))
      }),
    )
  })

  it('grows with the tokens, the load and the luck of the draw', () => {
    const drawn = fc.record({
      spread: fc.double({ min: 0, max: 1_000, noNaN: true }),
      factor: fc.double({ min: 1, max: 1_000, noNaN: true }),
    })
    const more = fc.record({
      promptTokens: fc.nat(1_000),
      completionTokens: fc.nat(1_000),
      spread: fc.double({ min: 0, max: 10, noNaN: true }),
      factor: fc.double({ min: 0, max: 10, noNaN: true }),
    })
    fc.assert(
      fc.property(figures, size, drawn, more, (given, less, draw, extra) => {
        const all = { ...figureDefaults, ...given }
        const times = timeAnswer(all, less, draw)
        const larger = {
          promptTokens: less.promptTokens + extra.promptTokens,
          completionTokens: less.completionTokens + extra.completionTokens,
          partCount: less.partCount,
        }
        const slower = timeAnswer(all, larger, {
          spread: draw.spread + extra.spread,
          factor: draw.factor + extra.factor,
        })
        expect(slower.delayMs).toBeGreaterThanOrEqual(times.delayMs)
        const steps = (less.partCount ?? 1) - 1
        const [endMs, slowerEndMs] = [times, slower].map(
          ({ delayMs, partDelayMs }) => delayMs + partDelayMs * steps,
        )
        expect(slowerEndMs).toBeGreaterThanOrEqual((endMs ?? NaN) * (1 - 1e-12))
      }),
    )
  })

  it('grows with the answers under way, each request with the luck it would have had alone', () => {
    const load = { concurrency: 5, factor: 4 }
    fc.assert(
      fc.property(figures, answers, seeds, (given, list, seed) => {
        const busy = new Latency({ ...given, load }, seed)
        const idle = new Latency(given, seed)
        for (const answer of toTimed(list)) {
          const { delayMs } = idle.begin(answer)
          expect(busy.begin(answer).delayMs).toBeGreaterThanOrEqual(delayMs)
        }
      }),
    )
  })
})

describe('the spread', () => {
  it('has the median 1, and two of three draws within one sigma', () => {
    const count = 4_000
    fc.assert(
      fc.property(seeds, fc.double({ min: 0.01, max: 3, noNaN: true }), (seed, spread) => {
        const random = createSeededRandom(seed, 'test')
        const logs = Array.from(
          { length: count },
          () => Math.log(drawLognormal(random, spread)) / spread,
        )
        const shareBelow = (bound: number): number =>
          logs.filter((value) => value < bound).length / count
        // The shares of a normal distribution, six standard errors wide.
        const near = (share: number): [number, number] => {
          const error = 6 * Math.sqrt((share * (1 - share)) / count)
          return [share - error, share + error]
        }
        for (const [bound, share] of [
          [-2, 0.0228],
          [-1, 0.1587],
          [0, 0.5],
          [1, 0.8413],
          [2, 0.9772],
        ] as const) {
          const [low, high] = near(share)
          expect(shareBelow(bound)).toBeGreaterThan(low)
          expect(shareBelow(bound)).toBeLessThan(high)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('leaves the median of the answers where the model has it', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1_000, max: 5_000 }), (seed, timeToFirstTokenMs) => {
        const latency = new Latency({ timeToFirstTokenMs, sigma: 0.4 }, seed)
        const answer = { atMs: 0, endpoint: 'chat', heldMs: 0, partCount: undefined } as const
        const drawn = Array.from({ length: 3_001 }, () => latency.begin(answer).delayMs)
        const median = drawn.toSorted((a, b) => a - b)[1_500] ?? NaN
        // Six standard errors of a median of so many draws: 6 * 1.2533 * 0.4 / sqrt(3,001).
        expect(Math.abs(Math.log(median / timeToFirstTokenMs))).toBeLessThan(0.055)
      }),
      { numRuns: 30 },
    )
  })
})
