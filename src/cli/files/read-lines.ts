/**
 * Reads a file line by line, whatever its size.
 */
import type { DiskFile } from './disk.ts'

/** @internal */
export interface FileLine {
  /** From 1. */
  readonly number: number
  /** Where it begins, in bytes. */
  readonly offset: number
  /** Without its line feed. */
  readonly bytes: Uint8Array
  /** False for a last line without a line feed. */
  readonly isEnded: boolean
}

const chunkBytes = 262_144
const lineFeed = 10

/** All lines; after the last line feed there is one more only if something stands there. @internal */
export async function* readLines(file: DiskFile): AsyncGenerator<FileLine, void, undefined> {
  let position = 0
  let offset = 0
  let number = 1
  let pieces: Uint8Array[] = []
  for (;;) {
    const chunk = await file.read(position, chunkBytes)
    if (chunk.length === 0) break
    position += chunk.length
    let from = 0
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, from)) {
      const bytes = join([...pieces, chunk.subarray(from, end)])
      yield { number, offset, bytes, isEnded: true }
      pieces = []
      number += 1
      offset += bytes.length + 1
      from = end + 1
    }
    if (from < chunk.length) pieces.push(chunk.subarray(from))
  }
  if (pieces.length > 0) yield { number, offset, bytes: join(pieces), isEnded: false }
}

/** One after the other, in one piece. @internal */
export function join(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces
  if (first !== undefined && pieces.length === 1) return first
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
