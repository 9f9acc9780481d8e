/**
 * Who goes next: the heads of all lanes in the order of their ranks.
 *
 * A head that cannot go yet reserves what it waits for, so that neither a younger nor a cheaper call of another lane
 * can keep it waiting; what it could have already, others may take as long as that does not delay it. Lanes that share
 * nothing with it go ahead. It sets no timer: `pass` says when to look again.
 */
import { BinaryHeap } from '../core/binary-heap.ts'
import type { Constraint, Demand } from './constraint.ts'
import type { Lane } from './lane.ts'
import { Reservations } from './reservations.ts'
import { type DemandAhead, isBefore, type Waiting } from './wait-queue.ts'

/** @internal */
export interface SchedulerHooks<T extends Waiting> {
  /** The end of the pause of a key; `-Infinity` where there is none. */
  readonly pausedUntilMs: (pauseKey: string) => number
  /** It is the waiter's turn: take what it costs and tell it. */
  readonly grant: (lane: Lane<T>, waiter: T, nowMs: number) => void
}

/** @internal */
export class Scheduler<T extends Waiting> {
  readonly #hooks: SchedulerHooks<T>
  readonly #lanes = new Set<Lane<T>>()
  #queueLength = 0

  constructor(hooks: SchedulerHooks<T>) {
    this.#hooks = hooks
  }

  /** Calls that wait, over all lanes. */
  get queueLength(): number {
    return this.#queueLength
  }

  /** Lanes in which somebody waits. */
  get waitingLanes(): Iterable<Lane<T>> {
    return this.#lanes
  }

  /** Queues a call. Returns true where it is first in its lane, so that a pass may grant it. */
  enqueue(lane: Lane<T>, waiter: T): boolean {
    lane.queue.enqueue(waiter)
    this.#queueLength += 1
    this.#lanes.add(lane)
    return lane.queue.peek() === waiter
  }

  /** A call leaves before its turn. Returns false where it had left already. */
  leave(lane: Lane<T>, waiter: T): boolean {
    if (!lane.queue.cancel(waiter)) return false
    this.#queueLength -= 1
    if (lane.queue.length === 0) this.#lanes.delete(lane)
    return true
  }

  /** Takes out whoever matches. O(waiting). */
  takeOut(lane: Lane<T>, matches: (waiter: T) => boolean): T[] {
    const taken = lane.queue.takeOut(matches)
    this.#queueLength -= taken.length
    if (lane.queue.length === 0) this.#lanes.delete(lane)
    return taken
  }

  /**
   * Grants whatever may be granted at `nowMs`.
   *
   * @returns The instant at which time alone may change the answer; `Infinity` where only a settled or released grant
   * can, or where nobody waits.
   */
  pass(nowMs: number): number {
    const order = new BinaryHeap<Lane<T>>(hasOlderHead)
    for (const lane of this.#lanes) order.push(lane)
    const reservations = new Reservations(nowMs)
    let wakeAtMs = Infinity
    for (let lane = order.pop(); lane !== undefined; lane = order.pop()) {
      const changesAtMs = this.#grantUntilBlocked(lane, order.peek(), reservations)
      if (changesAtMs !== undefined) wakeAtMs = Math.min(wakeAtMs, changesAtMs)
      else if (lane.queue.length > 0) order.push(lane)
      else this.#lanes.delete(lane)
    }
    return wakeAtMs
  }

  /** A lane's calls go while it has the oldest head. Returns when a blocked head's chances change, undefined if none is. */
  #grantUntilBlocked(
    lane: Lane<T>,
    next: Lane<T> | undefined,
    reservations: Reservations,
  ): number | undefined {
    const { nowMs } = reservations
    for (let head = lane.queue.peek(); head !== undefined; head = lane.queue.peek()) {
      if (next !== undefined && hasOlderHead(next, lane)) return undefined
      const changesAtMs = this.#blockedUntilMs(lane, head, reservations)
      if (changesAtMs !== undefined) return changesAtMs
      lane.queue.shift()
      this.#queueLength -= 1
      this.#hooks.grant(lane, head, nowMs)
    }
    return undefined
  }

  #blockedUntilMs(lane: Lane<T>, head: T, reservations: Reservations): number | undefined {
    const { nowMs } = reservations
    const pausedUntilMs = this.#hooks.pausedUntilMs(lane.pauseKey)
    if (pausedUntilMs > nowMs) return pausedUntilMs
    const readyAtMs = lane.allowAtMs(nowMs, head)
    const isAlone = this.#lanes.size === 1
    if (readyAtMs > nowMs && isAlone) return readyAtMs
    if (readyAtMs > nowMs) return reservations.holdFor(lane.constraints, head, readyAtMs)
    return reservations.findConflict(lane.constraints, head) ? Infinity : undefined
  }

  /**
   * An instant before which a call of this rank and demand, if it came now, cannot be granted.
   *
   * It counts the calls that certainly go first: the older ones of its own lane, and of lanes that pass no limit which
   * it does not pass itself. Calls ahead are taken to stay until they are granted.
   */
  earliestAtMs(lane: Lane<T>, call: Demand & Pick<Waiting, 'rank'>, nowMs: number): number {
    const pausedUntilMs = this.#hooks.pausedUntilMs(lane.pauseKey)
    const ahead = this.#demandsAhead(lane, call.rank, Math.max(nowMs, pausedUntilMs))
    let earliestAtMs = Math.max(nowMs, pausedUntilMs)
    for (const constraint of lane.constraints) {
      const { cost, tokens, tokensLargest } = ahead.get(constraint) ?? noneAhead
      const position =
        constraint.unit === 'tokens'
          ? { costAhead: tokens, largestAhead: tokensLargest, cost: call.tokens, pausedUntilMs }
          : { costAhead: cost, cost: call.cost, pausedUntilMs }
      earliestAtMs = Math.max(earliestAtMs, constraint.earliestAtMs(nowMs, position))
    }
    return earliestAtMs
  }

  #demandsAhead(lane: Lane<T>, rank: number, startMs: number): Map<Constraint, DemandAhead> {
    const sums = new Map<Constraint, DemandAhead>()
    for (const other of this.#lanes) {
      if (other !== lane && !this.#goesFirst(other, lane, startMs)) continue
      const ahead = other.queue.demandAhead(rank)
      for (const each of other.constraints) sums.set(each, addUp(sums.get(each), ahead))
    }
    return sums
  }

  /** Whenever `lane` could be granted something, an older call of `other` could too. */
  #goesFirst(other: Lane<T>, lane: Lane<T>, startMs: number): boolean {
    if (this.#hooks.pausedUntilMs(other.pauseKey) > startMs) return false
    return other.constraints.every((constraint) => lane.constraints.includes(constraint))
  }
}

const noneAhead: DemandAhead = { cost: 0, tokens: 0, tokensLargest: 0 }

function addUp(left: DemandAhead = noneAhead, right: DemandAhead): DemandAhead {
  return {
    cost: left.cost + right.cost,
    tokens: left.tokens + right.tokens,
    tokensLargest: Math.max(left.tokensLargest, right.tokensLargest),
  }
}

function hasOlderHead<T extends Waiting>(left: Lane<T>, right: Lane<T>): boolean {
  const leftHead = left.queue.peek()
  const rightHead = right.queue.peek()
  if (leftHead === undefined || rightHead === undefined) return rightHead === undefined
  return isBefore(leftHead, rightHead)
}
