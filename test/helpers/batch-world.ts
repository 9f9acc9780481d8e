/**
 * A world for long runs: a virtual clock, the mock server's handler behind a network of fixed latency, our fetch before it.
 */
import { createRateLimitedFetch, type RateLimitedFetchOptions } from '../../src/fetch/index.ts'
import { TogetherRateLimiter, type LimiterOptions } from '../../src/limiter/index.ts'
import { createSeededRandom, type Random } from '../../src/core/random.ts'
import {
  MockTogether,
  type MockForm,
  type MockResponse,
  type MockTogetherOptions,
} from '../../src/server/index.ts'
import { watch } from './fetch-world.ts'
import { drainPromises, VirtualClock } from './virtual-clock.ts'

/** @internal */
export interface BatchWorldOptions {
  readonly mock?: MockTogetherOptions
  readonly limits?: LimiterOptions
  readonly retry?: RateLimitedFetchOptions['retry']
  /** To the server, and back again. @defaultValue 50 */
  readonly wayMs?: number
  /** Whether `sent` keeps what was sent. @defaultValue true */
  readonly keepsBodies?: boolean
  /** Answers in place of the server where it returns something. */
  readonly intercept?: (
    path: string,
    body: string,
    nowMs: number,
    method: string,
  ) => Response | undefined
  /** Told of each answer of the server before it sets out; what it returns takes its place, an error is one of the network. */
  readonly answered?: (
    path: string,
    answer: { status: number; text: () => string },
    method: string,
  ) => Response | Error | undefined
}

/** What the runs take to be in this world. @internal */
export interface ApiOfWorld {
  readonly fetch: typeof fetch
  readonly apiKey: string
  readonly baseURL: string
  readonly clock: VirtualClock
  readonly random: Random
}

/** @internal */
export class BatchWorld {
  readonly clock: VirtualClock = new VirtualClock()
  readonly mock: MockTogether
  readonly limiter: TogetherRateLimiter
  readonly fetch: typeof fetch
  /** The bodies of the POST requests that were sent, in order. */
  readonly sent: string[] = []
  underWay = 0
  readonly #options: BatchWorldOptions
  readonly #random = createSeededRandom(1, 'run')
  #readingCount = 0
  #reading: Promise<unknown> = Promise.resolve()

  constructor(options: BatchWorldOptions = {}) {
    this.#options = options
    const { clock } = this
    this.mock = new MockTogether(options.mock)
    this.limiter = new TogetherRateLimiter({ clock, ...options.limits })
    this.fetch = createRateLimitedFetch({
      limiter: this.limiter,
      fetch: (input, init) => {
        if (typeof input !== 'string') throw new Error('the runs name addresses by strings')
        return this.#send(input, init ?? {})
      },
      retry: { random: createSeededRandom(1, 'retry'), ...options.retry },
    })
  }

  /** What the runs take. */
  get api(): ApiOfWorld {
    const { clock, fetch } = this
    const baseURL = 'https://api.together.xyz/v1'
    return { fetch, apiKey: 'key', baseURL, clock, random: this.#random }
  }

  /** Lets time pass until the promise has settled. @throws What it rejects with, or where nothing will ever happen. */
  async until<T>(promise: Promise<T>): Promise<T> {
    const watched = watch(promise)
    for (;;) {
      for (let turn = 0; turn < 3 && !watched.isSettled; turn += 1) await drainPromises()
      if (watched.isSettled) return promise
      if (this.#readingCount > 0) continue
      const { nextTimerAtMs } = this.clock
      if (nextTimerAtMs === undefined) throw new Error('nothing will ever happen any more')
      this.clock.advance(Math.max(0, nextTimerAtMs - this.clock.now()))
    }
  }

  async #send(url: string, init: RequestInit): Promise<Response> {
    const { wayMs = 50, keepsBodies = true, intercept, answered } = this.#options
    const body = typeof init.body === 'string' ? init.body : ''
    const form = init.body instanceof FormData ? await this.#read(init.body) : undefined
    const path = new URL(url).pathname
    const headers = Object.fromEntries(new Headers(init.headers))
    this.underWay += 1
    try {
      await this.#pass(wayMs, init.signal)
      if (keepsBodies && body !== '') this.sent.push(body)
      const method = init.method ?? 'GET'
      const own = intercept?.(path, body, this.clock.now(), method)
      if (own !== undefined) return own
      const request = { method, path, headers, ...(form === undefined ? { body } : { form }) }
      const answer = this.mock.handle(request, this.clock.now())
      const text = (): string => answer.body + new TextDecoder().decode(answer.bytes)
      const other = answered?.(path, { status: answer.status, text }, method)
      await this.#pass(wayMs + answer.delivery.delayMs, init.signal)
      if (answer.delivery.drop !== undefined) throw new TypeError('fetch failed')
      if (other instanceof Error) throw other
      if (other !== undefined) return other
      return new Response(bodyOf(answer), { status: answer.status, headers: answer.headers })
    } finally {
      this.underWay -= 1
    }
  }

  /** Content of files comes from other threads: virtual time has to wait for it, and it has to keep its order. */
  async #read(form: FormData): Promise<MockForm> {
    this.#readingCount += 1
    try {
      const reading = this.#reading.then(() => readForm(form))
      this.#reading = reading
      return await reading
    } finally {
      this.#readingCount -= 1
    }
  }

  async #pass(ms: number, signal: AbortSignal | null | undefined): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        cancel()
        reject(signal?.reason)
      }
      const cancel = this.clock.setTimer(() => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }, ms)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }
}

function bodyOf({ status, body, bytes }: MockResponse): BodyInit | null {
  if (status === 204) return null
  return bytes === undefined ? body : Uint8Array.from(bytes)
}

async function readForm(form: FormData): Promise<MockForm> {
  const fields: Record<string, string> = {}
  let file: MockForm['file']
  for (const [name, value] of form) {
    if (typeof value === 'string') fields[name] = value
    else file = { name: value.name, bytes: new Uint8Array(await value.arrayBuffer()) }
  }
  return file === undefined ? { fields } : { fields, file }
}

/** What a promise rejects with. @throws Where it does not. @internal */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}
