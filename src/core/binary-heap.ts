/**
 * A binary heap: the first item, in the order it was given, is always at the top.
 *
 * Items that compare equal come out in no particular order; who needs one compares by a sequence number too.
 */

/** @internal */
export class BinaryHeap<T> {
  readonly #isBefore: (left: T, right: T) => boolean
  #items: T[] = []

  constructor(isBefore: (left: T, right: T) => boolean) {
    this.#isBefore = isBefore
  }

  get size(): number {
    return this.#items.length
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  /** O(log n). */
  push(item: T): void {
    this.#items.push(item)
    this.#rise(this.#items.length - 1)
  }

  /** Takes the first item out. O(log n). */
  pop(): T | undefined {
    const first = this.#items[0]
    const last = this.#items.pop()
    if (last !== undefined && this.#items.length > 0) {
      this.#items[0] = last
      this.#sink(0)
    }
    return first
  }

  /** Drops every item for which `keep` is false. O(n). */
  retain(keep: (item: T) => boolean): void {
    this.#items = this.#items.filter(keep)
    for (let index = (this.#items.length >> 1) - 1; index >= 0; index -= 1) this.#sink(index)
  }

  /**
   * Visits items for which `isWanted` holds; it must hold for a parent wherever it holds for a child. Stops after
   * `visitsMax` of them. O(visits), whatever the size.
   */
  visitWhile(isWanted: (item: T) => boolean, visit: (item: T) => void, visitsMax: number): void {
    const pending = [0]
    for (let visits = 0; visits < visitsMax;) {
      const index = pending.pop()
      if (index === undefined) return
      const item = this.#items[index]
      if (item === undefined || !isWanted(item)) continue
      visit(item)
      visits += 1
      pending.push(index * 2 + 1, index * 2 + 2)
    }
  }

  #rise(start: number): void {
    const item = this.#items[start]!
    let index = start
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = this.#items[parentIndex]!
      if (!this.#isBefore(item, parent)) break
      this.#items[index] = parent
      index = parentIndex
    }
    this.#items[index] = item
  }

  #sink(start: number): void {
    const item = this.#items[start]!
    let index = start
    for (;;) {
      const childIndex = this.#firstChildOf(index)
      if (childIndex === undefined) break
      const child = this.#items[childIndex]!
      if (!this.#isBefore(child, item)) break
      this.#items[index] = child
      index = childIndex
    }
    this.#items[index] = item
  }

  #firstChildOf(index: number): number | undefined {
    const left = index * 2 + 1
    if (left >= this.#items.length) return undefined
    const right = left + 1
    if (right >= this.#items.length) return left
    return this.#isBefore(this.#items[right]!, this.#items[left]!) ? right : left
  }
}
