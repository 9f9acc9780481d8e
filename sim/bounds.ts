/** By when everything must be over and the throughput back, computed from what the run has met (design: note 4). */
import { answerBoundMs, quotasOf, slotFreeAtMs, tellsLimiter, windowMs } from './quota.ts'
import { namedDelayMs } from './hints.ts'
import { factsOf, maxPerMinuteOf } from './profiles.ts'
import type { Scenario } from './scenario/types.ts'
import type { AttemptRecord, CallRecord, RunRecord } from './world/record.ts'
import type { WorkRecord } from './world/work-record.ts'

/** What the longest wait is taken to be where no server named a longer one. */
const waitMsDefault = 60_000

/** Milliseconds after the end of the faults by which 95 % of the quota must be in use again. */
export function recoveryBoundMs(record: RunRecord): number {
  const { scenario } = record
  return longestWaitMs(record) + attemptTimeoutMs(scenario) + scenario.arrivalBoundMs + 5 * windowMs
}

/** The instant from which nothing new goes wrong and no new call begins. */
export function calmFromMs(record: RunRecord): number {
  return Math.max(record.scenario.faultsEndMs, record.calls.at(-1)?.startedAtMs ?? 0)
}

/** The instant by which every call must have ended. */
export function drainedByMs(record: RunRecord): number {
  const calmMs = calmFromMs(record)
  const holdMs = meanHoldMs(record)
  const placeMs = meanPlaceMs(record)
  let drainMs = 0
  for (const call of record.calls) {
    if (call.settledAtMs !== undefined && call.settledAtMs <= calmMs) continue
    const perWindow = perWindowOf(record, call)
    drainMs += Number.isFinite(perWindow)
      ? Math.max((windowMs + holdMs) / (0.95 * perWindow), placeMs, tokenShareMs(record, call))
      : jobShareMs(record)
  }
  return calmMs + recoveryBoundMs(record) + drainMs
}

/** The instant from which nothing new goes wrong for a long run that has begun. */
export function workCalmFromMs({ scenario }: RunRecord, work: WorkRecord): number {
  return Math.max(scenario.faultsEndMs, work.startedAtMs ?? work.plan.fromMs)
}

/** The instant by which a long run must have ended. */
export function workEndsByMs(record: RunRecord, work: WorkRecord): number {
  const calmMs = workCalmFromMs(record, work)
  const shareMs = Math.max(
    (windowMs + meanHoldMs(record)) /
      (0.95 * perWindowOf(record, { endpoint: 'embeddings', model: undefined })),
    meanPlaceMs(record),
  )
  // Who is not of this run may be before it, and each of its items may be on its own and alone.
  const others = record.calls.filter((call) => call.work !== work).length
  const { items, inFlightMax, takingMs, poisons } = work.plan
  const itemMs = shareMs + takingMs + meanAnswerMs(record) / inFlightMax
  const requests = items + searchRequests * poisons.length
  const stumbles = poisons.filter(({ status }) => status >= 500).length
  const workMs = others * shareMs + requests * itemMs + stumbles * stumbleMs
  // Each crash may cost all that was done, and whatever ends a start once more, the last stop when the faults are over.
  const { crashes = [] } = work.plan.file ?? {}
  const crashMs = crashes.reduce((sum, { afterMs }) => sum + afterMs + restartMs + workMs, 0)
  const batchMs =
    (crashes.length + 1) * longestBatchesMs(record, work) + longestJobsMs(record, work)
  return Math.ceil(calmMs + recoveryBoundMs(record) + gateMs + workMs + crashMs + batchMs)
}

/** Requests in which one item of a batch is refused before it is found. */
const searchRequests = 12
/** What looks like an outage may come to an end so long before anybody goes to see. */
const gateMs = 75_000
/** Of batches one after the other: as many as a request may be part of, and the halves of those that fail as a whole. */
function longestBatchesMs({ scenario }: RunRecord, { plan }: WorkRecord): number {
  if (plan.kind !== 'batch') return 0
  const failing = scenario.faults.filter((rule) => rule.do.kind === 'batch')
  const expiring = failing.filter(
    (rule) => rule.do.kind === 'batch' && rule.do.ending === 'EXPIRED',
  )
  const roundMs = scenario.jobDurationMs.maxMs + 8 * (plan.pollMs ?? 0)
  return (batchRounds + batchRounds * failing.length) * roundMs + expiring.length * dayMs
}

/** Of fine-tunes one after the other, with those of others, each with some looks and what may be learned of a 409. */
function longestJobsMs({ scenario }: RunRecord, { plan }: WorkRecord): number {
  if (plan.kind !== 'fine-tunes') return 0
  const { items, othersAtMs = [], pollMs = 0 } = plan
  const jobMs = scenario.jobDurationMs.maxMs + 6 * pollMs + conflictMs
  return (items + othersAtMs.length) * jobMs
}

const conflictMs = 1_200_000
const batchRounds = 4
const dayMs = 86_400_000

/** A run that has ended is started again, or its users are slow. */
const restartMs = 60_000
/** One over which servers stumble is found by failures that look like an outage, each with all its retries. */
const stumbleMs = 1_800_000

function meanAnswerMs({ attempts }: RunRecord): number {
  const sumMs = attempts.reduce((sum, { sentAtMs, endedAtMs }) => {
    return sum + (endedAtMs ?? sentAtMs) - sentAtMs
  }, 0)
  return sumMs / Math.max(1, attempts.length)
}

/** A call's part where tokens are the bottleneck: its estimate, held for as long as an answer may take and a window. */
function tokenShareMs({ scenario }: RunRecord, { tokens }: CallRecord): number {
  if (scenario.tokens === undefined) return 0
  return ((windowMs + answerBoundMs) * tokens) / (0.95 * scenario.tokens.tokensMax)
}

/** Requests a window that pass at the least. */
function perWindowOf(
  { scenario }: RunRecord,
  call: Pick<CallRecord, 'endpoint' | 'model'>,
): number {
  const { endpoint } = call
  // Refusals cost some of a limit that is found by them.
  if (scenario.dynamic !== undefined) return scenario.dynamic.basePerMinute / 2
  if (scenario.profile !== 'documented') return refusedPerWindow(scenario.profile, call)
  const perWindow = Math.min(...quotasOf(endpoint).map((quota) => quota.requestsMax))
  // A client that believes that nothing is left may leave half to others.
  const { lies = [], faultsEndMs } = scenario
  return lies.some(({ tightens, toMs }) => tightens && toMs > faultsEndMs)
    ? perWindow / 2
    : perWindow
}

/** Where seconds are counted, requests that bunch up on their way are refused: half of what is allowed passes. */
function refusedPerWindow(
  profile: string,
  { endpoint, model }: Pick<CallRecord, 'endpoint' | 'model'>,
): number {
  const { reasoning, ...facts } = factsOf(profile)
  if (endpoint !== 'chat' && endpoint !== 'embeddings' && endpoint !== 'images') return Infinity
  const perMinute = endpoint === 'chat' ? maxPerMinuteOf(profile) : facts[endpoint]
  const isOwn = model !== undefined && !model.startsWith('simulated/')
  // Infinity is for what waits for jobs to end.
  return Math.min((isOwn ? reasoning : undefined) ?? perMinute, 1e6) / 2
}

/** A job's part in draining the queue for one of its three places: its length and the polls, with room. */
function jobShareMs(record: RunRecord): number {
  return record.scenario.jobDurationMs.maxMs + 60_000
}

/** What a call adds to draining where few places are the bottleneck: how long it keeps one of them, over their number. */
function meanPlaceMs({ attempts, scenario }: RunRecord): number {
  const { concurrencyMax } = scenario.settings
  if (concurrencyMax === undefined || attempts.length === 0) return 0
  const sumMs = attempts.reduce(
    (sum, { sentAtMs, headersAtMs, endedAtMs }) =>
      sum + (headersAtMs ?? endedAtMs ?? sentAtMs) - sentAtMs,
    0,
  )
  return sumMs / attempts.length / (0.95 * concurrencyMax)
}

/** The mean time from being sent to the moment at which the window of a slot begins to run. */
function meanHoldMs(record: RunRecord): number {
  const isReleased = tellsLimiter(record)
  const { attempts, scenario } = record
  let sumMs = 0
  for (const attempt of attempts) {
    sumMs += slotFreeAtMs(attempt, scenario, isReleased) - windowMs - attempt.sentAtMs
  }
  return attempts.length === 0 ? 0 : sumMs / attempts.length
}

function attemptTimeoutMs(scenario: Scenario): number {
  return scenario.interface === 'full' ? scenario.settings.attemptTimeoutMs : 60_000
}

function longestWaitMs(record: RunRecord): number {
  return record.attempts.reduce(
    (longest, attempt) => Math.max(longest, namedWaitMs(attempt, record)),
    waitMsDefault,
  )
}

function namedWaitMs(attempt: AttemptRecord, record: RunRecord): number {
  return attempt.headersAtMs === undefined ? 0 : (namedDelayMs(attempt, record) ?? 0)
}
