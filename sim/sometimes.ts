/**
 * What a set of seeds must have met at least once: a set that never reaches one of these is too weak to say anything of it.
 *
 * Each looks at what happened, not at what was planned.
 */
import { namedDelayMs } from './hints.ts'
import { sometimesOfSwarm } from './sometimes-of-swarm.ts'
import { sometimesOfWorks } from './sometimes-of-works.ts'
import { bindsFor, waitsAt } from './waits.ts'
import type { AttemptRecord, CallRecord, RunRecord } from './world/record.ts'

export interface Sometimes {
  name: string
  isMet: (record: RunRecord) => boolean
}

export const sometimes: readonly Sometimes[] = [
  {
    name: '429 with retry-after',
    isMet: (run) =>
      run.attempts.some((a) => is429(a) && /^\d+$/.test(a.hints['retry-after'] ?? '')),
  },
  {
    name: '429 with a date',
    isMet: (run) =>
      run.attempts.some((a) => is429(a) && a.hints['retry-after']?.endsWith('GMT') === true),
  },
  { name: '429 without a hint', isMet: (run) => run.attempts.some((a) => is429(a) && !hasHint(a)) },
  {
    name: '429 with a nonsense hint',
    isMet: (run) => run.attempts.some((a) => is429(a) && hasNonsense(a)),
  },
  {
    name: '429 from the server’s own count',
    isMet: (run) => run.attempts.some((a) => is429(a) && a.refusedBy !== undefined),
  },
  {
    name: 'hint beyond the cap',
    isMet: (run) => run.calls.some((call) => call.reason === 'server-delay'),
  },
  { name: 'shorter hint after a longer one', isMet: meetsShorterHint },
  { name: 'ten calls wait behind a pause', isMet: meetsCrowdedPause },
  { name: 'chat limit binds', isMet: (run) => bindsFor(run, 'chat') },
  { name: 'embeddings limit binds', isMet: (run) => bindsFor(run, 'embeddings') },
  { name: 'images limit binds', isMet: (run) => bindsFor(run, 'images') },
  { name: 'three fine-tune jobs, a fourth waits', isMet: (run) => bindsFor(run, 'fine-tunes') },
  { name: 'ten batches, an eleventh waits', isMet: (run) => bindsFor(run, 'batches') },
  { name: '409 on a fine-tune', isMet: (run) => run.attempts.some((a) => a.status === 409) },
  { name: '503, then success', isMet: (run) => run.calls.some((call) => isCured(call, 503)) },
  {
    name: 'last attempt succeeds',
    isMet: (run) => run.calls.some((call) => succeedsLast(call, run)),
  },
  {
    name: 'attempts exhausted',
    isMet: (run) => run.calls.some((call) => call.reason === 'attempts'),
  },
  { name: 'budget exhausted', isMet: (run) => run.calls.some((call) => call.reason === 'budget') },
  {
    name: 'not retryable',
    isMet: (run) => run.calls.some((call) => call.reason === 'not-retryable'),
  },
  {
    name: 'deadline missed',
    isMet: (run) =>
      run.calls.some((call) => call.error === 'DEADLINE' || call.reason === 'deadline'),
  },
  { name: 'attempt timed out', isMet: (run) => run.attempts.some((a) => isTimedOut(a)) },
  {
    name: 'abort while queued',
    isMet: (run) => run.calls.some((call) => abortedIn(call) === 'queue'),
  },
  {
    name: 'abort in flight',
    isMet: (run) => run.calls.some((call) => abortedIn(call) === 'flight'),
  },
  {
    name: 'abort between attempts',
    isMet: (run) => run.calls.some((call) => abortedIn(call) === 'pause'),
  },
  {
    name: 'connection lost before the server acted',
    isMet: (run) => run.attempts.some((a) => a.failedAtMs !== undefined && !a.counted),
  },
  {
    name: 'connection lost after the server acted',
    isMet: (run) => run.attempts.some((a) => a.failedAtMs !== undefined && a.counted),
  },
  { name: 'hang', isMet: (run) => run.attempts.some((a) => a.fault?.includes('hang') === true) },
  {
    name: 'truncated body',
    isMet: (run) => run.attempts.some((a) => a.headersAtMs !== undefined && !a.whole),
  },
  {
    name: 'outage',
    isMet: (run) => run.attempts.some((a) => a.fault?.includes('outage') === true),
  },
  {
    name: 'permits that nobody settles',
    isMet: (run) => run.scenario.discardsPermits && run.attempts.length > 600,
  },
  {
    name: 'wall clock jumps while calls wait',
    isMet: (run) => run.scenario.wallJumps.some(({ atMs }) => waitsAt(run, atMs)),
  },
  {
    name: 'clock drift under saturation',
    isMet: (run) => run.scenario.driftPpm !== 0 && bindsFor(run, 'chat'),
  },
  {
    name: 'headers later than the arrival bound',
    isMet: (run) =>
      run.attempts.some((a) => (a.headersAtMs ?? 0) > a.sentAtMs + run.scenario.arrivalBoundMs),
  },
  { name: 'priority overtakes', isMet: meetsOvertaking },
  {
    name: 'throughput back after faults',
    isMet: (run) => run.scenario.topUp !== undefined && run.attempts.length > 600,
  },
  {
    name: 'fixed window saturated',
    isMet: (run) => run.scenario.enforcement.kind === 'fixed-window' && bindsFor(run, 'chat'),
  },
  {
    name: 'sliding log saturated',
    isMet: (run) => run.scenario.enforcement.kind === 'sliding-log' && bindsFor(run, 'chat'),
  },
  { name: 'token limit binds where the request limit does not', isMet: meetsTokenLimit },
  {
    name: 'answer of fewer tokens than reserved',
    isMet: (run) => run.attempts.some((a) => a.whole && (a.tokensUsed ?? 0) < a.call.tokens),
  },
  {
    name: 'answer with tokens that never ended',
    isMet: (run) => run.attempts.some((a) => a.call.tokens > 0 && a.counted && !a.whole),
  },
  {
    name: '429 under a dynamic limit, with a wait',
    isMet: (run) => isDynamic(run) && run.attempts.some((a) => is429(a) && hasHint(a)),
  },
  {
    name: '429 under a dynamic limit, without a hint',
    isMet: (run) => isDynamic(run) && run.attempts.some((a) => is429(a) && !hasHint(a)),
  },
  {
    name: '503 under a dynamic limit',
    isMet: (run) => isDynamic(run) && run.attempts.some((a) => a.status === 503),
  },
  { name: 'dynamic rate at its cap', isMet: meetsDynamicCap },
  {
    name: 'more said to be left than the limit',
    isMet: (run) =>
      isToldOf(run, ({ 'x-ratelimit-remaining': left }) => Number(left) > 600) &&
      bindsFor(run, 'chat'),
  },
  {
    name: 'nothing said to be left where much is',
    // The truth names no reset on a good answer.
    isMet: (run) =>
      isToldOf(run, (hints) => {
        return hints['x-ratelimit-remaining'] === '0' && 'x-ratelimit-reset' in hints
      }),
  },
  { name: 'final failure that a client in front leaves alone', isMet: meetsFinalFailure },
  {
    name: 'token bucket saturated',
    isMet: (run) => run.scenario.enforcement.kind === 'token-bucket' && bindsFor(run, 'chat'),
  },
  ...sometimesOfSwarm,
  ...sometimesOfWorks,
]

function is429(attempt: AttemptRecord): boolean {
  return attempt.status === 429
}

function hasHint({ hints }: AttemptRecord): boolean {
  return ['retry-after', 'retry-after-ms', 'x-ratelimit-reset', 'ratelimit'].some(
    (name) => name in hints,
  )
}

function hasNonsense({ hints }: AttemptRecord): boolean {
  const text = hints['retry-after']
  return text !== undefined && !/^\d{1,9}$|GMT$/.test(text)
}

function isCured({ attempts }: CallRecord, status: number): boolean {
  return attempts.some((a) => a.status === status) && (attempts.at(-1)?.status ?? 500) < 300
}

function succeedsLast(call: CallRecord, run: RunRecord): boolean {
  return (
    call.outcome === 'resolved' &&
    call.attempts.length === run.scenario.maxRetries + 1 &&
    run.scenario.maxRetries > 0
  )
}

function isTimedOut(attempt: AttemptRecord): boolean {
  const { call } = attempt
  return (
    attempt.endedAtMs !== undefined &&
    attempt.failedAtMs === undefined &&
    !attempt.whole &&
    call.abortedAtMs === undefined &&
    attempt.headersAtMs === undefined
  )
}

function abortedIn({
  abortedAtMs,
  attempts,
}: CallRecord): 'queue' | 'flight' | 'pause' | undefined {
  if (abortedAtMs === undefined) return undefined
  const last = attempts.at(-1)
  if (last === undefined) return 'queue'
  return (last.endedAtMs ?? abortedAtMs) < abortedAtMs ? 'pause' : 'flight'
}

/** While one hint still runs, another answer names an earlier end. */
function meetsShorterHint(run: RunRecord): boolean {
  let untilMs = 0
  for (const attempt of run.attempts) {
    if (!is429(attempt)) continue
    const delayMs = namedDelayMs(attempt, run)
    if (delayMs === undefined) continue
    const endMs = (attempt.headersAtMs ?? 0) + delayMs
    if (endMs < untilMs && (attempt.headersAtMs ?? 0) < untilMs) return true
    untilMs = Math.max(untilMs, endMs)
  }
  return false
}

/** Calls wait, and not for the requests: so few are sent that these alone would let them pass. */
function meetsTokenLimit(run: RunRecord): boolean {
  if (run.scenario.tokens === undefined || !bindsFor(run, 'chat')) return false
  const chats = run.attempts.filter(({ call }) => call.endpoint === 'chat')
  const tookMs = (chats.at(-1)?.sentAtMs ?? 0) - (chats[0]?.sentAtMs ?? 0)
  return chats.length < (0.7 * 600 * tookMs) / 60_000
}

/** Through the fetch: an answer that the SDKs would send again by themselves, and nobody does. */
function meetsFinalFailure({ scenario, calls }: RunRecord): boolean {
  if (scenario.viaFetch !== true) return false
  return calls.some(({ outcome, attempts }) => {
    const status = attempts.at(-1)?.status ?? 0
    return outcome === 'rejected' && (status === 429 || status >= 500)
  })
}

/** A lie about what is left has reached the client. */
function isToldOf(
  { attempts, scenario }: RunRecord,
  isLie: (hints: AttemptRecord['hints']) => boolean,
): boolean {
  if (scenario.lies === undefined) return false
  return attempts.some(({ hints, status = 500 }) => status < 300 && isLie(hints))
}

function isDynamic({ scenario }: RunRecord): boolean {
  return scenario.dynamic !== undefined
}

/** For half a minute, as many requests as the cap lets through. */
function meetsDynamicCap({ scenario, attempts }: RunRecord): boolean {
  const capPerMinute = scenario.dynamic?.capPerMinute ?? Number.POSITIVE_INFINITY
  const count = Math.ceil((0.97 * capPerMinute) / 2)
  return attempts.some(({ sentAtMs }, index) => {
    const last = attempts[index + count - 1]
    return last !== undefined && last.sentAtMs - sentAtMs <= 30_000
  })
}

function meetsCrowdedPause(run: RunRecord): boolean {
  return run.attempts.some((attempt) => {
    const delayMs = is429(attempt) ? namedDelayMs(attempt, run) : undefined
    if (delayMs === undefined) return false
    const endMs = (attempt.headersAtMs ?? 0) + delayMs
    return (
      run.acquires.filter((a) => a.calledAtMs <= endMs && (a.grantedAtMs ?? 0) > endMs).length >= 10
    )
  })
}

/** A call of a higher priority is granted before one of the same class that had asked earlier. */
function meetsOvertaking(run: RunRecord): boolean {
  const urgent = run.calls.find((call) => call.priority > 0 && call.attempts.length > 0)
  const sentAtMs = urgent?.attempts[0]?.sentAtMs ?? 0
  return run.calls.some(
    (call) =>
      urgent !== undefined &&
      call.endpoint === urgent.endpoint &&
      call.priority === 0 &&
      call.startedAtMs < urgent.startedAtMs &&
      (call.attempts[0]?.sentAtMs ?? 0) > sentAtMs,
  )
}
