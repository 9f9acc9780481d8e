/**
 * When the parts of one answer leave, computed from figures and a load: no state, no chance.
 */

import type { LatencyFigures, LatencyLoad } from './latency-model.ts'

/** What of an answer takes time. @internal */
export interface AnswerSize {
  readonly promptTokens: number
  readonly completionTokens: number
  /** Parts of a stream; undefined where the answer comes as a whole. */
  readonly partCount: number | undefined
}

/** When an answer leaves. @internal */
export interface AnswerTimes {
  /** Until a whole answer or the first part of a stream, in whole milliseconds: timers have no finer ones. */
  readonly delayMs: number
  /** From one part of a stream to the next. */
  readonly partDelayMs: number
}

/** How many times as long everything takes while `others` answers are under way. @internal */
export function loadFactor({ concurrency, factor }: LatencyLoad, others: number): number {
  return 1 + ((factor - 1) * others) / concurrency
}

/**
 * The times of one answer.
 *
 * @param drawn.spread - The share of the median time to first token that this answer takes, above 0.
 * @param drawn.factor - Of the load, at least 1.
 * @internal
 */
export function timeAnswer(
  figures: Required<LatencyFigures>,
  { promptTokens, completionTokens, partCount }: AnswerSize,
  { spread, factor }: { spread: number; factor: number },
): AnswerTimes {
  const { timeToFirstTokenMs, interTokenMs, perPromptTokenMs, maxMs } = figures
  const firstMs = (timeToFirstTokenMs * spread + perPromptTokenMs * promptTokens) * factor
  const betweenMs = interTokenMs * factor
  if (partCount === undefined) {
    const wholeMs = firstMs + betweenMs * completionTokens
    return { delayMs: Math.min(maxMs, Math.round(wholeMs)), partDelayMs: 0 }
  }
  const delayMs = Math.min(maxMs, Math.round(firstMs))
  const gaps = Math.max(1, partCount - 1)
  // Where the whole stream would take too long, it goes faster rather than being cut.
  return { delayMs, partDelayMs: Math.min(betweenMs, (maxMs - delayMs) / gaps) }
}
