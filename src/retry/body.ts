/**
 * Reads a response's body so that reading can be stopped at any moment, and keeps what came until then.
 *
 * A stream is read through its reader, because `text()` locks a body that nobody could cancel any more; a response
 * without one (a light double) is read by `text()`. Nothing here throws synchronously, and cancelling never rejects.
 */

/** One reading of one body. @internal */
export class BodyReading {
  /** What has come so far. */
  text = ''
  readonly #response: Response
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #isCancelled = false

  constructor(response: Response) {
    this.#response = response
  }

  /**
   * Reads to the end, or until at least `lengthMax` UTF-16 units have come; then the rest is cancelled.
   *
   * @throws What the stream fails with; `text` then holds the part before.
   */
  async read(lengthMax: number): Promise<string> {
    const stream = this.#response.body
    if (typeof stream?.getReader !== 'function') {
      this.text = await this.#response.text()
      return this.text
    }
    this.#reader = stream.getReader()
    const decoder = new TextDecoder()
    while (this.text.length < lengthMax) {
      const { done, value } = await this.#reader.read()
      this.text += done ? decoder.decode() : decoder.decode(value, { stream: true })
      if (done) return this.text
    }
    this.cancel()
    return this.text
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
