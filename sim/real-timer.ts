/** Real time, for watching over processes while this one's timers are virtual. */

// Taken when this module is loaded, which is before the globals are replaced.
// oxlint-disable-next-line no-restricted-properties
const { setTimeout: setRealTimeout, clearTimeout: clearRealTimeout } = globalThis

/** @returns A function that cancels the timer. */
export function startRealTimer(callback: () => void, delayMs: number): () => void {
  const handle = setRealTimeout(callback, delayMs)
  return () => clearRealTimeout(handle)
}
