/**
 * What the metrics are made of, kept as plain numbers: a request costs a few additions, whether or not anybody ever asks.
 *
 * Names that come from plans and profiles are bounded, or a test that makes up a new id for each fault would fill the
 * memory of whoever scrapes.
 */

import type { ServerEndpoint } from '../handler.ts'

/** Different names that are counted apart; what comes later is counted together. */
const NAMES_MAX = 100
const NAME_LENGTH_MAX = 100

/** Under this name is counted what is too much. @internal */
export const OTHERS = '(others)'

/** Upper bounds of delays, in seconds. @internal */
export const delayBoundsS: readonly number[] = Object.freeze([
  0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
])

/** Sums by name, of so many names at the most. @internal */
export class NamedSums {
  readonly #sums = new Map<string, number>()

  add(name: string, amount: number): void {
    const sum = this.#sums.get(name)
    if (sum !== undefined) this.#sums.set(name, sum + amount)
    else this.#addNew(name.slice(0, NAME_LENGTH_MAX), amount)
  }

  /** Name and sum. */
  entries(): Iterable<[string, number]> {
    return this.#sums
  }

  #addNew(name: string, amount: number): void {
    const kept = this.#sums.has(name) || this.#sums.size < NAMES_MAX ? name : OTHERS
    this.#sums.set(kept, (this.#sums.get(kept) ?? 0) + amount)
  }
}

/** The part of a request that is counted. @internal */
export interface TalliedRequest {
  readonly status: number
  readonly endpoint: ServerEndpoint | undefined
  readonly refusedBy?: string | undefined
  readonly fault?: string | undefined
  readonly tokens?: number | undefined
  readonly delayMs?: number | undefined
}

/** Sums over all requests since the start: a reset of the mock leaves them, as counters never go back. @internal */
export class RequestTally {
  /** Requests by endpoint, then by status. */
  readonly requests: Map<string, Map<number, number>> = new Map()
  readonly refusals: NamedSums = new NamedSums()
  readonly faults: NamedSums = new NamedSums()
  /** By endpoint. */
  readonly tokens: NamedSums = new NamedSums()
  /** Answers whose delay is within each bound and not within the one before; at the end those beyond all. */
  readonly delayCounts: number[] = Array.from({ length: delayBoundsS.length + 1 }, () => 0)
  delaySumMs = 0

  add(entry: TalliedRequest): void {
    const { status, refusedBy, fault, tokens, delayMs = 0 } = entry
    const endpoint = entry.endpoint ?? 'none'
    this.#countRequest(endpoint, status)
    if (refusedBy !== undefined) this.refusals.add(refusedBy, 1)
    if (fault !== undefined) this.faults.add(fault, 1)
    if (tokens !== undefined) this.tokens.add(endpoint, tokens)
    const index = delayMs === 0 ? 0 : indexOfDelay(delayMs)
    this.delayCounts[index] = (this.delayCounts[index] ?? 0) + 1
    this.delaySumMs += delayMs
  }

  #countRequest(endpoint: string, status: number): void {
    let statuses = this.requests.get(endpoint)
    if (statuses === undefined) {
      statuses = new Map()
      this.requests.set(endpoint, statuses)
    }
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
}

/** The place of the first bound that the delay does not exceed; behind the last where it exceeds all. */
function indexOfDelay(delayMs: number): number {
  const found = delayBoundsS.findIndex((boundS) => delayMs <= boundS * 1_000)
  return found < 0 ? delayBoundsS.length : found
}
