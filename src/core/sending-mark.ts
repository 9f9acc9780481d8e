/**
 * Marks the options of a request whose sender wants to know whether it still waits for its turn.
 *
 * A run that has to stop may let go of what waits, and must not of what was sent: that is paid for. A symbol, for the
 * reasons that `once-mark.ts` gives; under a fetch that does not know it, a request never seems to wait.
 */

/** Where a request is. @internal */
export interface Sending {
  /** Nothing of it is with the server: it waits in the limiter, or for its next attempt. */
  isWaiting: boolean
}

/** Of the global registry, so that two installed copies know each other's. */
const sendingMark = Symbol.for('together-rate-limits/sending')

/** @returns A copy with the mark. @internal */
export function markSending(init: RequestInit, sending: Sending): RequestInit {
  return Object.assign({ [sendingMark]: sending }, init)
}

/** @returns What is to be kept up to date; undefined where nobody asks. @internal */
export function sendingOf(init: RequestInit | undefined): Sending | undefined {
  if (typeof init !== 'object' || init === null || !(sendingMark in init)) return undefined
  const sending = init[sendingMark]
  const isOne = typeof sending === 'object' && sending !== null && 'isWaiting' in sending
  // Only `markSending` puts anything there.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return isOne ? (sending as Sending) : undefined
}
