/**
 * One call that waits, and its way back to the caller. It is its own listener for the abort signal, so that a waiting
 * call costs no closure beyond those of its promise.
 */
import { listenForAbort } from '../core/listen.ts'
import type { Lane } from './lane.ts'
import type { Permit } from './permit.ts'
import type { Waiting } from './wait-queue.ts'

/** @internal */
export interface WaiterHost {
  /** The waiter's signal was aborted. */
  abort(waiter: Waiter): void
}

/** @internal */
export interface WaiterOptions {
  readonly lane: Lane<Waiter>
  readonly rank: number
  readonly cost: number
  readonly tokens: number
  readonly deadlineAtMs: number
  readonly priority: number
}

/** @internal */
export class Waiter implements Waiting {
  readonly lane: Lane<Waiter>
  readonly rank: number
  readonly sequence: number
  readonly cost: number
  readonly tokens: number
  /** `Infinity` where it waits as long as it takes. */
  readonly deadlineAtMs: number
  /** The rank says all that matters to the queue; this is for those who watch, like the instant at which it came. */
  readonly priority: number
  readonly enqueuedAtMs: number
  hasLeft = false
  /** Set when it is granted. */
  permit: Permit | undefined = undefined
  #resolve: ((permit: Permit) => void) | undefined = undefined
  #reject: ((reason: unknown) => void) | undefined = undefined
  #signal: AbortSignal | undefined = undefined
  #host: WaiterHost | undefined = undefined

  constructor(options: WaiterOptions, sequence: number, enqueuedAtMs: number) {
    this.lane = options.lane
    this.rank = options.rank
    this.sequence = sequence
    this.cost = options.cost
    this.tokens = options.tokens
    this.deadlineAtMs = options.deadlineAtMs
    this.priority = options.priority
    this.enqueuedAtMs = enqueuedAtMs
  }

  /** The promise of the permit, which ends with the signal's reason if that is aborted first. Called once. */
  promise(host: WaiterHost, signal: AbortSignal | undefined): Promise<Permit> {
    this.#host = host
    this.#signal = signal
    if (signal !== undefined) listenForAbort(signal, this)
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** The signal's listener. */
  handleEvent(): void {
    this.#host?.abort(this)
  }

  grant(permit: Permit): void {
    this.permit = permit
    this.#stopListening()
    this.#resolve?.(permit)
  }

  fail(reason: unknown): void {
    this.#stopListening()
    this.#reject?.(reason)
  }

  /** The reason of its signal, once that is aborted. */
  get abortReason(): unknown {
    return this.#signal?.reason
  }

  #stopListening(): void {
    this.#signal?.removeEventListener('abort', this)
  }
}
