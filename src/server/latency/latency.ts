/**
 * The mock's latency: draws the times of each answer, and knows how many answers are under way.
 *
 * It is told the instant of each request and never asks a clock. Answers count as under way until the last byte that the
 * server sends; a client that leaves before does not make the server faster.
 */

import { BinaryHeap } from '../../core/binary-heap.ts'
import { createSeededRandom, type Random } from '../../core/random.ts'
import { serverEndpoints, type ServerEndpoint } from '../profiles/server-profile.ts'
import { drawWhole } from '../options.ts'
import { loadFactor, timeAnswer, type AnswerTimes } from './answer-times.ts'
import { isRange } from './check-latency.ts'
import { figureDefaults, type LatencyFigures, type LatencyModel } from './latency-model.ts'
import { drawLognormal } from './lognormal.ts'
import type { RangeMs } from '../contract.ts'

/** Answers under way that are remembered; with more, the load is taken to be this one. */
const UNDER_WAY_MAX = 100_000

/** What an answer's times depend on. @internal */
export interface TimedAnswer {
  readonly atMs: number
  readonly endpoint: ServerEndpoint
  /** Milliseconds that faults hold the answer back besides. */
  readonly heldMs: number
  /** Absent where there are no tokens. */
  readonly usage?: { readonly promptTokens: number; readonly completionTokens: number } | undefined
  /** Parts of a stream; undefined where the answer comes as a whole. */
  readonly partCount: number | undefined
  /** Parts that are sent before the connection dies. @defaultValue all */
  readonly partsSent?: number | undefined
}

/** Times of an answer, and when it is over. @internal */
export interface DrawnTimes extends AnswerTimes {
  readonly endMs: number
}

/** Draws times to answer from a seeded stream of its own. @internal */
export class Latency {
  readonly #latency: RangeMs | LatencyModel
  readonly #isInstant: boolean
  readonly #random: Random
  readonly #figures: ReadonlyMap<ServerEndpoint, Required<LatencyFigures>>
  /** The instants at which the answers under way are over, the first on top. */
  readonly #ends = new BinaryHeap<number>((left, right) => left < right)

  constructor(latency: RangeMs | LatencyModel, seed: number) {
    this.#latency = latency
    this.#isInstant = isRange(latency) && latency.max === 0
    this.#random = createSeededRandom(seed, 'latency')
    this.#figures = isRange(latency) ? new Map() : figuresByEndpoint(latency)
  }

  /** The times of an answer that is begun now. Instants must not go back. */
  begin(answer: TimedAnswer): DrawnTimes {
    const { atMs, heldMs, partCount = 1, partsSent = partCount } = answer
    // The default, and what a load test asks for.
    if (this.#isInstant) return { delayMs: heldMs, partDelayMs: 0, endMs: atMs + heldMs }
    const times = this.#draw(answer)
    const delayMs = heldMs + times.delayMs
    const gaps = Math.max(0, Math.min(partCount, partsSent) - 1)
    const endMs = atMs + delayMs + times.partDelayMs * gaps
    this.#remember(endMs, atMs)
    return { delayMs, partDelayMs: times.partDelayMs, endMs }
  }

  #draw({ atMs, endpoint, usage, partCount }: TimedAnswer): AnswerTimes {
    if (isRange(this.#latency)) {
      return { delayMs: drawWhole(this.#random, this.#latency), partDelayMs: 0 }
    }
    const figures = this.#figures.get(endpoint) ?? figureDefaults
    const { load } = this.#latency
    const { promptTokens = 0, completionTokens = 0 } = usage ?? {}
    return timeAnswer(
      figures,
      { promptTokens, completionTokens, partCount },
      {
        spread: drawLognormal(this.#random, figures.sigma),
        factor: load === undefined ? 1 : loadFactor(load, this.#countUnderWay(atMs)),
      },
    )
  }

  #countUnderWay(nowMs: number): number {
    for (let next = this.#ends.peek(); next !== undefined && next <= nowMs;) {
      this.#ends.pop()
      next = this.#ends.peek()
    }
    return this.#ends.size
  }

  /** Only where somebody asks for it: without a load nothing would ever be taken out. */
  #remember(endMs: number, nowMs: number): void {
    if (isRange(this.#latency) || this.#latency.load === undefined || endMs <= nowMs) return
    if (this.#ends.size < UNDER_WAY_MAX) this.#ends.push(endMs)
  }
}

function figuresByEndpoint(
  model: LatencyModel,
): ReadonlyMap<ServerEndpoint, Required<LatencyFigures>> {
  const { load: _load, byEndpoint = {}, ...figures } = model
  return new Map(
    serverEndpoints.map((endpoint) => [
      endpoint,
      { ...figureDefaults, ...withoutGaps(figures), ...withoutGaps(byEndpoint[endpoint] ?? {}) },
    ]),
  )
}

/** A figure that is given as undefined is not given. */
function withoutGaps(figures: LatencyFigures): LatencyFigures {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined))
}
