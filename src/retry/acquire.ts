/**
 * Asks the limiter, which may be any: one that throws at once, grants too late, or knows neither aborts nor deadlines.
 */
import { stopError, translateRefusal, type History } from './give-up.ts'
import { PermitHandle } from './permit-handle.ts'
import type { RetryCall } from './running-attempt.ts'
import type { RetryAcquireRequest } from './types.ts'

/** Waits for the limiter's grant. @throws What the call ends with, where there is none. @internal */
export async function acquirePermit(
  call: RetryCall,
  queuedAtMs: number,
  history: History,
): Promise<PermitHandle> {
  const { scope, settings } = call
  if (scope.stopped !== undefined) throw stopError(call, history)
  const granting = askLimiter(call, queuedAtMs)
  const ending = await scope.wait(granting)
  if (ending.kind === 'rejected') throw translateRefusal(ending.error, history)
  if (ending.kind === 'resolved') {
    return new PermitHandle(ending.value, settings.clock.now())
  }
  // The limiter may not know of aborts and deadlines: what it grants later is given back.
  const giveBack = (late: unknown): void => new PermitHandle(late, settings.clock.now()).giveBack()
  void granting.then(giveBack, () => undefined)
  throw stopError(call, history)
}

/** A limiter that throws at once has rejected. */
async function askLimiter(call: RetryCall, queuedAtMs: number): Promise<unknown> {
  const { settings, scope, limiter } = call
  const request: RetryAcquireRequest = { endpoint: settings.endpoint, queuedAtMs }
  if (settings.model !== undefined) request.model = settings.model
  if (settings.tokens !== undefined) request.tokens = settings.tokens
  if (settings.priority !== undefined) request.priority = settings.priority
  if (settings.signal !== undefined) request.signal = settings.signal
  if (scope.deadlineAtMs < Infinity) request.deadlineMs = scope.deadlineAtMs - settings.clock.now()
  return limiter.acquire(request)
}
