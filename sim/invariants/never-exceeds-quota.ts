/**
 * Alone on its key and with no refusal injected, the subject is never refused for rate.
 *
 * The server is the judge: it counts by its own clock and its own windows.
 */
import { countsPerWindow } from '../counting.ts'
import { isTier } from '../profiles.ts'
import type { AttemptRecord, RunRecord } from '../world/record.ts'
import { judgeEach, notJudged, type Invariant } from './types.ts'

export const neverExceedsQuota: Invariant = {
  name: 'never-exceeds-quota',
  judge: (record) => {
    if (!isAlone(record)) return notJudged
    // What got lost on its way, or was refused for another reason first, says nothing of the quota.
    const weighed = record.attempts.filter(
      (attempt) => (attempt.counted || attempt.refusedBy !== undefined) && !startsJob(attempt),
    )
    const { scenario } = record
    return judgeEach(weighed, (attempt) => {
      const { refusedBy, call, arrivedAtMs } = attempt
      if (refusedBy === undefined || !isPromised(scenario, refusedBy)) return undefined
      return {
        atMs: arrivedAtMs ?? 0,
        message: `request c${call.id}/${attempt.number} is over the server's limit ${refusedBy}`,
      }
    })
  },
}

/** Nobody else spends the quota, and every refusal for rate is the server's own. */
export function isAlone(record: RunRecord): boolean {
  const { tenants, faults, dynamic, profile, enforcement } = record.scenario
  if (!countsPerWindow(enforcement) && !isTier(profile)) return false
  if (profile.startsWith('dynamic')) return false
  // A limit that nobody is told can only be found by being refused.
  if (dynamic !== undefined) return false
  // A process that starts knows nothing of what its predecessor has sent, unless it is told to take all of it for sent.
  if (record.processes > 0 && !knowsPredecessors(record)) return false
  return tenants.length === 0 && !faults.some(refuses)
}

function knowsPredecessors({ scenario }: RunRecord): boolean {
  const { restarts = [] } = scenario
  return restarts.length > 0 && restarts.every(({ initialUsage }) => initialUsage === 1)
}

/** Of a tier's limits, some are counted by the minute in any case; the others where all are. */
const byTheMinute: ReadonlySet<string> = new Set(['images', 'reasoning-model', 'image-model'])

function isPromised({ profile, enforcement }: RunRecord['scenario'], limit: string): boolean {
  return !isTier(profile) || byTheMinute.has(limit) || countsPerWindow(enforcement)
}

function refuses(rule: RunRecord['scenario']['faults'][number]): boolean {
  // A quota that is cut while requests are on their way is no longer the one that was promised to be kept.
  return (rule.do.kind === 'status' && rule.do.status === 429) || rule.do.kind === 'quota'
}

/** These are limited in what runs at once, which is judged elsewhere. */
function startsJob({ call }: AttemptRecord): boolean {
  return call.endpoint === 'fine-tunes' || call.endpoint === 'batches'
}
