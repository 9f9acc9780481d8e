/**
 * How long answers take, as data: the words of load tests of language models, written down once.
 *
 * Types and defaults only. A request that is refused or fails is answered at once, whatever the model says.
 */

import type { ServerEndpoint } from '../profiles/server-profile.ts'

/** The times of one answer, in milliseconds; fractions are allowed. @public */
export interface LatencyFigures {
  /**
   * Median time to first token (TTFT), or to the answer where there are no tokens, on a server that does nothing else.
   * 0 to 3,600,000. @defaultValue 0
   */
  readonly timeToFirstTokenMs?: number
  /**
   * Spread of the time to first token, which is lognormal: the standard deviation of its logarithm, 0 to 3. Two of three
   * answers take between `1 / e^sigma` and `e^sigma` times the median. @defaultValue 0, always the median
   */
  readonly sigma?: number
  /** Time between a token and the next, and between the parts of a stream. 0 to 60,000. @defaultValue 0 */
  readonly interTokenMs?: number
  /** Added to the time to first token for each token of the prompt (prefill). 0 to 60,000. @defaultValue 0 */
  readonly perPromptTokenMs?: number
  /** No answer takes longer than this, to its last byte. 0 to 2,592,000,000. @defaultValue 600,000 */
  readonly maxMs?: number
}

/** How the times grow with what the server has to do besides. @public */
export interface LatencyLoad {
  /** Other answers under way, of all keys and endpoints. A whole number from 1 to 1,000,000. */
  readonly concurrency: number
  /** With so many, every time is this many times as long, with half as many half-way to it. 1 to 1,000. */
  readonly factor: number
}

/** A model of the time to answer. @public */
export interface LatencyModel extends LatencyFigures {
  /** @defaultValue times do not depend on the load */
  readonly load?: LatencyLoad
  /** What differs for some endpoints; figures not given are those of the model. @defaultValue nothing */
  readonly byEndpoint?: Readonly<Partial<Record<ServerEndpoint, LatencyFigures>>>
}

/** What figures are where they are not given. @internal */
export const figureDefaults: Required<LatencyFigures> = Object.freeze({
  timeToFirstTokenMs: 0,
  sigma: 0,
  interTokenMs: 0,
  perPromptTokenMs: 0,
  maxMs: 600_000,
})
