/**
 * The memory of a limiter that counts its own grants: each holds a slot for so long that the server has counted it and
 * forgotten it again. Who is served, when, and who looks again is the limiter's own affair.
 */
import type { LimiterOptions } from './contract.ts'

/** The server's window. @internal */
export const windowMs = 60_000

/** How long a slot is held from its grant: the window, the way to the server, and 12 ms for clocks 100 ppm apart. @internal */
export function safeHoldMs({ arrivalBoundMs }: Pick<LimiterOptions, 'arrivalBoundMs'>): number {
  return windowMs + arrivalBoundMs + 12
}

/** Grants that still hold their slot. The instants it is given never go back. @internal */
export class GrantLog {
  readonly #max: number
  readonly #holdMs: number
  readonly #grants: number[] = []

  constructor(limits: { max: number; holdMs: number }) {
    this.#max = limits.max
    this.#holdMs = limits.holdMs
  }

  /** Takes a slot where one is free. */
  tryTake(now: number): boolean {
    if (this.waitMs(now) > 0) return false
    this.#grants.push(now)
    return true
  }

  /** How long until a slot is free, in milliseconds; 0: one is. */
  waitMs(now: number): number {
    while (this.#grants[0] !== undefined && this.#grants[0] + this.#holdMs <= now) {
      this.#grants.shift()
    }
    if (this.#grants.length < this.#max) return 0
    return (this.#grants[0] ?? now) + this.#holdMs - now
  }
}
