/**
 * A first-in-first-out list whose operations are O(1), amortised.
 *
 * It is an array with a moving head: no node per item, and the dead front is cut off when it is half of the array.
 */

const DEAD_FRONT_MIN = 64

/** @internal */
export class Fifo<T> {
  #items: (T | undefined)[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  push(item: T): void {
    this.#items.push(item)
  }

  /** The oldest item. */
  peek(): T | undefined {
    return this.#items[this.#head]
  }

  /** The youngest item. */
  last(): T | undefined {
    return this.length > 0 ? this.#items.at(-1) : undefined
  }

  /** The item at `index`, counted from the oldest. */
  at(index: number): T | undefined {
    return this.#items[this.#head + index]
  }

  /** Takes the oldest item out. */
  shift(): T | undefined {
    if (this.length === 0) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head] = undefined
    this.#head += 1
    this.#cutDeadFront()
    return item
  }

  /** Takes the youngest item out. */
  pop(): T | undefined {
    return this.length > 0 ? this.#items.pop() : undefined
  }

  /** Drops every item for which `keep` is false. O(n). */
  retain(keep: (item: T) => boolean): void {
    const kept: T[] = []
    for (let index = this.#head; index < this.#items.length; index += 1) {
      const item = this.#items[index]
      if (item !== undefined && keep(item)) kept.push(item)
    }
    this.#items = kept
    this.#head = 0
  }

  #cutDeadFront(): void {
    if (this.#head < DEAD_FRONT_MIN || this.#head * 2 < this.#items.length) return
    this.#items.splice(0, this.#head)
    this.#head = 0
  }
}
