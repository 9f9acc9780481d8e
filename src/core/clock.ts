/**
 * The only place in `src` that reads time or sets timers.
 *
 * Elapsed time is monotonic (`now`), wall time (`wallNow`) is for HTTP dates only. The system clock reads its globals
 * at every call, never at import, so that a simulator may inject a clock or fake the globals after we were imported.
 */

/** A source of time and timers. @public */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary start. Never goes back, is unaffected by wall-clock changes. */
  now(): number
  /** Unix milliseconds. May jump either way; unsuitable for elapsed time. */
  wallNow(): number
  /**
   * Calls `callback` once, not before `delayMs` have passed; a host timer may still fire up to a millisecond early, so
   * the callback re-reads `now()` where that matters.
   *
   * @param delayMs - Any number; below zero or NaN counts as zero, fractions are rounded up to whole milliseconds.
   * @param options.keepsAlive - False for a timer that alone is no reason for a process to go on; a clock may ignore it.
   * @returns A function that cancels the timer. It may be called at any time, more than once.
   */
  setTimer(
    callback: () => void,
    delayMs: number,
    options?: { readonly keepsAlive: boolean },
  ): () => void
}

/** Node fires a timer of a longer delay after 1 ms. */
const TIMER_DELAY_MS_MAX = 2_147_483_647

/** The host's clock: `performance.now`, `Date.now` and `setTimeout`, each looked up when it is called. @public */
export const systemClock: Clock = Object.freeze({
  now: () => globalThis.performance.now(),
  wallNow: () => globalThis.Date.now(),
  setTimer: setSystemTimer,
})

function setSystemTimer(
  callback: () => void,
  delayMs: number,
  options?: { readonly keepsAlive: boolean },
): () => void {
  const wholeMs = delayMs > 0 ? Math.ceil(delayMs) : 0
  if (wholeMs > TIMER_DELAY_MS_MAX) return setLongTimer(callback, wholeMs, options)
  const handle = globalThis.setTimeout(callback, wholeMs)
  if (options?.keepsAlive === false) handle.unref?.()
  return () => globalThis.clearTimeout(handle)
}

/** In steps that the host can hold; a delay of infinity is re-armed for ever. */
function setLongTimer(
  callback: () => void,
  delayMs: number,
  options?: { readonly keepsAlive: boolean },
): () => void {
  let remainingMs = delayMs
  let handle: ReturnType<typeof setTimeout> | undefined
  const arm = (): void => {
    const stepMs = Math.min(remainingMs, TIMER_DELAY_MS_MAX)
    remainingMs -= stepMs
    handle = globalThis.setTimeout(remainingMs > 0 ? arm : callback, stepMs)
    if (options?.keepsAlive === false) handle.unref?.()
  }
  arm()
  return () => globalThis.clearTimeout(handle)
}
