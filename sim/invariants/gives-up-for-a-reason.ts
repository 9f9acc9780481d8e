/**
 * A call that fails has a reason to: an answer that no retry cures, all its attempts, an empty budget, a deadline, or a wait
 * that was named and is too long. What a retry could have cured has been retried; and nothing fails by a bug of the module's.
 */
import { namedDelayMs } from '../hints.ts'
import { quotasOf, windowMs } from '../quota.ts'
import type { AcquireRecord, AttemptRecord, CallRecord, RunRecord } from '../world/record.ts'
import { judgeEach, notJudged, type Invariant, type Violation } from './types.ts'

/** Of the documented budget, written down here once more and on purpose: at first, at the most, for a success at the least. */
const budget = { start: 10, most: 40, forSuccess: 0.2 } as const

/** The errors that a call of the module may end with; what is thrown otherwise is a bug. */
const ownErrors: ReadonlySet<string | undefined> = new Set([
  'RETRIES_EXHAUSTED',
  'DEADLINE',
  'LIMIT_EXCEEDED',
  'QUEUE_FULL',
  'FailedAnswer',
])

type Reason = 'not-retryable' | 'attempts' | 'budget' | 'deadline' | 'server-delay'
const reasons: readonly Reason[] = [
  'not-retryable',
  'attempts',
  'budget',
  'deadline',
  'server-delay',
]

export const givesUpForAReason: Invariant = {
  name: 'gives-up-for-a-reason',
  judge: (record) => {
    if (!record.traits.shippedLimiter || !record.traits.shippedRetry) return notJudged
    const purse = new Purse(record)
    const failed = record.calls.filter(
      (call) => call.outcome === 'rejected' && call.abortedAtMs === undefined && !call.work,
    )
    return judgeEach(failed, (call) => findUnfounded(call, record, purse))
  },
}

function findUnfounded(call: CallRecord, record: RunRecord, purse: Purse): Violation | undefined {
  const atMs = call.settledAtMs ?? 0
  const what = `c${call.id} fails with ${call.error}${call.reason === undefined ? '' : ` (${call.reason})`}`
  if (isHandedOver(call, record)) return undefined
  if (!ownErrors.has(call.error)) return { atMs, message: `${what}, which is none of its errors` }
  const sooner = findSooner(call, record)
  if (sooner !== undefined) {
    const message = `${what} at ${atMs}, and a${sooner.id}, which asked after it, is granted at ${sooner.grantedAtMs}, before its deadline at ${call.deadlineAtMs}`
    return { atMs, message }
  }
  const vainFor = findVain(call, record)
  if (vainFor !== undefined) {
    const message = `${what} after it waited from ${call.startedAtMs}, when ${vainFor} left no place for it`
    return { atMs, message }
  }
  const claimed = claimsOf(call)
  if (claimed.some((reason) => isFounded(reason, call, { record, purse }))) return undefined
  const { status } = call.attempts.at(-1) ?? {}
  const last = `attempt ${call.attempts.length} was ${status === undefined ? 'without an answer' : `answered ${status}`}`
  return { atMs, message: `${what} without a reason to: ${last}` }
}

/**
 * A call that is turned away at once could not have been granted before its deadline, and so neither is one of its lane that
 * asks later, unless somebody ahead of them has left in between. Only where nothing but the queue holds anybody back.
 */
function findSooner(
  call: CallRecord,
  { acquires, scenario }: RunRecord,
): AcquireRecord | undefined {
  const { deadlineAtMs, settledAtMs: atMs = 0, attempts, error } = call
  if (error !== 'DEADLINE' || deadlineAtMs === undefined || attempts.length > 0) return undefined
  // Who asks later may ask for fewer tokens.
  if (scenario.tokens !== undefined) return undefined
  // A deadline's timer may be early as any other.
  const earlyMs = scenario.earlyTimers?.byMsMax ?? 0
  if (atMs >= deadlineAtMs - earlyMs || scenario.dynamic !== undefined) return undefined
  const own = acquires.find((acquire) => acquire.call === call)
  if (own === undefined) return undefined
  const sooner = acquires.find(
    ({ id, lane, call: other, grantedAtMs = Infinity }) =>
      id > own.id && lane === own.lane && other !== undefined && grantedAtMs < deadlineAtMs,
  )
  const grantedAtMs = sooner?.grantedAtMs ?? 0
  const hasSomebodyLeft = acquires.some(
    ({ id, failedAtMs = -Infinity }) =>
      id < own.id && failedAtMs >= atMs && failedAtMs <= grantedAtMs,
  )
  return hasSomebodyLeft ? undefined : sooner
}

/**
 * A call whose deadline cannot be met fails at once. A grant takes its slot for a window at least: what has been granted by
 * the time that it asks, in the windows that end with its deadline, and what waits ahead of it then, may leave no slot.
 */
function findVain(call: CallRecord, { acquires, scenario }: RunRecord): string | undefined {
  const { deadlineAtMs: untilMs, settledAtMs = 0, startedAtMs: atMs, attempts, error } = call
  if (error !== 'DEADLINE' || untilMs === undefined || attempts.length > 0) return undefined
  if (settledAtMs === atMs || scenario.dynamic !== undefined) return undefined
  const own = acquires.find((acquire) => acquire.call === call)
  if (own === undefined) return undefined
  const ahead = acquires.filter(
    ({ id, lane, grantedAtMs, failedAtMs }) =>
      id < own.id && lane === own.lane && (grantedAtMs ?? failedAtMs ?? Infinity) > atMs,
  ).length
  const windows = Math.ceil((untilMs - atMs) / windowMs)
  for (const { id: name, endpoints, requestsMax } of quotasOf(own.endpoint)) {
    const taken = acquires.filter(
      ({ endpoint, grantedAtMs = Infinity }) =>
        endpoints.includes(endpoint) &&
        grantedAtMs <= atMs &&
        grantedAtMs > untilMs - windows * windowMs,
    ).length
    if (taken + ahead >= windows * requestsMax)
      return `${taken} grants of ${name} and ${ahead} calls ahead`
  }
  return undefined
}

/** A fetch ends with the headers: what becomes of the body after them, of a refusal's too, is its reader's affair. */
function isHandedOver({ attempts, error }: CallRecord, { scenario }: RunRecord): boolean {
  const { status, whole } = attempts.at(-1) ?? {}
  if (scenario.viaFetch !== true || status === undefined || whole === true) return false
  return status < 300 || !ownErrors.has(error)
}

/** What it may have been; an answer that is handed back says nothing of it. */
function claimsOf({ error, reason }: CallRecord): readonly Reason[] {
  if (error === 'DEADLINE') return ['deadline']
  if (error === 'LIMIT_EXCEEDED') return ['server-delay']
  return reasons.filter((one) => reason === undefined || one === reason)
}

function isFounded(
  reason: Reason,
  call: CallRecord,
  { record, purse }: { record: RunRecord; purse: Purse },
): boolean {
  switch (reason) {
    case 'not-retryable':
      return !isCurable(call)
    case 'attempts':
      return call.attempts.length > record.scenario.maxRetries
    case 'budget':
      return purse.mayBeEmptyFor(call)
    case 'deadline':
      return call.deadlineAtMs !== undefined
    default:
      return record.attempts.some(
        (attempt) =>
          (attempt.headersAtMs ?? Infinity) <= (call.settledAtMs ?? 0) &&
          (namedDelayMs(attempt, record) ?? 0) > record.scenario.settings.serverDelayMsMax,
      )
  }
}

const refused: ReadonlySet<number> = new Set([408, 503, 529])
const ambiguous: ReadonlySet<number> = new Set([500, 502, 504, 520, 521, 522, 523, 524])

/** Whether another attempt can cure what the last one came to. */
function isCurable({ attempts, endpoint }: CallRecord): boolean {
  const { status, whole, body = '' } = attempts.at(-1) ?? {}
  const mayBeDoneTwice = endpoint !== 'fine-tunes' && endpoint !== 'batches'
  if (status === undefined || (status < 300 && whole !== true)) return mayBeDoneTwice
  if (status === 429) return !/insufficient_quota|billing_/.test(body)
  if (status === 409) return endpoint === 'fine-tunes'
  return refused.has(status) || (ambiguous.has(status) && mayBeDoneTwice)
}

/** What is in the budget at the least: as if all failures had been retried that may have been. */
class Purse {
  readonly #movements: readonly Movement[]

  constructor({ endings, scenario }: RunRecord) {
    const isFetch = scenario.viaFetch === true
    this.#movements = endings
      .flatMap((attempt) => toMovement(attempt, isFetch) ?? [])
      // Of two in one instant the order that leaves less.
      .toSorted(
        (left, right) => left.atMs - right.atMs || Number(right.isGain) - Number(left.isGain),
      )
  }

  mayBeEmptyFor(call: CallRecord): boolean {
    const own = call.attempts.at(-1)
    if (own?.status === 429 || own?.status === 409) return false
    const untilMs = call.settledAtMs ?? 0
    let least: number = budget.start
    for (const { atMs, isGain, attempt } of this.#movements) {
      if (atMs > untilMs) break
      if (attempt === own || attempt.call.process !== call.process) continue
      if (!isGain) least = Math.max(0, least - 1)
      else if (atMs < untilMs) least = Math.min(budget.most, least + budget.forSuccess)
    }
    return least < 1
  }
}

interface Movement {
  atMs: number
  isGain: boolean
  attempt: AttemptRecord
}

/** A success counts when it is known: for a fetch with the headers, otherwise with the body. A 429 and a 409 cost nothing. */
function toMovement(attempt: AttemptRecord, isFetch: boolean): Movement | undefined {
  const { status, whole, headersAtMs, endedAtMs = 0 } = attempt
  if (status === 429 || status === 409) return undefined
  const isGood = status !== undefined && status < 300
  if (isGood && isFetch) return { atMs: headersAtMs ?? endedAtMs, isGain: true, attempt }
  return { atMs: endedAtMs, isGain: isGood && whole, attempt }
}
