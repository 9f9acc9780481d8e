/**
 * What a limiter granted, with each of its methods called at most once and in the order that no limiter can misread.
 *
 * The limiter is known by structure: any of `settle`, `settleTokens`, `release`, `abandon`, `report` and `observe` may be
 * missing.
 */
import type { Clock } from '../core/clock.ts'

/** What an answer says about the rate. @internal */
export type RateOutcome = 'succeeded' | 'limited' | 'overloaded' | 'failed'

interface LoosePermit {
  observe?: (headers: Headers) => void
  report?: (outcome: RateOutcome) => void
  settle?: () => void
  settleTokens?: (used: number) => void
  release?: () => void
  abandon?: () => void
}

/** One grant. @internal */
export class PermitHandle {
  /** As the limiter gave it. */
  readonly raw: unknown
  readonly #permit: LoosePermit
  readonly #grantedAtMs: number
  #isSettled = false
  #hasTokensSettled = false
  #isFree = false

  constructor(raw: unknown, grantedAtMs: number) {
    this.raw = raw
    this.#permit = typeof raw === 'object' && raw !== null ? raw : {}
    this.#grantedAtMs = grantedAtMs
  }

  /** What the answer says about quotas; before the permit is told anything else. */
  observe(headers: Headers): void {
    this.#permit.observe?.(headers)
  }

  /** What the answer says about the rate. */
  report(outcome: RateOutcome): void {
    this.#permit.report?.(outcome)
  }

  /** The headers came. The place is kept only where a job was started. */
  answer(outcome: { keepsPlace: boolean }): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#permit.settle?.()
    if (!outcome.keepsPlace) this.free()
  }

  /**
   * The answer has ended and came to so many tokens. Where this is not known - broken off, cut, a server's error - it is not
   * called: the estimate then stays reserved for as long as an answer may take.
   */
  settleTokens(used: number): void {
    if (this.#hasTokensSettled) return
    this.#hasTokensSettled = true
    this.#permit.settleTokens?.(used)
  }

  /** The server refused: where that shows that it did nothing, no tokens were used. After the headers were noted. */
  refuse(status: number): void {
    if (isUnserved(status)) this.settleTokens(0)
  }

  /** Nothing was sent. */
  giveBack(): void {
    this.settleTokens(0)
    this.free()
  }

  /** What it occupies is over, or was never used. */
  free(): void {
    if (this.#isFree) return
    this.#isFree = true
    this.#permit.release?.()
  }

  /** The attempt failed without headers. */
  fail(): void {
    if (this.#permit.abandon === undefined || this.#isFree) this.free()
    else this.#abandon()
  }

  /**
   * The attempt was given up while its request may still be on its way to the server.
   *
   * A limiter that can only be told `release` would count from that moment; so it is told when the request must have
   * arrived, by a timer that outlives the call.
   */
  orphan(clock: Clock, arrivalBoundMs: number): void {
    if (this.#isFree) return
    if (this.#permit.abandon !== undefined) {
      this.#abandon()
      return
    }
    const remainingMs = this.#grantedAtMs + arrivalBoundMs - clock.now()
    if (this.#permit.release === undefined || remainingMs <= 0) this.free()
    else clock.setTimer(() => this.free(), remainingMs)
  }

  #abandon(): void {
    this.#isFree = true
    this.#permit.abandon?.()
  }
}

/**
 * Whether a refusal shows that no tokens were used. A server that counts what it refuses counts what was asked for, and
 * under such a profile (`reserved`) the limiter keeps the estimate all the same. Not so a 408 or 499, where somebody was
 * tired of waiting, nor any 5xx: behind a gateway that gave up, the answer may have been written and counted.
 */
function isUnserved(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 499
}
