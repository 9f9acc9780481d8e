/** Once faults have stopped, all work ends within the computed bound. */
import { calmFromMs, drainedByMs, workCalmFromMs, workEndsByMs } from '../bounds.ts'
import type { RunRecord } from '../world/record.ts'
import type { WorkRecord } from '../world/work-record.ts'
import { notJudged, type BoundUse, type Invariant, type Verdict, type Violation } from './types.ts'

export const drainsAfterFaults: Invariant = {
  name: 'drains-after-faults',
  judge: (record): Verdict => {
    const works = record.works.map((work) => judgeWork(record, work))
    const judged = [...(record.calls.length > 0 ? [judgeCalls(record)] : []), ...works]
    if (judged.length === 0) return notJudged
    return {
      checks: record.calls.length + record.works.length,
      violations: judged.flatMap(({ violation }) => violation ?? []),
      bounds: judged.map(({ use }) => use),
    }
  },
}

interface Judged {
  violation: Violation | undefined
  use: BoundUse
}

function judgeCalls(record: RunRecord): Judged {
  const untilMs = drainedByMs(record)
  const ends = record.calls.map((call) => call.settledAtMs ?? Number.POSITIVE_INFINITY)
  const lastMs = ends.reduce((latest, endMs) => Math.max(latest, endMs), 0)
  const use = useOf('drained', { fromMs: calmFromMs(record), untilMs, lastMs })
  const late = record.calls.filter((_call, index) => (ends[index] ?? 0) > untilMs)
  const [first] = late
  if (first === undefined) return { violation: undefined, use }
  const settled = describeEnd(first.settledAtMs)
  const message = `${late.length} calls have not ended at the bound ${Math.ceil(untilMs)}; c${first.id} ends ${settled}`
  return { violation: { atMs: Math.ceil(untilMs), message }, use }
}

function judgeWork(record: RunRecord, work: WorkRecord): Judged {
  const untilMs = workEndsByMs(record, work)
  const lastMs = work.endedAtMs ?? Number.POSITIVE_INFINITY
  const use = useOf('long run', { fromMs: workCalmFromMs(record, work), untilMs, lastMs })
  if (lastMs <= untilMs) return { violation: undefined, use }
  const message = `the long run w${work.id} has not ended at the bound ${untilMs}; it ends ${describeEnd(work.endedAtMs)}`
  return { violation: { atMs: untilMs, message }, use }
}

/** From when on it is counted, what was allowed, and what it took; nothing where all had ended before. */
function useOf(
  what: BoundUse['what'],
  { fromMs, untilMs, lastMs }: { fromMs: number; untilMs: number; lastMs: number },
): BoundUse {
  const actualMs = Number.isFinite(lastMs) ? Math.max(0, lastMs - fromMs) : undefined
  return { what, actualMs, boundMs: Math.floor(untilMs - fromMs) }
}

function describeEnd(atMs: number | undefined): string {
  return atMs === undefined ? 'never' : `at ${atMs}`
}
