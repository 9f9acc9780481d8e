/**
 * After a 409 on a fine-tune, a long run starts no further one before a look at the list has shown a free place.
 */
import type { AttemptRecord, RunRecord } from '../world/record.ts'
import type { WorkRecord } from '../world/work-record.ts'
import { judgeEach, notJudged, type Invariant, type Verdict } from './types.ts'

/** Of the documented profile, written down here once more and on purpose. */
const placesMax = 3
const endedStates: ReadonlySet<unknown> = new Set(['completed', 'error', 'cancelled'])

export const waitsAfterAConflict: Invariant = {
  name: 'waits-after-a-conflict',
  judge: (record) => {
    const works = record.works.filter(({ plan }) => plan.kind === 'fine-tunes')
    const verdicts = works.map((work) => judgeWork(record, work))
    if (verdicts.length === 0) return notJudged
    return {
      checks: verdicts.reduce((sum, { checks }) => sum + checks, 0),
      violations: verdicts.flatMap(({ violations }) => violations),
    }
  },
}

function judgeWork({ attempts }: RunRecord, work: WorkRecord): Verdict {
  const own = attempts.filter(({ call }) => call.work === work)
  const starts = own.filter(({ call }) => call.endpoint === 'fine-tunes')
  const looks = own.filter(({ call }) => call.request === 'GET /v1/fine-tunes')
  const conflicts = starts.filter(({ status }) => status === 409)
  return judgeEach(conflicts, ({ headersAtMs = 0, call }) => {
    const next = starts.find(({ sentAtMs }) => sentAtMs >= headersAtMs)
    if (next === undefined) return undefined
    const seen = looks.filter(
      (look) => look.sentAtMs >= headersAtMs && (look.endedAtMs ?? Infinity) <= next.sentAtMs,
    )
    if (seen.some(showsPlace)) return undefined
    const message = `c${next.call.id}/${next.number} starts a fine-tune after the 409 of c${call.id} at ${headersAtMs}, and no look in between shows a place`
    return { atMs: next.sentAtMs, message }
  })
}

function showsPlace({ status, whole, body = '' }: AttemptRecord): boolean {
  if (status !== 200 || !whole) return false
  const { data } = JSON.parse(body) as { data: { status: unknown }[] }
  return data.filter((job) => !endedStates.has(job.status)).length < placesMax
}
