/**
 * How long to wait where the server has not said it, and what is added where it has.
 *
 * Pure arithmetic on a drawn `unit`: no clock, no random source. Backoff may be anything from nothing to its ceiling;
 * a delay that the server named is a floor, so its jitter only ever adds.
 */

/** How often a fine-tune job may be asked for again while all places are taken: 30 to 60 s apart. */
const placeWaitMsMin = 30_000
const placeWaitMsSpread = 30_000

const hintJitterShare = 0.1
const hintJitterMsMax = 1_000

/**
 * Full jitter: uniform between 0 and a ceiling that doubles with each retry, up to `delayMsMax`.
 *
 * @param options.unit - A uniform number in [0, 1).
 * @param options.retry - Retries made so far; the first retry's ceiling (0) is `baseMs`.
 * @returns Milliseconds, at least 0 and below `delayMsMax` (0 where `baseMs` or `delayMsMax` is 0).
 * @internal
 */
export function fullJitterMs(options: {
  unit: number
  retry: number
  baseMs: number
  delayMsMax: number
}): number {
  // By doubling: the power operator's last digit differs between Node versions, and so would a replayed seed.
  let ceilingMs = options.baseMs
  for (let step = 0; step < options.retry; step += 1) {
    if (ceilingMs === 0 || ceilingMs >= options.delayMsMax) break
    ceilingMs *= 2
  }
  return options.unit * Math.min(options.delayMsMax, ceilingMs)
}

/**
 * What is added to a delay that the server named, so that callers do not come back in the same instant.
 *
 * @returns Milliseconds: at least 0, at most a tenth of the delay and at most 1,000.
 * @internal
 */
export function hintJitterMs(options: { unit: number; hintMs: number }): number {
  return options.unit * Math.min(options.hintMs * hintJitterShare, hintJitterMsMax)
}

/**
 * The wait for a free fine-tune place: its jitter lies above the 30 s that Together asks pollers to keep.
 *
 * @returns Milliseconds in [30,000, 60,000).
 * @internal
 */
export function placeWaitMs(unit: number): number {
  return placeWaitMsMin + unit * placeWaitMsSpread
}
