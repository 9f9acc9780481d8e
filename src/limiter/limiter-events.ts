/**
 * What a limiter tells those who watch. Each method asks first whether anybody does: where nobody does, no event is made.
 *
 * Events are written down here, and told by `outbox.flush()` at the end of the operation that they belong to.
 */
import { channels, outbox } from '../core/event-outbox.ts'
import type {
  EventListener,
  EventOrigin,
  LeaveReason,
  QueuedEvent,
  SettledEvent,
} from '../core/events.ts'
import { costIn } from './constraint.ts'
import type { Lane, LaneGrant } from './lane.ts'
import type { Waiter } from './waiter.ts'

/** What events say of the limiter, read only when somebody listens. @internal */
export interface EventDesk {
  readonly nowMs: number
  readonly queueLength: number
}

/** @internal */
export class LimiterEvents {
  readonly #limiter: string
  readonly #onEvent: EventListener | undefined
  readonly #desk: EventDesk

  constructor(options: { name: string; onEvent?: EventListener | undefined }, desk: EventDesk) {
    this.#limiter = options.name
    this.#onEvent = options.onEvent
    this.#desk = desk
  }

  /** @param pausedUntilMs - The end of the pause of its lane; `-Infinity` where none is in force. */
  queued(waiter: Waiter, pausedUntilMs: number): void {
    if (this.#onEvent === undefined && !channels.queued.hasSubscribers) return
    const { lane, priority, cost, tokens } = waiter
    const event: QueuedEvent = {
      type: 'queued',
      ...this.#origin(lane),
      ...causeOf(waiter, { nowMs: this.#desk.nowMs, pausedUntilMs }),
      priority,
      requests: cost,
      tokensEstimated: tokens,
      queueLength: this.#desk.queueLength,
    }
    outbox.add(event, this.#onEvent)
  }

  granted(grant: LaneGrant, lane: Lane<Waiter>, call: { waitMs: number; priority: number }): void {
    outbox.add(
      {
        type: 'granted',
        ...this.#origin(lane),
        waitMs: call.waitMs,
        priority: call.priority,
        requests: grant.cost,
        tokensReserved: grant.tokenHold?.cost ?? 0,
        queueLength: this.#desk.queueLength,
      },
      this.#onEvent,
    )
  }

  /** Grants are the hottest path: who makes one asks, and calls `granted` only then. */
  get areGrantsHeard(): boolean {
    return this.#onEvent !== undefined || channels.granted.hasSubscribers
  }

  /** @param waiter - Undefined for a call that was refused before it could wait. */
  left(reason: LeaveReason, lane: Lane<Waiter>, waiter?: Waiter): void {
    if (this.#onEvent === undefined && !channels.left.hasSubscribers) return
    const waitMs = waiter === undefined ? 0 : this.#desk.nowMs - waiter.enqueuedAtMs
    const { queueLength } = this.#desk
    outbox.add({ type: 'left', ...this.#origin(lane), reason, waitMs, queueLength }, this.#onEvent)
  }

  settled(
    part: SettledEvent['part'],
    lane: Lane<Waiter>,
    grant: LaneGrant,
    tokensUsed?: number,
  ): void {
    if (this.#onEvent === undefined && !channels.settled.hasSubscribers) return
    outbox.add(
      {
        type: 'settled',
        ...this.#origin(lane),
        part,
        heldMs: this.#desk.nowMs - grant.grantedAtMs,
        requests: grant.cost,
        tokensReserved: grant.tokenHold?.cost ?? 0,
        tokensUsed,
      },
      this.#onEvent,
    )
  }

  paused(lane: Lane<Waiter>, delayMs: number, untilMs: number): void {
    if (this.#onEvent === undefined && !channels.paused.hasSubscribers) return
    const { queueLength } = this.#desk
    const key = lane.pauseKey
    outbox.add(
      { type: 'paused', ...this.#origin(lane), key, delayMs, untilMs, queueLength },
      this.#onEvent,
    )
  }

  #origin({ endpoint, model }: Lane<Waiter>): EventOrigin {
    return { atMs: this.#desk.nowMs, limiter: this.#limiter, endpoint, model }
  }
}

/** Why a call waits that has just been queued: what holds it longest, or who was there before. */
function causeOf(
  waiter: Waiter,
  { nowMs, pausedUntilMs }: { nowMs: number; pausedUntilMs: number },
): Pick<QueuedEvent, 'cause' | 'limit'> {
  let atMs = Math.max(nowMs, pausedUntilMs)
  let limit: string | undefined
  for (const constraint of waiter.lane.constraints) {
    const allowAtMs = constraint.allowAtMs(nowMs, costIn(constraint.unit, waiter))
    if (allowAtMs <= atMs) continue
    atMs = allowAtMs
    limit = constraint.id
  }
  if (limit !== undefined) return { cause: 'limit', limit }
  return { cause: pausedUntilMs > nowMs ? 'pause' : 'queue', limit }
}
