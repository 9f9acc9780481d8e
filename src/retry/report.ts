/**
 * What the retry tells those who watch, and what it counts. Everything is counted; an event is only made where somebody
 * listens.
 */
import { channels, outbox } from '../core/event-outbox.ts'
import type { EventListener, EventOrigin, RetryReason } from '../core/events.ts'
import { createRetryCounters, type Observation } from '../core/observation.ts'
import type { RetriesExhaustedError } from '../core/errors.ts'
import type { AttemptFailure } from './decide.ts'
import type { RetrySettings } from './settings.ts'
import type { RetryLimiter } from './types.ts'

/** The limiter's own, with the caller's listener where there is one. A limiter of another make has none. @internal */
export function observationOf(
  limiter: RetryLimiter,
  onEvent: EventListener | undefined,
): Observation {
  const { observation } = limiter
  const isOurs = typeof observation?.counters === 'object'
  if (!isOurs) return { name: undefined, onEvent, counters: createRetryCounters() }
  return onEvent === undefined ? observation : { ...observation, onEvent }
}

/** A 429. It is told by the caller's `outbox.flush()`, once everybody has been paused. @internal */
export function reportLimited(
  settings: RetrySettings,
  answer: { attempt: number; serverDelayMs: number | undefined; delayMs: number },
): void {
  const { onEvent, counters } = settings.observation
  counters.limited += 1
  if (onEvent === undefined && !channels.limited.hasSubscribers) return
  outbox.add({ type: 'limited', ...originOf(settings), status: 429, ...answer }, onEvent)
}

/** There will be another attempt, at `retryAtMs` at the earliest. @internal */
export function reportRetry(
  settings: RetrySettings,
  failure: AttemptFailure,
  next: { attempt: number; retryAtMs: number; isPaid: boolean },
): void {
  const { onEvent, counters } = settings.observation
  counters.retried += 1
  if (onEvent === undefined && !channels.retried.hasSubscribers) return
  const origin = originOf(settings)
  const { attempt, retryAtMs, isPaid } = next
  const delayMs = Math.max(0, retryAtMs - origin.atMs)
  const reason = reasonOf(failure)
  const { status } = failure
  outbox.add({ type: 'retried', ...origin, attempt, reason, status, delayMs, isPaid }, onEvent)
  outbox.flush()
}

/** There will be no further attempt. @internal */
export function reportGaveUp(settings: RetrySettings, error: RetriesExhaustedError): void {
  const { onEvent, counters } = settings.observation
  counters.gaveUp += 1
  if (onEvent === undefined && !channels.gaveUp.hasSubscribers) return
  const { reason, attempts, status, retryAfterMs: serverDelayMs } = error
  outbox.add(
    { type: 'gaveUp', ...originOf(settings), reason, attempts, status, serverDelayMs },
    onEvent,
  )
  outbox.flush()
}

function originOf({ clock, observation, endpoint, model, isLimited }: RetrySettings): EventOrigin {
  return {
    atMs: clock.now(),
    limiter: observation.name,
    endpoint: isLimited === false ? undefined : endpoint,
    model,
  }
}

/** What is not retried has no reason to be. */
function reasonOf({ kind }: AttemptFailure): RetryReason {
  return kind === 'server-paced' || kind === 'place' ? kind : 'backoff'
}
