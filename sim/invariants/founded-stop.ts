/** Whether a long run that stopped had a reason to: what it says has to be what the server said to it. */
import { namedDelayMs } from '../hints.ts'
import type { AttemptRecord, RunRecord } from '../world/record.ts'
import type { WorkRecord } from '../world/work-record.ts'

/** By reason, the statuses of which one has to have come. */
const statusesOf: ReadonlyMap<string | undefined, readonly number[]> = new Map([
  ['unauthorised', [401]],
  ['spending-limit', [402]],
  ['model-unavailable', [404]],
])

/** @returns What is wrong with the reason; undefined where it is a good one. */
export function findUnfounded(record: RunRecord, work: WorkRecord): string | undefined {
  const attempts = record.attempts.filter(({ call }) => call.work === work)
  if (work.reason === 'outage') return findShortOutage(record, work, attempts)
  const statuses = statusesOf.get(work.reason) ?? []
  if (attempts.some(({ status = 0 }) => statuses.includes(status))) return undefined
  return `stops for ${work.reason}, which no answer says`
}

/** For so long nothing was answered to it, or that long it was asked to wait. */
function findShortOutage(
  record: RunRecord,
  { endedAtMs = 0, startedAtMs = 0, plan }: WorkRecord,
  attempts: readonly AttemptRecord[],
): string | undefined {
  const { outageMsMax } = plan
  // Whoever shares the limiter shares the pause.
  const heard = record.attempts.filter(({ headersAtMs = Infinity }) => headersAtMs <= endedAtMs)
  if (heard.some((attempt) => (namedDelayMs(attempt, record) ?? 0) > outageMsMax)) return undefined
  const lastGoodMs = attempts
    .filter((attempt) => isGood(attempt) && (attempt.endedAtMs ?? Infinity) < endedAtMs)
    .reduce((latest, { endedAtMs: atMs = 0 }) => Math.max(latest, atMs), startedAtMs)
  if (endedAtMs - lastGoodMs > outageMsMax) return undefined
  return `stops for an outage of more than ${outageMsMax} ms at ${endedAtMs}; it was answered at ${lastGoodMs}`
}

function isGood({ status = 500, whole, call }: AttemptRecord): boolean {
  return status < 300 && whole && call.endpoint !== 'other'
}
