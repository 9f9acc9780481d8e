/**
 * What a caller asks for, checked.
 */
import { InvalidOptionError } from '../core/errors.ts'
import type { EndpointClass } from '../core/profile.ts'
import { assertEndpoint } from './assert-profile.ts'
import { assertFinite, assertWhole } from './validate.ts'

/** One call's request for the right to send. @public */
export interface AcquireRequest {
  /** @defaultValue 'chat' */
  readonly endpoint?: EndpointClass | undefined
  /** The model's id: limits that a model has for itself, and its pauses, apply only to calls that name it. */
  readonly model?: string | undefined
  /** Requests that this call will send: a whole number, at least 1. @defaultValue 1 */
  readonly cost?: number | undefined
  /**
   * Tokens that the request may come to, prompt and answer together: a whole number, 0 or more. Limits in tokens are kept
   * strictly only if this is an upper bound. A call of 0 tokens waits only while a limit is overdrawn. One of more tokens
   * than a limit has in a window goes alone, and those after it wait until it is paid for.
   * @defaultValue the limiter's `tokensDefault`
   */
  readonly tokens?: number | undefined
  /** A whole number, -100 to 100; higher goes first. @defaultValue 0 */
  readonly priority?: number | undefined
  /** Aborting it ends the wait at once; the rejection is its reason, untouched. */
  readonly signal?: AbortSignal | undefined
  /** The longest wait in the queue, in milliseconds from now, 0 or more. @defaultValue no bound */
  readonly deadlineMs?: number | undefined
  /** `clock.now()` at which the call began: a retry queues by the age of its call. @defaultValue now */
  readonly queuedAtMs?: number | undefined
}

/** @throws {InvalidOptionError} naming the field. @internal */
export function assertRequest(request: AcquireRequest): void {
  if (typeof request !== 'object' || request === null) {
    throw new InvalidOptionError('request', request, 'an object')
  }
  const { endpoint, model, cost, tokens, priority, signal, deadlineMs, queuedAtMs } = request
  if (endpoint !== undefined) assertEndpoint('endpoint', endpoint)
  if (model !== undefined && typeof model !== 'string') {
    throw new InvalidOptionError('model', model, 'a text')
  }
  if (cost !== undefined) assertWhole('cost', cost, { min: 1 })
  if (tokens !== undefined) assertWhole('tokens', tokens, { min: 0 })
  if (priority !== undefined) assertWhole('priority', priority, { min: -100, max: 100 })
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    throw new InvalidOptionError('signal', signal, 'an AbortSignal')
  }
  if (deadlineMs !== undefined && deadlineMs !== Infinity) {
    assertFinite('deadlineMs', deadlineMs, { min: 0 })
  }
  if (queuedAtMs !== undefined) assertFinite('queuedAtMs', queuedAtMs, { min: -Infinity })
}
