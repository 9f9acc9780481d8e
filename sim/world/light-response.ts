/**
 * The direct transport's answer: what a caller of `fetch` uses of a `Response`, at a fraction of its cost.
 *
 * It knows when its body has been dealt with, and a body that was cut fails as undici's does.
 */

/** What happens to a body, told to whoever watches. */
export interface BodyEvents {
  /** The body was read to its end, failed to, or was cancelled. */
  onDone(): void
}

const encoder = new TextEncoder()

export interface LightResponseParts {
  status: number
  headers: Readonly<Record<string, string>>
  text: string
  /** Whether `text` is all that the server meant to send. */
  whole: boolean
  /** Resolves when the body's last byte is here; undefined where it came with the headers. */
  arrived: Promise<void> | undefined
  events: BodyEvents
}

export class LightResponse {
  readonly status: number
  readonly ok: boolean
  readonly statusText = ''
  readonly redirected = false
  readonly type = 'basic'
  readonly url = ''
  readonly headers: LightHeaders
  readonly #parts: LightResponseParts
  #bodyUsed = false
  #stream: LightStream | undefined

  constructor(parts: LightResponseParts) {
    this.status = parts.status
    this.ok = parts.status >= 200 && parts.status < 300
    this.headers = new LightHeaders(parts.headers)
    this.#parts = parts
  }

  get bodyUsed(): boolean {
    return this.#bodyUsed
  }

  /** A stream of one chunk; cancelling it counts as having dealt with the body. */
  get body(): LightStream {
    this.#stream ??= new LightStream(this)
    return this.#stream
  }

  /** For the stream: the body will not be read. @internal */
  discard(): void {
    this.#bodyUsed = true
    this.#parts.events.onDone()
  }

  /**
   * For the stream: not by way of `bytes`, which whoever wraps a response may replace. Never of Node's pool of buffers: a
   * chunk that is passed on as bytes is transferred, and takes the pool of the whole process along. @internal
   */
  async readBytes(): Promise<Uint8Array> {
    return encoder.encode(await this.#read())
  }

  text(): Promise<string> {
    return this.#read()
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.#read())
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return encoder.encode(await this.#read()).buffer
  }

  async bytes(): Promise<Uint8Array> {
    return encoder.encode(await this.#read())
  }

  async blob(): Promise<Blob> {
    return new Blob([await this.#read()])
  }

  clone(): LightResponse {
    if (this.#bodyUsed) throw new TypeError('Response.clone: Body has already been consumed.')
    return new LightResponse(this.#parts)
  }

  /** Not by way of the methods above: whoever wraps a response replaces them on the object itself. */
  async #read(): Promise<string> {
    if (this.#bodyUsed) throw new TypeError('Body is unusable: Body has already been read')
    this.#bodyUsed = true
    await this.#parts.arrived
    this.#parts.events.onDone()
    if (this.#parts.whole) return this.#parts.text
    throw networkError('terminated', 'other side closed', 'UND_ERR_SOCKET')
  }
}

/** The part of `ReadableStream` that readers of a body use; pipes are real ones, fed from here. */
export class LightStream {
  locked = false
  readonly #source: LightSource
  #isOver = false
  #endRead: (() => void) | undefined

  constructor(source: LightSource) {
    this.#source = source
  }

  getReader(): LightReader {
    if (this.locked) throw new TypeError('Invalid state: ReadableStream is locked')
    this.locked = true
    return new LightReader(this)
  }

  async cancel(): Promise<void> {
    if (this.locked) throw new TypeError('Invalid state: ReadableStream is locked')
    return this.discard()
  }

  pipeTo(destination: WritableStream<Uint8Array>, options?: StreamPipeOptions): Promise<void> {
    return this.#toReal().pipeTo(destination, options)
  }

  pipeThrough<T>(
    transform: ReadableWritablePair<T, Uint8Array>,
    options?: StreamPipeOptions,
  ): ReadableStream<T> {
    return this.#toReal().pipeThrough(transform, options)
  }

  tee(): [ReadableStream<Uint8Array>, ReadableStream<Uint8Array>] {
    return this.#toReal().tee()
  }

  /** Leaving it cancels the stream, before the first chunk too, which a generator would not: SDKs drop bodies so. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    const reader = this.getReader()
    const iterator: AsyncIterableIterator<Uint8Array> = {
      next: async () => {
        try {
          const { done, value } = await reader.read()
          if (!done && value !== undefined) return { done: false, value }
        } catch (error) {
          reader.releaseLock()
          throw error
        }
        reader.releaseLock()
        return { done: true, value: undefined }
      },
      return: async (value?: unknown) => {
        await reader.cancel()
        reader.releaseLock()
        return { done: true, value }
      },
      [Symbol.asyncIterator]: () => iterator,
    }
    return iterator
  }

  #toReal(): ReadableStream<Uint8Array> {
    if (this.locked) throw new TypeError('Invalid state: ReadableStream is locked')
    this.locked = true
    // A length of 0: nothing is read before somebody asks.
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const { done, value } = await this.readChunk()
          if (done || value === undefined) controller.close()
          else controller.enqueue(value)
        },
        cancel: () => this.discard(),
      },
      { highWaterMark: 0 },
    )
  }

  /** For its reader. @internal */
  readChunk(): Promise<LightChunk> {
    if (this.#isOver) return Promise.resolve(ended)
    this.#isOver = true
    return new Promise((resolve, reject) => {
      this.#endRead = () => resolve(ended)
      this.#source.readBytes().then((value) => resolve({ done: false, value }), reject)
    })
  }

  /** For its reader: who waits for a chunk learns that there will be none. @internal */
  async discard(): Promise<void> {
    this.#isOver = true
    this.#endRead?.()
    this.#source.discard()
  }
}

interface LightSource {
  readBytes(): Promise<Uint8Array>
  discard(): void
}

const ended: LightChunk = Object.freeze({ done: true, value: undefined })

interface LightChunk {
  done: boolean
  value: Uint8Array | undefined
}

export class LightReader {
  readonly #stream: LightStream

  constructor(stream: LightStream) {
    this.#stream = stream
  }

  read(): Promise<LightChunk> {
    return this.#stream.readChunk()
  }

  cancel(): Promise<void> {
    return this.#stream.discard()
  }

  releaseLock(): void {
    this.#stream.locked = false
  }
}

/** The part of `Headers` that reads. */
export class LightHeaders {
  readonly #values: Readonly<Record<string, string>>

  constructor(values: Readonly<Record<string, string>>) {
    this.#values = values
  }

  get(name: string): string | null {
    const key = name.toLowerCase()
    return Object.hasOwn(this.#values, key) ? (this.#values[key] ?? null) : null
  }

  has(name: string): boolean {
    return this.get(name) !== null
  }

  forEach(callback: (value: string, name: string) => void): void {
    for (const [name, value] of this) callback(value, name)
  }

  entries(): IterableIterator<[string, string]> {
    return Object.entries(this.#values).values()
  }

  keys(): IterableIterator<string> {
    return Object.keys(this.#values).values()
  }

  values(): IterableIterator<string> {
    return Object.values(this.#values).values()
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries()
  }
}

/** What `fetch` rejects with when the network fails: a TypeError whose cause has a code. */
export function networkError(message: string, detail: string, code: string): TypeError {
  return new TypeError(message, { cause: Object.assign(new Error(detail), { code }) })
}

// `instanceof` is how careful code tells a response from an error: the light ones pass for what they stand in for.
for (const [light, real] of [
  [LightResponse, Response],
  [LightHeaders, Headers],
  [LightStream, ReadableStream],
] as const) {
  Object.setPrototypeOf(light.prototype, real.prototype as object)
}
