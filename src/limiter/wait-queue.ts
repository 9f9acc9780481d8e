/**
 * The calls that wait in one lane, by rank, then by order of arrival.
 *
 * Calls nearly always arrive in rank order and are kept in a plain list; those that arrive out of order (a retry, which
 * keeps the age of its call, or another priority) go to a heap beside it. Who leaves early is only marked, and swept
 * out when half of the queue is marked. Granting from the front, adding and leaving cost O(1) or O(log n), amortised.
 */
import { BinaryHeap } from '../core/binary-heap.ts'
import type { Demand } from './constraint.ts'
import { Fifo } from './fifo.ts'

/** @internal */
export interface Waiting extends Demand {
  /** Smaller goes first: the instant of the call, moved back by its priority. */
  readonly rank: number
  /** Unique, in the order of arrival. */
  readonly sequence: number
  /** Granted, aborted or expired: it waits no longer. Set by the queue. */
  hasLeft: boolean
}

/** What waits before a call. @internal */
export interface DemandAhead extends Demand {
  /** No single call ahead asks for more tokens. */
  readonly tokensLargest: number
}

const SWEEP_MIN = 64
/** How far into the heap an estimate looks; what lies behind it is not counted, so the estimate stays a lower bound. */
const VISITS_MAX = 1_000

/** @internal */
export function isBefore(left: Waiting, right: Waiting): boolean {
  return left.rank < right.rank || (left.rank === right.rank && left.sequence < right.sequence)
}

/** @internal */
export class WaitQueue<T extends Waiting> {
  readonly #inOrder = new Fifo<T>()
  readonly #outOfOrder = new BinaryHeap<T>(isBefore)
  #length = 0
  #cost = 0
  #tokens = 0
  /** No call that waits asks for more. */
  #tokensLargest = 0
  #marked = 0
  #rankMax = -Infinity

  /** Calls that wait. */
  get length(): number {
    return this.#length
  }

  enqueue(item: T): void {
    const last = this.#inOrder.last()
    if (last === undefined || !isBefore(item, last)) this.#inOrder.push(item)
    else this.#outOfOrder.push(item)
    this.#length += 1
    this.#cost += item.cost
    this.#tokens += item.tokens
    this.#tokensLargest = Math.max(this.#tokensLargest, item.tokens)
    this.#rankMax = Math.max(this.#rankMax, item.rank)
  }

  /** The call that goes first. */
  peek(): T | undefined {
    this.#dropMarkedFronts()
    const ordered = this.#inOrder.peek()
    const other = this.#outOfOrder.peek()
    if (ordered === undefined) return other
    return other === undefined || isBefore(ordered, other) ? ordered : other
  }

  /** Takes the call that goes first out. */
  shift(): T | undefined {
    const first = this.peek()
    if (first === undefined) return undefined
    if (first === this.#inOrder.peek()) this.#inOrder.shift()
    else this.#outOfOrder.pop()
    this.#leave(first)
    return first
  }

  /** A call leaves before its turn. Returns false where it had left already. */
  cancel(item: T): boolean {
    if (item.hasLeft) return false
    this.#leave(item)
    if (item === this.#inOrder.last()) {
      this.#inOrder.pop()
      return true
    }
    this.#marked += 1
    if (this.#marked >= SWEEP_MIN && this.#marked > this.#length) this.#sweep()
    return true
  }

  /**
   * What waits with a rank of at most `rank`. Exact for a rank behind everybody, a lower bound otherwise: of the ordered
   * list it counts a request a call then, and no tokens. O(log n).
   */
  demandAhead(rank: number): DemandAhead {
    const tokensLargest = this.#tokensLargest
    if (rank >= this.#rankMax) return { cost: this.#cost, tokens: this.#tokens, tokensLargest }
    let cost = Math.max(0, this.#countInOrder(rank) - this.#marked)
    let tokens = 0
    const count = (item: T): void => {
      if (item.hasLeft) return
      cost += item.cost
      tokens += item.tokens
    }
    this.#outOfOrder.visitWhile((item) => item.rank <= rank, count, VISITS_MAX)
    return { cost, tokens, tokensLargest }
  }

  /** Takes everybody out who matches, in no particular order. O(n). */
  takeOut(matches: (item: T) => boolean): T[] {
    const taken: T[] = []
    const collect = (item: T): boolean => {
      if (!item.hasLeft && matches(item)) taken.push(item)
      return true
    }
    this.#inOrder.retain(collect)
    this.#outOfOrder.retain(collect)
    for (const item of taken) this.cancel(item)
    return taken
  }

  #leave(item: T): void {
    item.hasLeft = true
    this.#length -= 1
    this.#cost -= item.cost
    this.#tokens -= item.tokens
    if (this.#length > 0) return
    this.#rankMax = -Infinity
    this.#tokensLargest = 0
  }

  #dropMarkedFronts(): void {
    while (this.#inOrder.peek()?.hasLeft === true) {
      this.#inOrder.shift()
      this.#marked -= 1
    }
    while (this.#outOfOrder.peek()?.hasLeft === true) {
      this.#outOfOrder.pop()
      this.#marked -= 1
    }
  }

  #sweep(): void {
    this.#inOrder.retain(stillWaits)
    this.#outOfOrder.retain(stillWaits)
    this.#marked = 0
  }

  /** How many of the ordered list, marked ones included, have a rank of at most `rank`. */
  #countInOrder(rank: number): number {
    let low = 0
    let high = this.#inOrder.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#inOrder.at(middle)!.rank <= rank) low = middle + 1
      else high = middle
    }
    return low
  }
}

function stillWaits(item: Waiting): boolean {
  return !item.hasLeft
}
