/** Once faults have stopped, all work ends within the computed bound. */
import { drainedByMs } from '../bounds.ts'
import type { Invariant } from './types.ts'

export const drainsAfterFaults: Invariant = {
  name: 'drains-after-faults',
  judge: (record) => {
    const untilMs = drainedByMs(record)
    const late = record.calls.filter(
      (call) => (call.settledAtMs ?? Number.POSITIVE_INFINITY) > untilMs,
    )
    const first = late[0]
    if (first === undefined) return { checks: record.calls.length, violations: [] }
    const settled = first.settledAtMs === undefined ? 'never' : `at ${first.settledAtMs}`
    const message = `${late.length} calls have not ended at the bound ${Math.ceil(untilMs)}; c${first.id} ends ${settled}`
    return { checks: record.calls.length, violations: [{ atMs: Math.ceil(untilMs), message }] }
  },
}
