/**
 * Puts a file together line by line, without ever holding it as one string: those have an end.
 */

const CHUNK_CHARACTERS = 65_536
const encoder = new TextEncoder()

/** A file that is being written. @internal */
export class LineWriter {
  readonly #chunks: Uint8Array[] = []
  #pending = ''
  #length = 0

  /** Bytes written so far, but for the last few lines. */
  get length(): number {
    return this.#length
  }

  /** Adds a line. @param text - Without line feeds. */
  write(text: string): void {
    this.#pending += `${text}\n`
    if (this.#pending.length >= CHUNK_CHARACTERS) this.#flush()
  }

  /** The whole file. */
  join(): Uint8Array {
    this.#flush()
    const whole = new Uint8Array(this.#length)
    let at = 0
    for (const chunk of this.#chunks) {
      whole.set(chunk, at)
      at += chunk.length
    }
    return whole
  }

  #flush(): void {
    if (this.#pending === '') return
    const chunk = encoder.encode(this.#pending)
    this.#pending = ''
    this.#chunks.push(chunk)
    this.#length += chunk.length
  }
}
