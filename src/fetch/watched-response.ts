/**
 * A response whose body is not yet read, handed to the caller while the attempt's timeout and the caller's abort go on.
 *
 * The response is the very object that the underlying fetch gave. Only its ways to the body are replaced, on the object
 * itself: they tell when the body has ended, so that no timer and no listener outlives it, and they end with the cut's
 * reason, whatever the transport makes of its signal. Nothing is read before the caller reads.
 */
import { reasonFor, type RunningAttempt } from '../retry/index.ts'
import { likeResponse } from './like-response.ts'
import type { TokenMeter } from './token-meter.ts'

type Source = ReadableStream<Uint8Array<ArrayBuffer>>

type Controller =
  | ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>
  | ReadableByteStreamController

type Reader = 'json' | 'text' | 'arrayBuffer' | 'blob' | 'formData' | 'bytes'

const watches = new WeakMap<object, BodyWatch>()

/**
 * Watches a response's body, where it has one.
 *
 * @param meter - Sees what is read of it.
 * @returns The same object; another, equal one where somebody watches it already: another fetch of ours.
 * @internal
 */
export function watchBody(running: RunningAttempt, given: Response, meter?: TokenMeter): Response {
  const response = Object.hasOwn(given, 'body') ? likeResponse(given.body, given) : given
  const { body } = response
  if (typeof body?.getReader !== 'function') return response
  watches.set(response, new BodyWatch({ running, response, source: body, meter }))
  return Object.defineProperties(response, 'bytes' in response ? withBytes : properties)
}

interface BodyWatchParts {
  readonly running: RunningAttempt
  readonly response: Response
  readonly source: Source
  readonly meter: TokenMeter | undefined
}

class BodyWatch {
  readonly #running: RunningAttempt
  readonly #response: Response
  readonly #source: Source
  readonly #meter: TokenMeter | undefined
  readonly #endScope: () => void
  /** Fails what reads the body now. */
  #failReading: ((reason: unknown) => void) | undefined
  /** The same answer around a guarded stream, once somebody has asked for the stream. */
  #guarded: Response | undefined
  #cutReason: { reason: unknown } | undefined
  #giveUp: (reason: unknown) => Promise<void>
  /** The caller's stream is one of bytes, which takes the buffers of its chunks for itself. */
  #keepsBuffers = false

  constructor({ running, response, source, meter }: BodyWatchParts) {
    this.#running = running
    this.#response = response
    this.#source = source
    this.#meter = meter
    this.#giveUp = (reason) => source.cancel(reason)
    this.#endScope = running.call.scope.handOver((cut) => this.#cut(reasonFor(running, cut)))
  }

  /** Reads it whole, by one of the response's own methods. */
  async read(name: Reader): Promise<unknown> {
    if (this.#guarded !== undefined) return callReader(this.#guarded, this.#guarded, name)
    if (this.#cutReason !== undefined) throw this.#cutReason.reason
    const reading = callReader(Object.getPrototypeOf(this.#response), this.#response, name)
    // A second reading is refused by the response itself, and says nothing about the first.
    if (this.#failReading !== undefined) return reading
    try {
      const value = await Promise.race([reading, this.#whenCut()])
      if (this.#meter !== undefined) await this.#meter.readWhole(value)
      return value
    } finally {
      this.#endScope()
    }
  }

  /** The stream. From here on it is the only way to the body. */
  get body(): Source | null {
    if (this.#guarded !== undefined) return this.#guarded.body
    // It was read whole: what is left is what the response itself would show.
    return this.#source.locked ? this.#source : this.#guard().body
  }

  get bodyUsed(): boolean {
    if (this.#guarded !== undefined) return this.#guarded.bodyUsed
    return Reflect.get(Object.getPrototypeOf(this.#response), 'bodyUsed', this.#response) === true
  }

  clone(): Response {
    return likeResponse((this.#guarded ?? this.#guard()).clone().body, this.#response)
  }

  #guard(): Response {
    const stream = this.#cutReason === undefined ? this.#guardStream() : failed(this.#cutReason)
    // The headers say of what type a blob or a form is.
    this.#guarded = new Response(stream, { headers: this.#response.headers })
    return this.#guarded
  }

  /** Reads a chunk when one is asked for, and not before. */
  #guardStream(): Source {
    const isOfBytes = isByteStream(this.#source)
    const reader = this.#source.getReader()
    this.#giveUp = (reason) => reader.cancel(reason)
    const source = {
      start: (controller: Controller) => {
        this.#failReading = (reason) => controller.error(reason)
      },
      pull: (controller: Controller) => this.#passOn(reader, controller),
      cancel: (reason: unknown) => {
        this.#meter?.cancel()
        this.#endScope()
        return reader.cancel(reason)
      },
    }
    this.#keepsBuffers = isOfBytes
    // Only what such a stream gives may be enqueued in another: its buffers are transferred, not copied.
    return isOfBytes
      ? new ReadableStream({ ...source, type: 'bytes' }, { highWaterMark: 0 })
      : new ReadableStream<Uint8Array<ArrayBuffer>>(source, { highWaterMark: 0 })
  }

  async #passOn(
    reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
    controller: Controller,
  ): Promise<void> {
    try {
      const { done, value } = await reader.read()
      if (!done) {
        // Before the caller has it, who may change it.
        this.#meter?.see(value)
        controller.enqueue(this.#keepsBuffers ? ownBuffer(value) : value)
        return
      }
      this.#meter?.end()
      this.#endScope()
      controller.close()
      // Who brought a buffer gets it back.
      if ('byobRequest' in controller) controller.byobRequest?.respond(0)
    } catch (error) {
      this.#endScope()
      controller.error(error)
    }
  }

  #whenCut(): Promise<never> {
    return new Promise((_resolve, reject) => {
      this.#failReading = reject
    })
  }

  #cut(reason: unknown): void {
    this.#cutReason = { reason }
    // Before the source is given up, which ends a reading that is under way as if the body were whole.
    this.#meter?.cancel()
    this.#endScope()
    this.#failReading?.(reason)
    this.#running.controller.abort(reason)
    // Not every transport minds its signal.
    this.#giveUp(reason).catch(() => undefined)
  }
}

/** What each watched response has in place of its class's own. */
const properties: PropertyDescriptorMap = {
  body: { get: ownGetter((watch) => watch.body), configurable: true },
  bodyUsed: { get: ownGetter((watch) => watch.bodyUsed), configurable: true },
  clone: ownMethod((watch) => watch.clone()),
  json: ownMethod((watch) => watch.read('json')),
  text: ownMethod((watch) => watch.read('text')),
  arrayBuffer: ownMethod((watch) => watch.read('arrayBuffer')),
  blob: ownMethod((watch) => watch.read('blob')),
  formData: ownMethod((watch) => watch.read('formData')),
}
const withBytes: PropertyDescriptorMap = {
  ...properties,
  bytes: ownMethod((watch) => watch.read('bytes')),
}

function ownGetter<T>(get: (watch: BodyWatch) => T): (this: object) => T {
  return function (this: object): T {
    return get(watchOf(this))
  }
}

function ownMethod(call: (watch: BodyWatch) => unknown): PropertyDescriptor {
  return { value: ownGetter(call), configurable: true, writable: true }
}

function watchOf(response: object): BodyWatch {
  const watch = watches.get(response)
  if (watch === undefined) throw new TypeError('Illegal invocation')
  return watch
}

async function callReader(holder: object, response: Response, name: Reader): Promise<unknown> {
  const method: unknown = Reflect.get(holder, name, response)
  if (typeof method !== 'function') throw new TypeError(`a response without ${name}()`)
  return Reflect.apply(method, response, [])
}

/** Whether readers may bring their own buffers, as they may with what the global fetch gives. */
function isByteStream(source: Source): boolean {
  try {
    source.getReader({ mode: 'byob' }).releaseLock()
    return true
  } catch {
    return false
  }
}

function failed({ reason }: { reason: unknown }): Source {
  return new ReadableStream({ type: 'bytes', start: (controller) => controller.error(reason) })
}

/**
 * A chunk that has its buffer for itself. One that is a part of a bigger buffer would take all the rest along where it is
 * transferred: Node's pool, which every other buffer of the process is cut from, is such a one.
 */
function ownBuffer(chunk: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return chunk.byteLength === chunk.buffer.byteLength ? chunk : new Uint8Array(chunk)
}
