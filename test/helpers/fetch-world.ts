/**
 * A small world for tests of the fetch: a virtual clock, a limiter of ours, a scripted underlying fetch that minds its
 * signal as the real one does, and signals that count their listeners.
 */
import { createRateLimitedFetch, type RateLimitedFetchOptions } from '../../src/fetch/index.ts'
import { TogetherRateLimiter, type LimiterOptions } from '../../src/limiter/index.ts'
import { createRetryBudget, type RetryOptions } from '../../src/retry/index.ts'
import { fixedRandom } from './retry-world.ts'
import { drainPromises, VirtualClock } from './virtual-clock.ts'

/** One request as the underlying fetch saw it. @internal */
export interface SentRequest {
  readonly atMs: number
  readonly args: Parameters<typeof fetch>
  readonly signal: AbortSignal
  readonly url: string
  readonly method: string
  /** The body's bytes as text. */
  readonly body: string
}

/** What a scripted request does. @internal */
export type FetchStep =
  | Response
  | Error
  | ((sent: SentRequest) => Response | Error | Promise<Response | Error>)

/** @internal */
export interface FetchWorld {
  readonly clock: VirtualClock
  readonly limiter: TogetherRateLimiter
  readonly fetch: typeof fetch
  readonly sent: SentRequest[]
}

/** @internal */
export const chatUrl = 'https://api.together.xyz/v1/chat/completions'

/** @internal */
export const chatInit: { readonly method: 'POST'; readonly body: string } = {
  method: 'POST',
  body: JSON.stringify({ model: 'a/model', messages: [] }),
}

/** The last step goes on for ever. @internal */
export function createFetchWorld(
  script: FetchStep[],
  options: Omit<RateLimitedFetchOptions, 'limiter'> & {
    limits?: LimiterOptions
    retry?: RetryOptions
  } = {},
): FetchWorld {
  const clock = new VirtualClock()
  const { limits, ...rest } = options
  const limiter = new TogetherRateLimiter({ clock, ...limits })
  const sent: SentRequest[] = []
  const underlying = async (...args: Parameters<typeof fetch>): Promise<Response> => {
    const request = await readRequest(clock.now(), args)
    sent.push(request)
    const step = script[Math.min(sent.length, script.length) - 1]
    const outcome = typeof step === 'function' ? step(request) : step
    return untilAborted(request.signal, Promise.resolve(outcome))
  }
  const retry = { random: fixedRandom(0.5), budget: plenty(), ...rest.retry }
  const world: RateLimitedFetchOptions = { fetch: underlying, ...rest, retry }
  return { clock, limiter, sent, fetch: createRateLimitedFetch({ ...world, limiter }) }
}

function plenty(): NonNullable<RetryOptions['budget']> {
  return createRetryBudget({ capacity: 1e6, start: 1e6 })
}

async function readRequest(atMs: number, args: Parameters<typeof fetch>): Promise<SentRequest> {
  const signal = args[0] instanceof Request ? args[0].signal : args[1]?.signal
  // Without the signal, so that reading the copy is not what an abort ends.
  const request = new Request(args[0], { ...args[1], signal: null })
  const { url, method } = request
  if (signal === undefined || signal === null) throw new Error('no signal came along')
  return { atMs, args, signal, url, method, body: await request.text() }
}

async function untilAborted(
  signal: AbortSignal,
  outcome: Promise<Response | Error | undefined>,
): Promise<Response> {
  const aborted = new Promise<never>((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason))
  })
  const step = await Promise.race([outcome, aborted])
  if (step instanceof Response) return step
  throw step ?? new Error('nothing is scripted')
}

/** A signal that knows who listens to it. @internal */
export class CountingController extends AbortController {
  readonly #listening = new Set<unknown>()
  /** The most at once. */
  listenersMax = 0

  constructor() {
    super()
    const { signal } = this
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      this.#listening.add(args[1])
      this.listenersMax = Math.max(this.listenersMax, this.#listening.size)
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      this.#listening.delete(args[1])
      remove(...args)
    }
  }

  get listeners(): number {
    return this.#listening.size
  }
}

/** How a promise stands. @internal */
export interface Watched<T> {
  value?: T
  error?: unknown
  isSettled: boolean
}

/** Notes how a promise ends. @internal */
export function watch<T>(promise: Promise<T>): Watched<T> {
  const watched: Watched<T> = { isSettled: false }
  promise.then(
    (value) => Object.assign(watched, { value, isSettled: true }),
    (error: unknown) => Object.assign(watched, { error, isSettled: true }),
  )
  return watched
}

/** Lets everything happen that needs no time, streams and bodies of requests included. @internal */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await drainPromises()
}

/** Places that requests or jobs hold, over all limits. @internal */
export function placesUsed(limiter: TogetherRateLimiter): number {
  return limiter.snapshot().concurrency.reduce((sum, { used }) => sum + used, 0)
}
