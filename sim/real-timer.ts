/** Real time, for watching over processes and showing progress while this one's timers are virtual. */

// Taken when this module is loaded, which is before the globals are replaced.
// oxlint-disable-next-line no-restricted-properties
const { setTimeout: setRealTimeout, clearTimeout: clearRealTimeout } = globalThis
// oxlint-disable-next-line no-restricted-globals
const readRealClock = performance.now.bind(performance)

/** Monotonic milliseconds. */
export function realNowMs(): number {
  return readRealClock()
}

/** @returns A function that cancels the timer. */
export function startRealTimer(callback: () => void, delayMs: number): () => void {
  const handle = setRealTimeout(callback, delayMs)
  return () => clearRealTimeout(handle)
}
