/** Reading `Retry-After`: whole seconds, or a date. What is neither is no hint, and what is past asks for nothing. */

/** A server that names a longer wait than this is not waited for. @internal */
export const hintMsMax = 600_000

/** The wait that an answer names, in milliseconds, 0 for none; a date is taken from `nowMs` of the wall clock. @internal */
export function hintMs(headers: Headers, nowMs: number = Date.now()): number {
  const hint = headers.get('retry-after') ?? ''
  if (/^\d+$/.test(hint)) return Number(hint) * 1000
  const delayMs = Date.parse(hint) - nowMs
  return delayMs > 0 ? delayMs : 0
}

/** What the server's clock said when it answered; ours where it does not show it. @internal */
export function serverTimeMs(headers: Headers): number {
  const sentMs = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(sentMs) ? Date.now() : sentMs
}
