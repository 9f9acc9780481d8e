/**
 * The code that people copy today, as a subject: a token bucket and a retry loop.
 *
 * Written from a description of that code and kept as honest as it is: this is what a reasonable first version looks
 * like, and every weakness in it is one that the copies have. It is here to be judged, never to be used.
 */

/* oxlint-disable no-restricted-globals, no-restricted-properties -- what is judged reads the host's clock and chance itself; the simulator replaces them */

/** At most so many requests per minute, by a bucket that starts full. @internal */
export class TogetherRateLimiter {
  readonly #maxPerMinute: number
  readonly #queue: (() => void)[] = []
  #tokens: number
  #refilledAt: number

  constructor(maxPerMinute = 600) {
    this.#maxPerMinute = maxPerMinute
    this.#tokens = maxPerMinute
    this.#refilledAt = Date.now()
  }

  /** Takes a token, or waits in line for one. */
  async acquire(): Promise<void> {
    this.#refill()
    this.#serve()
    if (this.#tokens >= 1) {
      this.#tokens -= 1
      return
    }
    await new Promise<void>((resolve) => {
      this.#queue.push(resolve)
    })
  }

  #refill(): void {
    const now = Date.now()
    const refill = ((now - this.#refilledAt) / 60_000) * this.#maxPerMinute
    this.#tokens = Math.min(this.#maxPerMinute, this.#tokens + refill)
    this.#refilledAt = now
  }

  /** Whoever calls next lets the ones in line go first; nobody calls on their behalf. */
  #serve(): void {
    while (this.#tokens >= 1) {
      const next = this.#queue.shift()
      if (next === undefined) return
      this.#tokens -= 1
      next()
    }
  }
}

/**
 * Sends a request through the limiter, and again when the server says 429 or 5xx.
 *
 * @param maxRetries - Attempts after the first.
 * @returns The parsed JSON body.
 * @throws {Error} For other statuses, and when the attempts are used up. Network errors pass through.
 * @internal
 */
export async function togetherRetry<T>(
  limiter: { acquire(): Promise<unknown> },
  fn: () => Promise<Response>,
  maxRetries = 4,
): Promise<T> {
  for (let attempt = 0; attempt <= maxRetries; attempt += 1) {
    await limiter.acquire()
    const response = await fn()
    if (response.ok) {
      const body: T = await response.json()
      return body
    }
    if (response.status === 429) {
      const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '5', 10)
      await sleep(seconds * 1000 + Math.random() * 2000)
    } else if (response.status >= 500) {
      await sleep(1000 * (1 << attempt))
    } else {
      throw new Error(`Together API error ${response.status}: ${await response.text()}`)
    }
  }
  throw new Error(`Together API: no success after ${maxRetries} retries`)
}

function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs)
  })
}

/** The subject contract's limiter. @internal */
export function createLimiter(options: {
  maxPerMinute: number
  arrivalBoundMs: number
}): TogetherRateLimiter {
  return new TogetherRateLimiter(options.maxPerMinute)
}

/** The subject contract's retry. @internal */
export const retry: typeof togetherRetry = togetherRetry
