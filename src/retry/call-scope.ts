/**
 * The waits of one call, and everything that can cut them short: the caller's abort, the deadline, a timeout.
 *
 * A call does one thing at a time, so there is one wait at a time: it ends with what it waited for or with the cut,
 * whichever comes first, and leaves no timer and no listener behind. What is cut keeps a handler, so that its late
 * rejection goes nowhere. Where an answer's body is handed to the caller unread, the scope stays open until that has ended.
 */
import type { Clock } from '../core/clock.ts'
import { listenForAbort } from '../core/listen.ts'

/** What cut a wait short. @internal */
export type Cut = { kind: 'aborted' } | { kind: 'deadline' } | { kind: 'timeout' }

/** How a wait ended. @internal */
export type Ending<T> = { kind: 'resolved'; value: T } | { kind: 'rejected'; error: unknown } | Cut

/** One call's scope. Its signal is not aborted yet when it begins; `close()` it in any case. @internal */
export class CallScope {
  readonly startedAtMs: number
  /** Infinity for none. */
  readonly deadlineAtMs: number
  readonly #clock: Clock
  readonly #signal: AbortSignal | undefined
  /** An abort or a passed deadline lasts. A timeout does not: timers fire only while there is a wait to cut. */
  #stopped: Cut | undefined
  #cutWait: ((cut: Cut) => void) | undefined
  #cancelDeadline: (() => void) | undefined
  #cancelTimeout: (() => void) | undefined
  #timeoutAtMs = Infinity
  #isHandedOver = false

  constructor(clock: Clock, options: { signal: AbortSignal | undefined; deadlineMs: number }) {
    this.#clock = clock
    this.#signal = options.signal
    this.startedAtMs = clock.now()
    this.deadlineAtMs = this.startedAtMs + options.deadlineMs
    if (this.#signal !== undefined) listenForAbort(this.#signal, this)
    if (options.deadlineMs < Infinity) {
      this.#cancelDeadline = clock.setTimer(() => this.#onDeadline(), options.deadlineMs)
    }
  }

  /** The signal is aborted: the scope itself listens, so that a call costs no functions for what hardly ever happens. */
  handleEvent(): void {
    this.#stop({ kind: 'aborted' })
  }

  /** Why nothing may be sent any more; undefined while it may. */
  get stopped(): Cut | undefined {
    // Read from the clock, too: a timer is late on a busy machine.
    if (this.#stopped === undefined && this.#clock.now() >= this.deadlineAtMs) {
      this.#stopped = { kind: 'deadline' }
    }
    return this.#stopped
  }

  /** Waits for `promise`, a native one, or for the first cut. Never rejects. */
  wait<T>(promise: Promise<T>): Promise<Ending<T>> {
    return new Promise((resolve) => {
      // An abort may have come between two waits, even out of the caller's own function.
      if (this.#stopped === undefined) this.#cutWait = resolve
      else resolve(this.#stopped)
      promise.then(
        (value) => resolve({ kind: 'resolved', value }),
        (error: unknown) => resolve({ kind: 'rejected', error }),
      )
    })
  }

  /** Waits until `atMs` on the clock, never less, or until the call is stopped. */
  async sleepUntil(atMs: number): Promise<Ending<void>> {
    let cancel: (() => void) | undefined
    const elapsed = new Promise<void>((resolve) => {
      const arm = (): void => {
        // Host timers fire up to a millisecond early; what the server named is a floor.
        const remainingMs = atMs - this.#clock.now()
        if (remainingMs > 0) cancel = this.#clock.setTimer(arm, remainingMs)
        else resolve()
      }
      arm()
    })
    const ending = await this.wait(elapsed)
    cancel?.()
    return ending
  }

  /** From now on, waits are cut as timed out after `delayMs` (Infinity for never). Replaces the timeout before. */
  startTimeout(delayMs: number): void {
    this.endTimeout()
    if (delayMs === Infinity) return
    this.#timeoutAtMs = this.#clock.now() + delayMs
    this.#cancelTimeout = this.#clock.setTimer(() => this.#onTimeout(), delayMs)
  }

  endTimeout(): void {
    if (this.#isHandedOver) return
    this.#cancelTimeout?.()
    this.#cancelTimeout = undefined
    this.#timeoutAtMs = Infinity
  }

  /**
   * The call is over but for an answer's body: its listener and timers stay, and what they cut goes to `onCut`.
   *
   * @returns What ends that, once the body has ended; the call's own `close()` and `endTimeout()` do nothing until then.
   */
  handOver(onCut: (cut: Cut) => void): () => void {
    this.#cutWait = onCut
    this.#letProcessEnd()
    this.#isHandedOver = true
    return () => {
      this.#isHandedOver = false
      this.close()
    }
  }

  /** Takes back the listener and the timers. */
  close(): void {
    if (this.#isHandedOver) return
    this.endTimeout()
    this.#cancelDeadline?.()
    this.#signal?.removeEventListener('abort', this)
    this.#cutWait = undefined
  }

  /** A body that nobody reads is no reason to go on; one that is being read has a connection that is. */
  #letProcessEnd(): void {
    const nowMs = this.#clock.now()
    const inBackground = { keepsAlive: false }
    if (this.#cancelTimeout !== undefined) {
      this.#cancelTimeout()
      const remainingMs = this.#timeoutAtMs - nowMs
      this.#cancelTimeout = this.#clock.setTimer(() => this.#onTimeout(), remainingMs, inBackground)
    }
    if (this.#cancelDeadline !== undefined) {
      this.#cancelDeadline()
      const remainingMs = this.deadlineAtMs - nowMs
      this.#cancelDeadline = this.#clock.setTimer(
        () => this.#onDeadline(),
        remainingMs,
        inBackground,
      )
    }
  }

  #onDeadline(): void {
    this.#stop({ kind: 'deadline' })
  }

  #onTimeout(): void {
    this.#cutWait?.({ kind: 'timeout' })
  }

  #stop(cut: Cut): void {
    this.#stopped ??= cut
    this.#cutWait?.(this.#stopped)
  }
}
