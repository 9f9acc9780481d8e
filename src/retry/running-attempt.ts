/**
 * An attempt while it runs, and the ways in which it can end without an answer that settles it.
 *
 * A cut - timeout, deadline, abort - always aborts the attempt's signal, so that whatever the caller's function still
 * does can stop.
 */
import type { CallScope, Cut } from './call-scope.ts'
import { classifyBreak } from './classify.ts'
import type { AttemptFailure } from './decide.ts'
import type { PermitHandle } from './permit-handle.ts'
import type { AttemptContext, RetryLimiter } from './types.ts'
import type { RetrySettings } from './settings.ts'

/** One call of `togetherRetry`. @internal */
export interface RetryCall {
  readonly limiter: RetryLimiter
  readonly settings: RetrySettings
  readonly scope: CallScope
  readonly fn: (context: AttemptContext) => Promise<Response>
}

/** How an attempt ended. A bug of the caller's is thrown instead. @internal */
export type AttemptOutcome =
  | { kind: 'succeeded'; value: unknown }
  | { kind: 'failed'; failure: AttemptFailure }
  | { kind: 'aborted' }

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
export function cutShort(running: RunningAttempt, cut: Cut, answer?: BrokenAnswer): AttemptOutcome {
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
): { kind: 'failed'; failure: AttemptFailure } {
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
