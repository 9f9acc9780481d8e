/**
 * Texts from requests, cut to what may be kept of them.
 */

/** The first characters of a text. A copy where it is cut: a slice would keep all of a long text in memory. @internal */
export function shorten(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : Array.from(text.slice(0, lengthMax)).join('')
}
