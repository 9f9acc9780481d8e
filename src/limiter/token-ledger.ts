/**
 * What becomes of the tokens of one limit once they are reserved: they are counted, given back, or owed.
 *
 * The window and the pacer of the limit keep the numbers; this knows which of them a settlement changes. What a call used
 * beyond its estimate is a debt, whatever the server counts. What it did not use comes back only where the server counts
 * used tokens, and only while the window has not yet noted the estimate as counted.
 */
import type { TokenAccounting } from '../core/profile.ts'
import type { Grant } from './constraint.ts'
import { Fifo } from './fifo.ts'
import type { GcraPacer } from './gcra-pacer.ts'
import type { StrictWindow } from './strict-window.ts'

/** The tokens that one grant reserved, in every token limit of its lane. @internal */
export class TokenHold implements Grant {
  readonly grantedAtMs: number
  readonly cost: number
  /** Own tokens of the lane's windows that had come back by the grant, since the beginning. */
  readonly freedBefore: number
  isSettled = false
  /** Nobody will say what the answer came to. */
  isAbandoned = false

  constructor(grantedAtMs: number, cost: number, freedBefore = 0) {
    this.grantedAtMs = grantedAtMs
    this.cost = cost
    this.freedBefore = freedBefore
  }
}

/** The tokens of a limit that may still come back, for whoever asks how soon there can be room. @internal */
export class RefundableTokens {
  readonly #countedWithinMs: number
  /** In the order of the grants; who has left is dropped when it comes up. */
  readonly #holds = new Fifo<TokenHold>()
  #tokens = 0

  constructor(countedWithinMs: number) {
    this.#countedWithinMs = countedWithinMs
  }

  at(nowMs: number): number {
    for (let first = this.#holds.peek(); first !== undefined; first = this.#holds.peek()) {
      const hasLeft = first.isSettled || first.isAbandoned
      if (!hasLeft && !this.#isLate(nowMs, first)) break
      if (!hasLeft) this.#tokens -= first.cost
      this.#holds.shift()
    }
    return this.#tokens
  }

  add(hold: TokenHold): void {
    this.#tokens += hold.cost
    this.#holds.push(hold)
  }

  /** Takes out a hold that ends now, before it is marked so. Returns false where it is too late for a refund. */
  remove(nowMs: number, hold: TokenHold): boolean {
    this.at(nowMs)
    if (this.#isLate(nowMs, hold)) return false
    this.#tokens -= hold.cost
    return true
  }

  #isLate(nowMs: number, hold: TokenHold): boolean {
    return hold.grantedAtMs + this.#countedWithinMs <= nowMs
  }
}

/** @internal */
export interface TokenLedgerParts {
  readonly accounting: TokenAccounting
  readonly window: StrictWindow | undefined
  readonly pacer: GcraPacer
  readonly refundable: RefundableTokens | undefined
}

/** @internal */
export class TokenLedger {
  readonly window: StrictWindow | undefined
  readonly pacer: GcraPacer
  readonly #accounting: TokenAccounting
  readonly #refundable: RefundableTokens | undefined

  constructor(parts: TokenLedgerParts) {
    this.window = parts.window
    this.pacer = parts.pacer
    this.#accounting = parts.accounting
    this.#refundable = parts.refundable
  }

  take(hold: TokenHold): void {
    this.window?.take(hold)
    this.pacer.take(hold)
    this.#refundable?.add(hold)
  }

  /** The answer has ended and came to `used` tokens. Called once a hold, before its `isSettled` is set. */
  settle(nowMs: number, hold: TokenHold, used: number): void {
    const counted = this.#accounting === 'used' ? used : Math.max(used, hold.cost)
    this.window?.settle(nowMs, hold, counted)
    const isInTime = this.#refundable?.remove(nowMs, hold) === true
    if (used > hold.cost) this.pacer.charge(nowMs, used - hold.cost)
    else if (isInTime) this.pacer.refund(hold.cost - used)
  }

  /** Nobody will say what the answer came to: its estimate counts. Called before its `isAbandoned` is set. */
  abandon(nowMs: number, hold: TokenHold): void {
    this.#refundable?.remove(nowMs, hold)
  }
}
