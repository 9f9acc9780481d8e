/**
 * A world for long runs: a virtual clock, the mock server's handler behind a network of fixed latency, our fetch before it.
 */
import { createRateLimitedFetch, type RateLimitedFetchOptions } from '../../src/fetch/index.ts'
import { TogetherRateLimiter, type LimiterOptions } from '../../src/limiter/index.ts'
import { createSeededRandom } from '../../src/core/random.ts'
import { MockTogether, type MockTogetherOptions } from '../../src/server/index.ts'
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
  readonly intercept?: (path: string, body: string, nowMs: number) => Response | undefined
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
  get api(): { fetch: typeof fetch; apiKey: string; baseURL: string; clock: VirtualClock } {
    const { clock } = this
    return { fetch: this.fetch, apiKey: 'key', baseURL: 'https://api.together.xyz/v1', clock }
  }

  /** Lets time pass until the promise has settled. @throws What it rejects with, or where nothing will ever happen. */
  async until<T>(promise: Promise<T>): Promise<T> {
    const watched = watch(promise)
    for (;;) {
      for (let turn = 0; turn < 3 && !watched.isSettled; turn += 1) await drainPromises()
      if (watched.isSettled) return promise
      const { nextTimerAtMs } = this.clock
      if (nextTimerAtMs === undefined) throw new Error('nothing will ever happen any more')
      this.clock.advance(Math.max(0, nextTimerAtMs - this.clock.now()))
    }
  }

  async #send(url: string, init: RequestInit): Promise<Response> {
    const { wayMs = 50, keepsBodies = true, intercept } = this.#options
    const body = typeof init.body === 'string' ? init.body : ''
    const path = new URL(url).pathname
    const headers = Object.fromEntries(new Headers(init.headers))
    this.underWay += 1
    try {
      await this.#pass(wayMs, init.signal)
      if (keepsBodies && body !== '') this.sent.push(body)
      const own = intercept?.(path, body, this.clock.now())
      if (own !== undefined) return own
      const method = init.method ?? 'GET'
      const answer = this.mock.handle({ method, path, headers, body }, this.clock.now())
      await this.#pass(wayMs + answer.delivery.delayMs, init.signal)
      if (answer.delivery.drop !== undefined) throw new TypeError('fetch failed')
      return new Response(answer.body, { status: answer.status, headers: answer.headers })
    } finally {
      this.underWay -= 1
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

/** What a promise rejects with. @throws Where it does not. @internal */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}
