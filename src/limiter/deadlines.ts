/**
 * Waiting calls by deadline. Who was granted or left is only marked, and swept out when half of the list is.
 */
import { BinaryHeap } from '../core/binary-heap.ts'

interface Expiring {
  readonly deadlineAtMs: number
  readonly hasLeft: boolean
}

const SWEEP_MIN = 64

/** @internal */
export class DeadlineList<T extends Expiring> {
  readonly #heap = new BinaryHeap<T>((left, right) => left.deadlineAtMs < right.deadlineAtMs)
  #sweepAt = SWEEP_MIN

  /** Calls in the list, those that have left included. */
  get size(): number {
    return this.#heap.size
  }

  /** Calls that never expire are not kept. */
  add(item: T): void {
    if (item.deadlineAtMs === Infinity) return
    if (this.#heap.size >= this.#sweepAt) this.#sweep()
    this.#heap.push(item)
  }

  /** Nobody waits any longer: lets go of those that have left. */
  clear(): void {
    if (this.#heap.size > 0) this.#sweep()
  }

  /** The first deadline of a call that still waits; `Infinity` where there is none. */
  nextAtMs(): number {
    return this.#first()?.deadlineAtMs ?? Infinity
  }

  /** Takes out the call whose deadline is next, if that is before `nowMs`, or at it where `isInclusive`. */
  takeExpired(nowMs: number, isInclusive: boolean): T | undefined {
    const first = this.#first()
    if (first === undefined || first.deadlineAtMs > nowMs) return undefined
    if (first.deadlineAtMs === nowMs && !isInclusive) return undefined
    return this.#heap.pop()
  }

  #first(): T | undefined {
    while (this.#heap.peek()?.hasLeft === true) this.#heap.pop()
    return this.#heap.peek()
  }

  #sweep(): void {
    this.#heap.retain((item) => !item.hasLeft)
    this.#sweepAt = Math.max(SWEEP_MIN, this.#heap.size * 2)
  }
}
