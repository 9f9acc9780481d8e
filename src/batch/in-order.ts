/**
 * Works on many items at once and hands the results out in the order of the items, with bounded memory.
 *
 * An item is taken from the source only when there is a place for it: among those that are worked on, and among those
 * that wait for the consumer, an older item that is slow, or both. So neither a source without end nor a consumer that
 * dawdles fills the memory.
 */

/** What the pool is allowed. @internal */
export interface PoolBounds {
  /** Items that are worked on at once, at least 1. */
  readonly workingMax: number
  /** Items between the oldest whose result was not yet taken and the newest that was begun; at least `workingMax`. */
  readonly aheadMax: number
  /** Ends it, whatever the source or an item waits for. */
  readonly signal?: AbortSignal | undefined
}

interface Slot<Out> {
  outcome: { readonly value: Out } | { readonly error: unknown } | undefined
}

/**
 * Results in order.
 *
 * When an item fails, or the source does, nothing further is begun; what was begun is finished and handed out, the failed
 * items left out, and then the first error is thrown. Whoever stops iterating stops the source; what is under way then is
 * the business of `work`.
 *
 * An abort ends it at once in the same way: what is ready by then is handed out first.
 *
 * @throws The signal's reason, the first error of an item, or what the source throws.
 * @internal
 */
export async function* inOrder<In, Out>(
  source: AsyncIterable<In> | Iterable<In>,
  work: (item: In) => Promise<Out>,
  bounds: PoolBounds,
): AsyncGenerator<Out, void, undefined> {
  const pool = new Pool(iterate(source), work, bounds)
  try {
    for (let slot = await pool.take(); slot !== undefined; slot = await pool.take()) {
      if (slot.outcome !== undefined && 'value' in slot.outcome) yield slot.outcome.value
    }
    if (pool.failure !== undefined) throw pool.failure.error
  } finally {
    await pool.stop()
  }
}

class Pool<In, Out> {
  /** The first error, of an item or of the source. */
  failure: { readonly error: unknown } | undefined
  readonly #items: AsyncIterator<In> | Iterator<In>
  readonly #work: (item: In) => Promise<Out>
  readonly #bounds: PoolBounds
  /** Begun and not taken, the oldest first. */
  readonly #slots: Slot<Out>[] = []
  #workingCount = 0
  #isReading = false
  #isSourceOver = false
  #wake: (() => void) | undefined
  readonly #notify = (): void => {
    this.#wake?.()
    this.#wake = undefined
  }

  constructor(
    items: AsyncIterator<In> | Iterator<In>,
    work: (item: In) => Promise<Out>,
    bounds: PoolBounds,
  ) {
    this.#items = items
    this.#work = work
    this.#bounds = bounds
    bounds.signal?.addEventListener('abort', this.#notify)
  }

  /** The oldest slot, once it has an outcome; undefined when there is none left and there will be none. */
  async take(): Promise<Slot<Out> | undefined> {
    for (;;) {
      this.#obeySignal()
      const first = this.#slots[0]
      if (first?.outcome !== undefined) return this.#slots.shift()
      const isOver = this.#isSourceOver || this.failure !== undefined
      if (first === undefined && isOver && (!this.#isReading || this.#bounds.signal?.aborted)) {
        return undefined
      }
      this.#readOn()
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Ends it with what there is: nothing is waited for any more, neither an item nor the source. */
  #obeySignal(): void {
    const { signal } = this.#bounds
    if (signal?.aborted !== true || this.failure?.error === signal.reason) return
    this.failure = { error: signal.reason }
    const ready = this.#slots.filter(({ outcome }) => outcome !== undefined)
    this.#slots.splice(0, this.#slots.length, ...ready)
  }

  /** Begins nothing further, and tells the source so. */
  async stop(): Promise<void> {
    this.#bounds.signal?.removeEventListener('abort', this.#notify)
    if (this.#isSourceOver) return
    this.#isSourceOver = true
    const returned = Promise.resolve(this.#items.return?.())
    // A source that is asked for an item hears of it only when it has one, which may be never.
    if (this.#isReading) returned.catch(() => undefined)
    else await returned
  }

  /** Takes items as long as there is a place for them, one after the other: iterators are not made for more. */
  #readOn(): void {
    if (this.#isReading || !this.#hasPlace()) return
    this.#isReading = true
    this.#readItems().then(
      () => this.#endReading(),
      (error: unknown) => {
        this.failure ??= { error }
        this.#isSourceOver = true
        this.#endReading()
      },
    )
  }

  async #readItems(): Promise<void> {
    while (this.#hasPlace()) {
      const { done, value } = await this.#items.next()
      // It may have been stopped in the meantime.
      if (done === true || this.#isSourceOver) {
        this.#isSourceOver = true
        return
      }
      this.#begin(value)
    }
  }

  #endReading(): void {
    this.#isReading = false
    this.#notify()
  }

  #hasPlace(): boolean {
    if (this.#isSourceOver || this.failure !== undefined) return false
    return (
      this.#workingCount < this.#bounds.workingMax && this.#slots.length < this.#bounds.aheadMax
    )
  }

  #begin(item: In): void {
    const slot: Slot<Out> = { outcome: undefined }
    this.#slots.push(slot)
    this.#workingCount += 1
    this.#work(item).then(
      (value) => this.#end(slot, { value }),
      (error: unknown) => {
        this.failure ??= { error }
        this.#end(slot, { error })
      },
    )
  }

  #end(slot: Slot<Out>, outcome: Slot<Out>['outcome']): void {
    slot.outcome = outcome
    this.#workingCount -= 1
    // Also while the consumer is busy with a result: the next request must not wait for it.
    this.#readOn()
    this.#notify()
  }
}

function iterate<T>(source: AsyncIterable<T> | Iterable<T>): AsyncIterator<T> | Iterator<T> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
}
