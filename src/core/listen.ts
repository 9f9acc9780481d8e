/**
 * Listening to signals that many calls may share.
 */
import { defaultMaxListeners, getMaxListeners, setMaxListeners } from 'node:events'

/**
 * Listens for the abort of a signal. One signal for a thousand calls is ordinary use, as it is for `fetch`; Node would
 * warn of a leak from the eleventh on. A limit that somebody has set stays.
 *
 * @internal
 */
export function listenForAbort(
  signal: AbortSignal,
  listener: EventListenerOrEventListenerObject,
): void {
  try {
    if (getMaxListeners(signal) === defaultMaxListeners) setMaxListeners(Infinity, signal)
  } catch {
    // A signal of another make, or one that somebody has already set to 0, for none: both have nothing to warn of.
  }
  signal.addEventListener('abort', listener)
}
