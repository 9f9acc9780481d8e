/**
 * The limit that a server with a dynamic rate owes a client, from the log of what it accepted: twice the past hour's rate
 * of success, between a base and a cap. Written down a second time on purpose: neither the mock's counting nor anything
 * of the client is used, so that a mistake in either shows.
 */
const secondsKept = 3_600

export interface DynamicLimit {
  /** Requests a minute that are always allowed. */
  basePerMinute: number
  capPerMinute: number
}

export class LimitLog {
  readonly #limit: DynamicLimit
  readonly #accepted = new Float64Array(secondsKept)
  #second = 0
  #total = 0

  constructor(limit: DynamicLimit) {
    this.#limit = limit
  }

  accept(atMs: number, requests = 1): void {
    this.#moveTo(Math.floor(atMs / 1_000))
    const place = this.#second % secondsKept
    this.#accepted[place] = (this.#accepted[place] ?? 0) + requests
    this.#total += requests
  }

  /** Requests a second, fractions included. */
  perSecondAt(atMs: number): number {
    this.#moveTo(Math.floor(atMs / 1_000))
    const { basePerMinute, capPerMinute } = this.#limit
    const pastPerMinute = (this.#total / secondsKept) * 60
    return Math.min(capPerMinute, Math.max(basePerMinute, 2 * pastPerMinute)) / 60
  }

  #moveTo(second: number): void {
    while (this.#second < second) {
      this.#second += 1
      const place = this.#second % secondsKept
      this.#total -= this.#accepted[place] ?? 0
      this.#accepted[place] = 0
    }
  }
}

/** When the limit of a client that always sends exactly as much as each second allows reaches its cap: seconds. */
export function idealCapAtS(
  limit: DynamicLimit,
  secondsMax: number,
  acceptedShareAt: (second: number, perSecond: number) => number,
): number {
  const log = new LimitLog(limit)
  let owed = 0
  for (let second = 0; second < secondsMax; second += 1) {
    const perSecond = log.perSecondAt(second * 1_000)
    if (perSecond >= limit.capPerMinute / 60) return second
    owed += perSecond
    const sent = Math.floor(owed)
    owed -= sent
    log.accept(second * 1_000, sent * acceptedShareAt(second, perSecond))
  }
  return Infinity
}
