/** Once faults have stopped and while calls wait, 95 % of the quota is in use again within the computed bound. */
import { recoveryBoundMs } from '../bounds.ts'
import { meanFill, quotasOf, windowMs } from '../quota.ts'
import type { RunRecord } from '../world/record.ts'
import { notJudged, type Invariant } from './types.ts'
import { waitingStretches } from './waiting.ts'

const shareMin = 0.95
const stepMs = 1_000

export const throughputRecovers: Invariant = {
  name: 'throughput-recovers',
  judge: (record) => {
    const { faultsEndMs, topUp, settings, profile } = record.scenario
    if (profile !== 'documented') return notJudged
    // A cap on what runs at once may bind before the quota does.
    if (topUp === undefined || settings.concurrencyMax !== undefined) return notJudged
    const boundMs = recoveryBoundMs(record)
    const untilMs = faultsEndMs + boundMs
    const { share: best, endMs } = fullestWindow(record, faultsEndMs, untilMs)
    const use = { what: 'recovered', boundMs: Math.floor(boundMs) } as const
    if (best >= shareMin) {
      return { checks: 1, violations: [], bounds: [{ ...use, actualMs: endMs - faultsEndMs }] }
    }
    if (!waitsThroughout(record, faultsEndMs + stepMs, untilMs)) return notJudged
    const message = `at most ${(100 * best).toFixed(1)} % of the quota is in use between ${faultsEndMs} and ${Math.ceil(untilMs)}`
    const violations = [{ atMs: Math.ceil(untilMs), message }]
    return { checks: 1, violations, bounds: [{ ...use, actualMs: undefined }] }
  },
}

/** The first window after the faults that is full enough, or else the fullest, of the fullest quota that applies. */
function fullestWindow(
  record: RunRecord,
  fromMs: number,
  untilMs: number,
): { share: number; endMs: number } {
  let best = { share: 0, endMs: fromMs }
  const endMs = Math.min(untilMs, record.attempts.at(-1)?.sentAtMs ?? 0)
  for (
    let startMs = fromMs;
    startMs + windowMs <= endMs && best.share < shareMin;
    startMs += stepMs
  ) {
    const fills = quotasOf('chat').map((quota) =>
      meanFill(record, quota, startMs, startMs + windowMs),
    )
    const share = Math.max(...fills)
    if (share > best.share) best = { share, endMs: startMs + windowMs }
  }
  return best
}

function waitsThroughout(record: RunRecord, fromMs: number, untilMs: number): boolean {
  return waitingStretches(record, 'chat', untilMs).some(
    (stretch) => stretch.fromMs <= fromMs && stretch.toMs >= untilMs,
  )
}
