/**
 * Marks responses on which a layer of ours has given up, for another layer of ours in front of it: it must not begin again
 * where the first one has ended.
 *
 * The header `x-should-retry` does not serve for this: servers send it, too.
 */

/** Of the global registry, so that two installed copies know each other's. */
const finalMark = Symbol.for('together-rate-limits/final')

/** @returns The same object. @internal */
export function markAsFinal(response: Response): Response {
  return Object.defineProperty(response, finalMark, { value: true })
}

/** @internal */
export function isMarkedFinal(response: Response): boolean {
  return finalMark in response
}
