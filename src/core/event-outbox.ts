/**
 * How events reach those who watch: the channels of `node:diagnostics_channel`, and a listener of one's own.
 *
 * What happens inside of an operation is written down and told when the operation is over, so that a listener may call
 * whatever it likes; what that causes is told when the listener has returned. There is one outbox for the process, so that
 * the events of limiters and retries come in their order.
 */
import { channel, type Channel } from 'node:diagnostics_channel'
import type { EventListener, EventType, RateLimitEvent } from './events.ts'

/** One channel an event. Whoever makes an event asks `hasSubscribers` first. @internal */
export const channels: Readonly<Record<EventType, Channel>> = Object.freeze({
  queued: channel('together-rate-limits:queued'),
  granted: channel('together-rate-limits:granted'),
  left: channel('together-rate-limits:left'),
  settled: channel('together-rate-limits:settled'),
  limited: channel('together-rate-limits:limited'),
  paused: channel('together-rate-limits:paused'),
  retried: channel('together-rate-limits:retried'),
  gaveUp: channel('together-rate-limits:gaveUp'),
})

interface Pending {
  readonly event: RateLimitEvent
  readonly onEvent: EventListener | undefined
}

class Outbox {
  #pending: Pending[] = []
  #isDelivering = false

  /** Writes an event down. The operation that it belongs to ends with a `flush()`. */
  add(event: RateLimitEvent, onEvent: EventListener | undefined): void {
    this.#pending.push({ event, onEvent })
  }

  /** Tells what was written down. Called where everything may be called by a listener. Does not throw. */
  flush(): void {
    if (this.#pending.length === 0 || this.#isDelivering) return
    this.#isDelivering = true
    // It grows on the way by what the listeners cause.
    for (const { event, onEvent } of this.#pending) deliver(event, onEvent)
    this.#pending = []
    this.#isDelivering = false
  }
}

/** Of the process. @internal */
export const outbox: Outbox = new Outbox()

/** An error of a listener is neither the caller's nor ours: it becomes an unhandled rejection, as if it were async. */
function deliver(event: RateLimitEvent, onEvent: EventListener | undefined): void {
  try {
    onEvent?.(event)
  } catch (error) {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- a listener may throw anything.
    void Promise.reject(error)
  }
  // It reports what its subscribers throw by itself, as uncaught exceptions of their own.
  channels[event.type].publish(event)
}
