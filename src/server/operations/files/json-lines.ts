/**
 * Files of one JSON object per line.
 */

import { parseJsonObject, type JsonObject } from '../body-rules.ts'

const LINE_FEED = 10
/** Space, tab, carriage return: what JSON may have around a value, on one line. */
const blanks: ReadonlySet<number> = new Set([32, 9, 13])
const decoder = new TextDecoder('utf-8', { fatal: true })

/** A line and what it holds. @internal */
export interface JsonLine {
  /** From 1, empty lines counted. */
  readonly number: number
  /** Undefined where the line is not a JSON object in UTF-8. */
  readonly value: JsonObject | undefined
}

/** Reads the lines that are not empty, one after the other. @internal */
export function* readJsonLines(bytes: Uint8Array): Generator<JsonLine, void> {
  for (const { number, line } of splitLines(bytes)) yield { number, value: parseLine(line) }
}

/** How many lines are not empty. @param max - Where to stop counting. @internal */
export function countLines(bytes: Uint8Array, max: number = Infinity): number {
  let count = 0
  for (const _line of splitLines(bytes)) {
    count += 1
    if (count >= max) break
  }
  return count
}

/** The first so many lines, each with its line feed. @internal */
export function takeLines(bytes: Uint8Array, count: number): Uint8Array {
  let end = 0
  for (let taken = 0; taken < count; taken += 1) {
    const found = bytes.indexOf(LINE_FEED, end)
    if (found === -1) return bytes
    end = found + 1
  }
  return bytes.subarray(0, end)
}

function* splitLines(bytes: Uint8Array): Generator<{ number: number; line: Uint8Array }, void> {
  let number = 0
  for (let start = 0; start < bytes.length;) {
    const found = bytes.indexOf(LINE_FEED, start)
    const end = found === -1 ? bytes.length : found
    const line = bytes.subarray(start, end)
    number += 1
    if (!line.every((byte) => blanks.has(byte))) yield { number, line }
    start = end + 1
  }
}

function parseLine(line: Uint8Array): JsonObject | undefined {
  try {
    return parseJsonObject(decoder.decode(line))
  } catch {
    return undefined
  }
}
