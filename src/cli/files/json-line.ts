/**
 * A line that holds a JSON object, or what is wrong with it.
 */

/** @internal */
export type JsonObject = Readonly<Record<string, unknown>>

/** One for all lines: to make one costs more than to read a line. */
const decoder = new TextDecoder('utf-8', { fatal: true })

/** @returns What is wrong, where it is none. @internal */
export function parseLine(bytes: Uint8Array): JsonObject | string {
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    return 'is not UTF-8'
  }
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : 'is not a JSON object'
  } catch {
    return 'is not JSON'
  }
}

/** Nothing but white space: no line at all. @internal */
export function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 32 || byte === 9 || byte === 13)
}

/** @internal */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
