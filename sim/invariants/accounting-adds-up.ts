/**
 * The subject's own counters equal what the network carried: as many grants as the limiter was seen to give, every call of
 * it counted as what became of it, and as many attempts as requests were sent.
 */
import type { AcquireRecord, AttemptRecord, RunRecord } from '../world/record.ts'
import { notJudged, type Invariant } from './types.ts'

export const accountingAddsUp: Invariant = {
  name: 'accounting-adds-up',
  judge: (record) => {
    const { aftermath, acquires, attempts, scenario, processes } = record
    const { counters } = aftermath ?? {}
    if (counters === undefined) return notJudged
    // Each process has a limiter of its own; where they follow one another, the last one's is asked.
    const judged = scenario.restarts === undefined ? 0 : processes
    const asked = acquires.filter(({ process }) => process === judged)
    const sent = attempts.filter(({ call }) => call.process === judged)
    const wrong = [
      findWrongGrants(counters, asked, sent),
      findWrongEnds(counters, asked),
      findWrongSettling(counters, sent, record),
      findWrongRetries(counters, sent, record),
    ].filter((message) => message !== undefined)
    const atMs = attempts.at(-1)?.sentAtMs ?? 0
    return { checks: 1, violations: wrong.map((message) => ({ atMs, message })) }
  },
}

type Counters = Readonly<Record<string, number>>

function findWrongGrants(
  { granted: counted = 0 }: Counters,
  acquires: readonly AcquireRecord[],
  attempts: readonly AttemptRecord[],
): string | undefined {
  const limited = attempts.filter(({ call }) => call.endpoint !== 'other')
  const granted = acquires.filter(({ grantedAtMs }) => grantedAtMs !== undefined).length
  // A call that is aborted in the instant of its grant sends nothing; the reverse, a request without a grant, is a fault.
  if (counted === granted && limited.length <= granted) return undefined
  return `the limiter counts ${counted} grants, ${granted} were seen, ${limited.length} requests were sent`
}

/** Whoever was not granted was counted once, as one of these. */
const failures = ['aborted', 'expired', 'refused', 'turnedAway'] as const

function findWrongEnds(counters: Counters, acquires: readonly AcquireRecord[]): string | undefined {
  const counted = failures.reduce((sum, name) => sum + (counters[name] ?? 0), 0)
  const failed = acquires.filter(({ failedAtMs }) => failedAtMs !== undefined).length
  if (counters['aborted'] === undefined || counted === failed) return undefined
  return `the limiter counts ${counted} calls that were not granted (${failures.join(', ')}), ${failed} were seen`
}

/** A grant is settled when its headers come or it is not used, and abandoned when no headers will come. */
function findWrongSettling(
  { granted = 0, settled, abandoned = 0 }: Counters,
  attempts: readonly AttemptRecord[],
  { traits, scenario, aftermath }: RunRecord,
): string | undefined {
  const isTold = traits.shippedRetry && !scenario.discardsPermits && aftermath?.settled === true
  if (settled === undefined || !isTold) return undefined
  const limited = attempts.filter(({ call }) => call.endpoint !== 'other')
  const answered = limited.filter(({ headersAtMs }) => headersAtMs !== undefined).length
  // One with which nothing was sent is given back, and counts as settled.
  const givenBack = granted - limited.length
  if (settled < answered || settled > answered + givenBack) {
    return `the limiter counts ${settled} grants that were settled, ${answered} requests were answered`
  }
  if (settled + abandoned === granted) return undefined
  return `of ${granted} grants the limiter counts ${settled} as settled and ${abandoned} as abandoned`
}

/** What the retries that run with the limiter count in it. */
function findWrongRetries(
  { attempts: counted, limited: refusals = 0, retried = 0 }: Counters,
  attempts: readonly AttemptRecord[],
  { traits }: RunRecord,
): string | undefined {
  if (counted === undefined || !traits.shippedRetry) return undefined
  if (counted !== attempts.length) {
    return `the retries count ${counted} attempts, ${attempts.length} requests were sent`
  }
  const answers = attempts.filter((attempt) => attempt.status === 429).length
  if (refusals !== answers) return `the retries count ${refusals} answers of 429, ${answers} came`
  const again = attempts.filter(({ number }) => number > 1).length
  // One that was decided on and not made: its call ended while it waited.
  const calls = new Set(attempts.map(({ call }) => call))
  const ended = [...calls].filter(({ outcome }) => outcome === 'rejected').length
  if (retried >= again && retried <= again + ended) return undefined
  return `the retries count ${retried} retries, ${again} were sent, and ${ended} calls failed`
}
