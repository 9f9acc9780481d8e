/**
 * An attempt while it runs, and the ways in which it can end without an answer that settles it.
 *
 * A cut - timeout, deadline, abort - always aborts the attempt's signal, so that whatever the caller's function still
 * does can stop.
 */
import type { BodyReading } from './body.ts'
import type { CallScope, Cut } from './call-scope.ts'
import { classifyBreak } from './classify.ts'
import type { AttemptFailure } from './decide.ts'
import type { PermitHandle } from './permit-handle.ts'
import type { AttemptContext, RetryLimiter } from './types.ts'
import type { RetrySettings } from './settings.ts'

/** One call: everything but what it makes of an answer. @internal */
export interface RetryCall {
  readonly limiter: RetryLimiter
  readonly settings: RetrySettings
  readonly scope: CallScope
  readonly fn: (context: AttemptContext) => Promise<Response>
}

/** How an attempt ended. A bug of the caller's is thrown instead. @internal */
export type AttemptOutcome<T = never> =
  | { kind: 'succeeded'; value: T }
  | FailedOutcome<T>
  | { kind: 'aborted' }

/** @internal */
export interface FailedOutcome<T = never> {
  readonly kind: 'failed'
  readonly failure: AttemptFailure
  /** The failed answer, where somebody may want it whole. */
  readonly held?: HeldAnswer<T> | undefined
}

/** A failed answer that is kept until it is known whether there is another attempt. @internal */
export interface HeldAnswer<T> {
  /** There is one. What has not come of the body is given up. */
  drop(): void
  /** There is none: what the caller gets. Undefined where an error says more. Called once. */
  handBack(): T | undefined
}

/** What a call makes of answers: there is one loop, and each kind of caller has a way of its own. @internal */
export interface AnswerWay<T> {
  /** What the caller calls the function that sends. */
  readonly senderName: string
  /** Whether an answer of this status is a result; any other is a refusal. */
  isResult(status: number): boolean
  takeResult(running: RunningAttempt, response: Response): Promise<AttemptOutcome<T>>
  /**
   * Keeps a refusal. Without it, all refusals are read, and what the error holds of them has to do.
   *
   * @param reading - What was read of the body; undefined where the status alone rules out a retry: then nothing was.
   */
  hold?(running: RunningAttempt, response: Response, reading?: BodyReading): HeldAnswer<T>
}

/** One attempt of a call. @internal */
export interface RunningAttempt {
  readonly call: RetryCall
  readonly attempt: number
  readonly permit: PermitHandle
  readonly startedAtMs: number
  readonly controller: AbortController
}

/** What has come of an answer that broke off. @internal */
export interface BrokenAnswer {
  readonly status: number
  readonly text: string
}

/** The attempt was cut: its signal tells the function so. @internal */
export function cutShort(
  running: RunningAttempt,
  cut: Cut,
  answer?: BrokenAnswer,
): FailedOutcome | { kind: 'aborted' } {
  const reason = reasonFor(running, cut)
  running.controller.abort(reason)
  if (cut.kind === 'aborted') return cut
  const outcome = describeBreak(running, reason, answer)
  if (cut.kind === 'timeout') return outcome
  return { kind: 'failed', failure: { ...outcome.failure, kind: 'late', cause: undefined } }
}

/** A failure for which there is no complete answer. @internal */
export function describeBreak(
  running: RunningAttempt,
  cause: unknown,
  answer?: BrokenAnswer,
): FailedOutcome {
  const { settings } = running.call
  const failure: AttemptFailure = {
    kind: classifyBreak(cause, settings.endpoint),
    status: answer?.status,
    bodyText: answer?.text.slice(0, settings.bodyTextLengthMax) ?? '',
    hintMs: undefined,
    pauseMs: undefined,
    failedAtMs: settings.clock.now(),
    cause,
  }
  return { kind: 'failed', failure }
}

/** What an attempt's signal is aborted with. @internal */
export function reasonFor(running: RunningAttempt, cut: Cut): unknown {
  if (cut.kind === 'aborted') return running.call.settings.signal?.reason
  const what = cut.kind === 'timeout' ? 'the attempt timed out' : 'the deadline of the call passed'
  return new DOMException(what, 'TimeoutError')
}
