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

export interface LightResponseParts {
  status: number
  headers: Readonly<Record<string, string>>
  text: string
  /** Whether `text` is all that the server meant to send. */
  whole: boolean
  /** Resolves when the body's last byte is here. */
  arrived: Promise<void>
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
  bodyUsed = false
  readonly #parts: LightResponseParts
  #stream: ReadableStream<Uint8Array> | undefined

  constructor(parts: LightResponseParts) {
    this.status = parts.status
    this.ok = parts.status >= 200 && parts.status < 300
    this.headers = new LightHeaders(parts.headers)
    this.#parts = parts
  }

  /** A stream of one chunk, made when it is asked for; cancelling it counts as having dealt with the body. */
  get body(): ReadableStream<Uint8Array> {
    this.#stream ??= new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          this.bodyUsed = true
          try {
            controller.enqueue(new TextEncoder().encode(await this.#finish()))
            controller.close()
          } catch (error) {
            controller.error(error)
          }
        },
        cancel: () => {
          this.bodyUsed = true
          this.#parts.events.onDone()
        },
      },
      // Nothing is read ahead: a body that nobody asks for stays unread.
      { highWaterMark: 0 },
    )
    return this.#stream
  }

  async text(): Promise<string> {
    if (this.bodyUsed) throw new TypeError('Body is unusable: Body has already been read')
    this.bodyUsed = true
    return this.#finish()
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return new TextEncoder().encode(await this.text()).buffer
  }

  async bytes(): Promise<Uint8Array> {
    return new TextEncoder().encode(await this.text())
  }

  async blob(): Promise<Blob> {
    return new Blob([await this.text()])
  }

  clone(): LightResponse {
    if (this.bodyUsed) throw new TypeError('Response.clone: Body has already been consumed.')
    return new LightResponse(this.#parts)
  }

  async #finish(): Promise<string> {
    await this.#parts.arrived
    this.#parts.events.onDone()
    if (this.#parts.whole) return this.#parts.text
    throw networkError('terminated', 'other side closed', 'UND_ERR_SOCKET')
  }
}

/** The part of `Headers` that reads. */
export class LightHeaders {
  readonly #values: Readonly<Record<string, string>>

  constructor(values: Readonly<Record<string, string>>) {
    this.#values = values
  }

  get(name: string): string | null {
    return this.#values[name.toLowerCase()] ?? null
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
