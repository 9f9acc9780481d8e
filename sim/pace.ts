/**
 * How far apart requests are sent, around an answer: what a rate that adapts shows to the outside.
 *
 * Only where calls wait without a break is the distance of two requests the limiter's doing.
 */
import { waitingStretches, type Stretch } from './invariants/waiting.ts'
import type { AttemptRecord, RunRecord } from './world/record.ts'

/** Mean distances in milliseconds, of the requests sent last before and first after some answers. */
export interface PaceChange {
  beforeMs: number
  afterMs: number
  /** From the first of those requests to the last. */
  span: Stretch
}

export class Pace {
  readonly #sentAtMs: readonly number[]
  readonly #waits: readonly Stretch[]

  /** Of a run whose requests are all of one class and model. */
  constructor(record: RunRecord) {
    const { attempts } = record
    this.#sentAtMs = attempts.map(({ sentAtMs }) => sentAtMs)
    this.#waits = waitingStretches(record, 'chat', attempts.at(-1)?.sentAtMs ?? 0)
  }

  /** @returns Undefined where there are not so many distances on each side, or nobody waits for some of the time. */
  around(answers: Stretch, distances: number): PaceChange | undefined {
    const nextIndex = this.#sentAtMs.findIndex((atMs) => atMs > answers.toMs)
    const lastIndex = this.#sentAtMs.findLastIndex((atMs) => atMs <= answers.fromMs)
    const before = [this.#sentAtMs[lastIndex - distances], this.#sentAtMs[lastIndex]] as const
    const after = [this.#sentAtMs[nextIndex], this.#sentAtMs[nextIndex + distances]] as const
    const span = { fromMs: before[0] ?? Number.NaN, toMs: after[1] ?? Number.NaN }
    const isCovered = this.#waits.some(
      ({ fromMs, toMs }) => fromMs <= span.fromMs && toMs >= span.toMs,
    )
    if (!isCovered || nextIndex < 0) return undefined
    return {
      beforeMs: ((before[1] ?? 0) - span.fromMs) / distances,
      afterMs: (span.toMs - (after[0] ?? 0)) / distances,
      span,
    }
  }
}

/** The instants at which answers of a status came, in the order of time. */
export function answersAtMs(attempts: readonly AttemptRecord[], status: number): number[] {
  return attempts
    .filter((attempt) => attempt.status === status)
    .map(({ headersAtMs }) => headersAtMs ?? 0)
    .toSorted((left, right) => left - right)
}

/** Whether one of the instants lies in the span, both ends included. */
export function hasInstantIn(instants: readonly number[], { fromMs, toMs }: Stretch): boolean {
  return instants.some((atMs) => atMs >= fromMs && atMs <= toMs)
}
