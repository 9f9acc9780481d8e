/**
 * Marks the options of a request that no layer of ours may send twice: whoever asks decides what follows a failure.
 *
 * A symbol and not a header, so that nothing of it reaches a server. A wrapper that passes the options on, also as a copy by
 * spreading, passes the mark on; one that makes a `Request` of them loses it.
 */

/** Of the global registry, so that two installed copies know each other's. */
const onceMark = Symbol.for('together-rate-limits/once')

/** @returns A copy with the mark. @internal */
export function markAsOnce<Init extends RequestInit>(init: Init): Init {
  return Object.assign({ [onceMark]: true }, init)
}

/** @internal */
export function isMarkedOnce(init: RequestInit | undefined): boolean {
  return typeof init === 'object' && init !== null && onceMark in init
}
