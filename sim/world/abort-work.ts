/** Notes that a long run is about to be aborted, and with it what it has under way. */
import type { RunRecord } from './record.ts'
import type { WorkRecord } from './work-record.ts'

export function abortWork(record: RunRecord, work: WorkRecord, nowMs: number): void {
  work.abortedAtMs = nowMs
  for (const call of record.calls) {
    if (call.work === work && call.outcome === 'pending') call.abortedAtMs = nowMs
  }
  record.line(nowMs, `w${work.id} aborted`)
}
