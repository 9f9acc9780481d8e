/** How long a retry waits, and the waiting. */

/** The cap of the first backoff, and of all. @internal */
export interface Backoff {
  readonly firstMs: number
  readonly msMax: number
}

/** Half a second to 20 s. @internal */
export const defaultBackoff: Backoff = { firstMs: 500, msMax: 20_000 }

/** Full jitter: anything below a cap that doubles with each retry before. @internal */
export function fullJitterMs(retries: number, backoff: Backoff = defaultBackoff): number {
  return Math.random() * Math.min(backoff.msMax, backoff.firstMs * (1 << Math.min(retries, 16)))
}

/** Waits for so many milliseconds, rounded up: timers have whole ones. @internal */
export function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.ceil(delayMs))
  })
}
