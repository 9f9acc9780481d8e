/**
 * Holds a long run back while the service is down, and finds out with one request at a time when it is up again.
 *
 * The retry below gives up on a request after minutes at the most; a run of hours has to outlast more than that, and
 * must not send everything it has at a service that answers nothing.
 */
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'

/** @internal */
export interface OutageGateOptions {
  readonly clock: Clock
  readonly random: Random
}

/** Before the first probe; each that fails doubles it. */
const probeDelayMsMin = 1_000
const probeDelayMsMax = 60_000

/** Open at first. @internal */
export class OutageGate {
  /** Requests that succeeded. */
  successCount = 0
  /** Requests that have passed, and of which nobody has said what came of them. */
  underWayCount = 0
  /** Requests that have passed: the number of the newest. */
  passCount = 0
  /** The newest that succeeded, by its number. */
  newestSuccess = 0
  readonly #options: OutageGateOptions
  /** Undefined while it is open. */
  #closedAtMs: number | undefined
  #delayMs = probeDelayMsMin
  /** Until then the server has asked to wait. */
  #notBeforeMs = -Infinity
  readonly #waiters: (() => void)[] = []
  #isProbing = false
  #cancelTimer: (() => void) | undefined

  constructor(options: OutageGateOptions) {
    this.#options = options
  }

  /** Requests that are held back. */
  get waitingCount(): number {
    return this.#waiters.length
  }

  /** How long it has been closed, in milliseconds; 0 while it is open. */
  get closedForMs(): number {
    return this.#closedAtMs === undefined ? 0 : this.#options.clock.now() - this.#closedAtMs
  }

  /** Resolves when a request may be sent, with its number. */
  async pass(): Promise<number> {
    if (this.#closedAtMs !== undefined) {
      await new Promise<void>((resolve) => {
        this.#waiters.push(resolve)
        this.#arm()
      })
    }
    this.underWayCount += 1
    this.passCount += 1
    return this.passCount
  }

  /**
   * A request that had passed was answered, well or for a reason of its own: the service is there.
   *
   * @param pass - Its number.
   */
  open(pass: number): void {
    this.underWayCount -= 1
    this.successCount += 1
    this.newestSuccess = Math.max(this.newestSuccess, pass)
    this.letAllPass()
  }

  /** Opens without a success: whoever was held back is told by others that it is over. */
  letAllPass(): void {
    if (this.#closedAtMs === undefined) return
    this.#closedAtMs = undefined
    this.#delayMs = probeDelayMsMin
    this.#notBeforeMs = -Infinity
    this.#isProbing = false
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    for (const letPass of this.#waiters.splice(0)) letPass()
  }

  /** A request that had passed found the service down. @param namedMs - How long the server asked to wait. */
  close(namedMs: number): void {
    this.underWayCount -= 1
    const wasProbe = this.#isProbing
    this.#isProbing = false
    if (this.#closedAtMs === undefined) this.#closedAtMs = this.#options.clock.now()
    // What was under way when it closed says nothing new.
    else if (wasProbe) this.#delayMs = Math.min(probeDelayMsMax, this.#delayMs * 2)
    this.#notBeforeMs = Math.max(this.#notBeforeMs, this.#options.clock.now() + namedMs)
    this.#arm()
  }

  /** At the end of the delay one request goes to see. */
  #arm(): void {
    if (this.#cancelTimer !== undefined || this.#isProbing || this.#waiters.length === 0) return
    const { clock, random } = this.#options
    const namedMs = this.#notBeforeMs - clock.now()
    const delayMs = Math.max(this.#delayMs * (1 + random.next() / 4), namedMs)
    this.#cancelTimer = clock.setTimer(() => {
      this.#cancelTimer = undefined
      // Somebody else was asked to wait longer in the meantime.
      if (clock.now() < this.#notBeforeMs) return this.#arm()
      this.#isProbing = true
      this.#waiters.shift()?.()
    }, delayMs)
  }
}
