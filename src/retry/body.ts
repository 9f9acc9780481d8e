/**
 * Reads a response's body so that reading can be stopped at any moment, and keeps what came until then.
 *
 * A stream is read through its reader, because `text()` locks a body that nobody could cancel any more; a response
 * without one (a light double) is read by `text()`. Nothing here throws synchronously, and cancelling never rejects.
 */

/** One reading of one body. @internal */
export class BodyReading {
  /** The same as bytes, where they are kept. */
  readonly bytes: Uint8Array[] = []
  /** The body has ended, and all of it is here. */
  isComplete = false
  readonly #response: Response
  readonly #keepsBytes: boolean
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #isCancelled = false
  #text = ''
  /** The only chunk so far: most bodies are one, and to decode it at the end takes no decoder that remembers. */
  #onlyChunk: Uint8Array | undefined

  /** @param options.keepsBytes - For giving the body to somebody else; its rest is then left to them. */
  constructor(response: Response, options?: { keepsBytes: boolean }) {
    this.#response = response
    this.#keepsBytes = options?.keepsBytes === true
  }

  /** What has come so far. */
  get text(): string {
    if (this.#onlyChunk === undefined) return this.#text
    // What is cut in the middle of a character ends before it.
    return new TextDecoder().decode(this.#onlyChunk, { stream: !this.isComplete })
  }

  /** What reads the rest, where reading was begun on a stream. */
  get reader(): ReadableStreamDefaultReader<Uint8Array> | undefined {
    return this.#reader
  }

  /**
   * Reads to the end, or until at least `lengthMax` UTF-16 units have come; then the rest is cancelled.
   *
   * @throws What the stream fails with; `text` then holds the part before.
   */
  async read(lengthMax: number): Promise<string> {
    const stream = this.#response.body
    if (typeof stream?.getReader !== 'function') {
      this.#text = await this.#response.text()
      if (this.#keepsBytes) this.bytes.push(new TextEncoder().encode(this.#text))
      this.isComplete = true
      return this.#text
    }
    this.#reader = stream.getReader()
    return this.#readStream(this.#reader, lengthMax)
  }

  async #readStream(
    reader: ReadableStreamDefaultReader<Uint8Array>,
    lengthMax: number,
  ): Promise<string> {
    let decoder: TextDecoder | undefined
    while (this.#lengthAtMost() < lengthMax || this.text.length < lengthMax) {
      const { done, value } = await reader.read()
      // A stream that was cancelled ends, too, and what it had left never came.
      this.isComplete = done && !this.#isCancelled
      if (done) {
        if (decoder === undefined) return this.text
        this.#text += decoder.decode()
        return this.#text
      }
      if (this.#keepsBytes) this.bytes.push(value)
      if (decoder === undefined && this.#onlyChunk === undefined) {
        this.#onlyChunk = value
        continue
      }
      if (decoder === undefined) {
        decoder = new TextDecoder()
        this.#text = decoder.decode(this.#onlyChunk, { stream: true })
        this.#onlyChunk = undefined
      }
      this.#text += decoder.decode(value, { stream: true })
    }
    if (!this.#keepsBytes) this.cancel()
    return this.text
  }

  /** A byte is at most one UTF-16 unit, so where the bytes are few the text need not be made to know. */
  #lengthAtMost(): number {
    return this.#onlyChunk?.byteLength ?? this.#text.length
  }

  /** Gives the rest up, once. The source is told, so that a connection does not stay open for it. */
  cancel(): void {
    if (this.#isCancelled) return
    this.#isCancelled = true
    cancelQuietly(this.#reader ?? this.#response.body)
  }
}

/** Cancels the body of a response that nobody will read; harmless on anything else. @internal */
export function discardBody(response: unknown): void {
  if (typeof response !== 'object' || response === null || !('body' in response)) return
  cancelQuietly(response.body)
}

/** A body that is locked, broken or absent cannot be cancelled, and need not be. */
function cancelQuietly(target: unknown): void {
  if (typeof target !== 'object' || target === null || !('cancel' in target)) return
  const { cancel } = target
  if (typeof cancel !== 'function') return
  void (async (): Promise<unknown> => cancel.call(target))().catch(() => undefined)
}
