/** When calls wait in the limiter: the stretches of time in which, of a class, at least one call waits without a break. */
import type { EndpointClass } from '../../src/core/profile.ts'
import type { AcquireRecord, RunRecord } from '../world/record.ts'

export interface Stretch {
  fromMs: number
  toMs: number
}

/**
 * The union of the waits of one class.
 *
 * Something that waits at the end of one wait and the beginning of the next, in the same instant, is no break.
 */
export function waitingStretches(
  record: RunRecord,
  endpoint: EndpointClass,
  endMs: number,
): Stretch[] {
  const stretches: Stretch[] = []
  for (const acquire of record.acquires) {
    if (acquire.endpoint !== endpoint) continue
    const wait = { fromMs: acquire.calledAtMs, toMs: waitsUntilMs(acquire) ?? endMs }
    const last = stretches.at(-1)
    if (last !== undefined && wait.fromMs <= last.toMs) last.toMs = Math.max(last.toMs, wait.toMs)
    else stretches.push(wait)
  }
  return stretches
}

function waitsUntilMs(acquire: AcquireRecord): number | undefined {
  return acquire.grantedAtMs ?? acquire.failedAtMs
}

/** The parts of the stretches that lie outside all of the interruptions. */
export function without(
  stretches: readonly Stretch[],
  interruptions: readonly Stretch[],
): Stretch[] {
  let parts = [...stretches]
  for (const cut of interruptions) {
    parts = parts.flatMap((part) =>
      cut.toMs <= part.fromMs || cut.fromMs >= part.toMs
        ? [part]
        : [
            { fromMs: part.fromMs, toMs: cut.fromMs },
            { fromMs: cut.toMs, toMs: part.toMs },
          ].filter(({ fromMs, toMs }) => toMs > fromMs),
    )
  }
  return parts
}
