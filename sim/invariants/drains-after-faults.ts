/** Once faults have stopped, all work ends within the computed bound. */
import { drainedByMs, workEndsByMs } from '../bounds.ts'
import type { RunRecord } from '../world/record.ts'
import type { Invariant, Verdict, Violation } from './types.ts'

export const drainsAfterFaults: Invariant = {
  name: 'drains-after-faults',
  judge: (record): Verdict => ({
    checks: record.calls.length + record.works.length,
    violations: [...findLateCalls(record), ...findLateWorks(record)],
  }),
}

function findLateCalls(record: RunRecord): Violation[] {
  const untilMs = drainedByMs(record)
  const late = record.calls.filter(
    (call) => (call.settledAtMs ?? Number.POSITIVE_INFINITY) > untilMs,
  )
  const first = late[0]
  if (first === undefined) return []
  const settled = describeEnd(first.settledAtMs)
  const message = `${late.length} calls have not ended at the bound ${Math.ceil(untilMs)}; c${first.id} ends ${settled}`
  return [{ atMs: Math.ceil(untilMs), message }]
}

function findLateWorks(record: RunRecord): Violation[] {
  return record.works.flatMap((work) => {
    const untilMs = workEndsByMs(record, work)
    if ((work.endedAtMs ?? Number.POSITIVE_INFINITY) <= untilMs) return []
    const message = `the long run w${work.id} has not ended at the bound ${untilMs}; it ends ${describeEnd(work.endedAtMs)}`
    return [{ atMs: untilMs, message }]
  })
}

function describeEnd(atMs: number | undefined): string {
  return atMs === undefined ? 'never' : `at ${atMs}`
}
