/**
 * Numbers of the command line.
 */

/** The number that a text spells out, or the text itself, so that the error shows what was typed. @internal */
export function toNumber(text: string): unknown {
  return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)
}
