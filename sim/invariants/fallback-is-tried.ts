/**
 * A request of a long run that its own model has answered with a 503 for good goes to a fallback next, unless that has
 * failed itself a short while ago.
 */
import type { CallRecord, RunRecord } from '../world/record.ts'
import type { WorkRecord } from '../world/work-record.ts'
import { notJudged, type Invariant, type Verdict } from './types.ts'

/** So long a model that has no capacity may be left alone, at the most. */
const restMs = 60_000

export const fallbackIsTried: Invariant = {
  name: 'fallback-is-tried',
  judge: (record) => {
    const works = record.works.filter(({ plan }) => plan.fallbackModels.length > 0)
    if (works.length === 0) return notJudged
    const verdict: Verdict = { checks: 0, violations: [] }
    for (const work of works) judgeWork(record, work, verdict)
    return verdict
  },
}

function judgeWork(record: RunRecord, work: WorkRecord, verdict: Verdict): void {
  const { model: own } = work.plan
  const calls = record.calls.filter((call) => call.work === work && call.endpoint === 'chat')
  const failures = calls.filter(({ outcome, model }) => outcome === 'rejected' && model !== own)
  const nextOf = nextCalls(calls)
  for (const call of calls) {
    const next = nextOf.get(call)
    if (call.model !== own || !isShortOfCapacity(call) || next === undefined) continue
    // What is no use now need not be when the service is there again, which may be later.
    const sinceMs = (call.settledAtMs ?? 0) - restMs
    if (failures.some(({ settledAtMs = 0 }) => settledAtMs >= sinceMs)) continue
    verdict.checks += 1
    if (next.model !== own) continue
    const message = `c${call.id} ends with a 503 of ${own}, and c${next.id} asks the same of ${own} again`
    verdict.violations.push({ atMs: next.startedAtMs, message })
  }
}

function isShortOfCapacity({ attempts }: CallRecord): boolean {
  return attempts.at(-1)?.status === 503
}

/** By call, the next that asks for the same. */
function nextCalls(calls: readonly CallRecord[]): Map<CallRecord, CallRecord> {
  const next = new Map<CallRecord, CallRecord>()
  const latest = new Map<string, CallRecord>()
  for (const call of calls) {
    // What one process has found out, the next one does not know.
    const key = `${call.process} ${call.contents[0]}`
    const before = latest.get(key)
    if (before !== undefined) next.set(before, call)
    latest.set(key, call)
  }
  return next
}
