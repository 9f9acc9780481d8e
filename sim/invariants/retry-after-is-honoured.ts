/**
 * No attempt of a call is sent before the time that its last answer named; with the shipped pair, after a 429 no attempt of
 * any call on that key and model.
 */
import { namedDelayMs } from '../hints.ts'
import type { AttemptRecord, RunRecord } from '../world/record.ts'
import { mayBeGivenUp } from './patience.ts'
import type { Invariant, Verdict, Violation } from './types.ts'

export const retryAfterIsHonoured: Invariant = {
  name: 'retry-after-is-honoured',
  judge: (record) => {
    const verdict: Verdict = { checks: 0, violations: [] }
    judgeCalls(record, verdict)
    if (record.traits.shippedLimiter && record.traits.shippedRetry) judgePauses(record, verdict)
    return verdict
  },
}

function judgeCalls(record: RunRecord, verdict: Verdict): void {
  for (const { attempts } of record.calls) {
    for (const [index, answered] of attempts.entries()) {
      const next = nextAfterAnswer(attempts, index)
      const untilMs = allowedFromMs(answered, record)
      if (next === undefined || untilMs === undefined || mayBeGivenUp(record, answered)) continue
      verdict.checks += 1
      if (next.sentAtMs < untilMs - forgivenMs(record)) {
        verdict.violations.push({
          atMs: next.sentAtMs,
          message: `c${next.call.id}/${next.number} is sent ${untilMs - next.sentAtMs} ms before the time that the ${answered.status} at ${answered.headersAtMs} named`,
        })
      }
    }
  }
}

/** A retry that waits by one timer is as early as its host: only the shipped one is to look at the clock once more. */
function forgivenMs({ traits, scenario }: RunRecord): number {
  return traits.shippedRetry ? 0 : (scenario.earlyTimers?.byMsMax ?? 0)
}

/** An attempt that was on its way before the answer came, since its call had tired of waiting, could not know of it. */
function nextAfterAnswer(
  attempts: readonly AttemptRecord[],
  index: number,
): AttemptRecord | undefined {
  const { headersAtMs } = attempts[index] as AttemptRecord
  if (headersAtMs === undefined) return undefined
  return attempts.find(({ sentAtMs }, other) => other > index && sentAtMs >= headersAtMs)
}

/** One sweep in the order of time: a 429's headers forbid what is sent on its key and model from then on. */
function judgePauses(record: RunRecord, verdict: Verdict): void {
  const pausedUntilMs = new Map<string, number>()
  const refusals = record.attempts
    .filter(isLimited)
    .filter((attempt) => attempt.status === 429 && allowedFromMs(attempt, record) !== undefined)
    .toSorted((left, right) => (left.headersAtMs ?? 0) - (right.headersAtMs ?? 0))
  let next = 0
  for (const attempt of record.attempts) {
    // An attempt sent in the very instant of the headers may have been on its way out before them.
    for (
      ;
      (refusals[next]?.headersAtMs ?? Number.POSITIVE_INFINITY) < attempt.sentAtMs;
      next += 1
    ) {
      const refusal = refusals[next] as AttemptRecord
      const namedMs = allowedFromMs(refusal, record) ?? 0
      const key = pauseKey(refusal)
      pausedUntilMs.set(key, Math.max(namedMs, pausedUntilMs.get(key) ?? 0))
    }
    const untilMs = pausedUntilMs.get(pauseKey(attempt))
    verdict.checks += untilMs === undefined ? 0 : 1
    const violation = findEarly(attempt, untilMs)
    if (violation !== undefined) verdict.violations.push(violation)
  }
}

/** What takes no permit is held back by nobody else's refusal. */
function isLimited({ call }: AttemptRecord): boolean {
  return call.endpoint !== 'other'
}

function findEarly(attempt: AttemptRecord, untilMs: number | undefined): Violation | undefined {
  if (untilMs === undefined || attempt.sentAtMs >= untilMs) return undefined
  return {
    atMs: attempt.sentAtMs,
    message: `c${attempt.call.id}/${attempt.number} is sent ${untilMs - attempt.sentAtMs} ms before a 429 on ${pauseKey(attempt)} allows it`,
  }
}

function pauseKey(attempt: AttemptRecord): string {
  const { model, endpoint, process } = attempt.call
  // Nobody tells another process.
  return `${model ?? endpoint}${process === 0 ? '' : ` in p${process}`}`
}

function allowedFromMs(attempt: AttemptRecord, record: RunRecord): number | undefined {
  if (attempt.headersAtMs === undefined || (attempt.status ?? 0) < 400) return undefined
  const delayMs = namedDelayMs(attempt, record)
  return delayMs === undefined ? undefined : attempt.headersAtMs + delayMs
}
