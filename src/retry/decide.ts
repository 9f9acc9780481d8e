/**
 * What follows a failed attempt: another one, when, and at whose expense - or the reason why not.
 *
 * Pure: a failure, the situation and a drawn `unit` in, a decision out. Where several reasons apply the first of these is
 * named: not-retryable, server-delay, attempts, budget, deadline.
 */
import type { GiveUpReason } from '../core/errors.ts'
import { fullJitterMs, hintJitterMs, placeWaitMs } from './backoff.ts'
import type { RetryKind } from './classify.ts'
import type { RetrySettings } from './settings.ts'

/** What is known of an attempt that failed. @internal */
export interface AttemptFailure {
  /** `late`: the deadline passed while it ran. */
  readonly kind: RetryKind | 'late'
  /** Undefined where no answer came. */
  readonly status: number | undefined
  /** The beginning of the body, no longer than the settings say. */
  readonly bodyText: string
  /** The delay that the answer named. */
  readonly hintMs: number | undefined
  /** For a 429: the delay from `failedAtMs` on that everybody was told, its jitter included. */
  readonly pauseMs: number | undefined
  /** When the headers came, or when it broke. Server delays run from here. */
  readonly failedAtMs: number
  /** The error, where it was not an answer that failed it. */
  readonly cause: unknown
}

/** Everything else that a decision depends on. @internal */
export interface Situation {
  /** Attempts made, this one included. */
  readonly attempt: number
  readonly nowMs: number
  readonly deadlineAtMs: number
  /** A uniform number in [0, 1). */
  readonly unit: number
  readonly hasBudget: boolean
  readonly settings: Pick<
    RetrySettings,
    'attemptsMax' | 'backoffBaseMs' | 'backoffMsMax' | 'serverDelayMsMax'
  >
}

/** `isPaid`: the retry is drawn from the budget. @internal */
export type Decision =
  | { kind: 'retry'; retryAtMs: number; isPaid: boolean }
  | { kind: 'give-up'; reason: GiveUpReason }

/** A 429 that names no delay is given at least this. */
const pauseMsMin = 1_000

/** Decides what follows a failure. @internal */
export function decide(failure: AttemptFailure, situation: Situation): Decision {
  const { settings } = situation
  if (failure.kind === 'late') return { kind: 'give-up', reason: 'deadline' }
  if (failure.kind === 'none') return { kind: 'give-up', reason: 'not-retryable' }
  if ((failure.hintMs ?? 0) > settings.serverDelayMsMax) {
    return { kind: 'give-up', reason: 'server-delay' }
  }
  if (situation.attempt >= settings.attemptsMax) return { kind: 'give-up', reason: 'attempts' }
  const isPaid = failure.kind === 'backoff'
  if (isPaid && !situation.hasBudget) return { kind: 'give-up', reason: 'budget' }
  const retryAtMs = retryAt(failure, situation)
  if (retryAtMs >= situation.deadlineAtMs) return { kind: 'give-up', reason: 'deadline' }
  return { kind: 'retry', retryAtMs, isPaid }
}

/**
 * The delay that a 429 imposes on everybody: what the server named plus jitter, or, without a name or with 0, the
 * backoff but at least a second - an immediate retry would be refused again.
 *
 * @internal
 */
export function pauseDelayMs(
  hintMs: number | undefined,
  situation: Pick<Situation, 'attempt' | 'unit' | 'settings'>,
): number {
  if (hintMs !== undefined && hintMs > 0) return withJitter(hintMs, situation.unit)
  return Math.max(pauseMsMin, backoffMs(situation))
}

function retryAt(failure: AttemptFailure, situation: Situation): number {
  if (failure.pauseMs !== undefined) return failure.failedAtMs + failure.pauseMs
  const ownMs = failure.kind === 'place' ? placeWaitMs(situation.unit) : backoffMs(situation)
  const ownAtMs = situation.nowMs + ownMs
  if (failure.hintMs === undefined) return ownAtMs
  return Math.max(ownAtMs, failure.failedAtMs + withJitter(failure.hintMs, situation.unit))
}

function withJitter(hintMs: number, unit: number): number {
  return hintMs + hintJitterMs({ unit, hintMs })
}

function backoffMs(situation: Pick<Situation, 'attempt' | 'unit' | 'settings'>): number {
  return fullJitterMs({
    unit: situation.unit,
    retry: situation.attempt - 1,
    baseMs: situation.settings.backoffBaseMs,
    delayMsMax: situation.settings.backoffMsMax,
  })
}
