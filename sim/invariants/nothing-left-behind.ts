/** Two windows after the last call there is no timer, no listener, no unread body and no promise left in the open. */
import type { RunRecord } from '../world/record.ts'
import { notJudged, type Invariant, type Violation } from './types.ts'

export const nothingLeftBehind: Invariant = {
  name: 'nothing-left-behind',
  judge: (record) => {
    const { aftermath } = record
    if (aftermath === undefined) return notJudged
    // A thrown error is one whether or not the calls ended.
    const found = aftermath.unhandled.map((message) => ({ atMs: 0, message }))
    if (aftermath.settled) found.push(...leftOvers(record))
    return { checks: 1, violations: found }
  },
}

/** Whoever is told that a run has ended takes it for granted that nothing of it goes on. */
function findAfterlife({ calls }: RunRecord): number {
  return calls.filter(({ work, startedAtMs, settledAtMs = startedAtMs }) => {
    return Math.max(startedAtMs, settledAtMs) > (work?.endedAtMs ?? Number.POSITIVE_INFINITY)
  }).length
}

function leftOvers(record: RunRecord): Violation[] {
  const { aftermath, attempts } = record
  const atMs = record.calls.reduce((latest, call) => Math.max(latest, call.settledAtMs ?? 0), 0)
  const unread = attempts.filter(
    (attempt) => attempt.headersAtMs !== undefined && !attempt.bodyDone,
  )
  const counts: readonly [number, string][] = [
    [findAfterlife(record), 'requests of a long run begin or end after it has ended'],
    [aftermath?.timersLeft ?? 0, 'timers are still set'],
    [aftermath?.listenersLeft ?? 0, 'abort listeners are still attached'],
    [aftermath?.filesLeft ?? 0, 'files are open or locked'],
    [aftermath?.acquiresPending ?? 0, 'promises of the limiter never settled'],
    [
      unread.length,
      `bodies were neither read nor cancelled, the first that of c${unread[0]?.call.id}`,
    ],
  ]
  return counts
    .filter(([count]) => count > 0)
    .map(([count, what]) => ({ atMs, message: `${count} ${what}` }))
}
