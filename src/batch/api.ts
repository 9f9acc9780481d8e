/**
 * How the runs talk to the API: where it is, with which key, and through which fetch.
 */
import { readEnvironment } from '../core/environment.ts'
import { InvalidOptionError, isRateLimitsError, isRetriesExhaustedError } from '../core/errors.ts'
import { markAsOnce } from '../core/once-mark.ts'
import { readDelay, textOf } from '../core/headers/read-value.ts'
import { markSending, type Sending } from '../core/sending-mark.ts'
import { createRateLimitedFetch } from '../fetch/index.ts'

/** Where requests go. @public */
export interface ApiOptions {
  /**
   * What sends, waits and retries: one from `createRateLimitedFetch`, shared by everything that uses the key. One that
   * does not limit leads to 429s. @defaultValue one for all runs of this process at the address, with the documented limits
   */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** @defaultValue the environment's `TOGETHER_API_KEY` */
  readonly apiKey?: string | undefined
  /** With its `/v1`. @defaultValue the environment's `TOGETHER_BASE_URL`, else `https://api.together.xyz/v1` */
  readonly baseURL?: string | undefined
}

/** An answer, read whole. @internal */
export interface ApiAnswer {
  /** 0 where the fetch threw. */
  readonly status: number
  readonly text: string
  /** Milliseconds that the server asked to wait, or 0. */
  readonly namedMs: number
}

/** A way to the API. @internal */
export interface Api {
  get(path: string, signal: AbortSignal): Promise<ApiAnswer>
  post(path: string, body: object, signal: AbortSignal): Promise<ApiAnswer>
  /** Sends a multipart form, which can be sent again: files in it are not streams. */
  postForm(path: string, form: FormData, signal: AbortSignal): Promise<ApiAnswer>
  /** As `post`, but a fetch of ours does not send it again, whatever comes of it. */
  postOnce(path: string, body: object, signal: AbortSignal): Promise<ApiAnswer>
}

const baseUrlDefault = 'https://api.together.xyz/v1'

/** @throws {InvalidOptionError} Naming the option; never the key. @internal */
export function connect(options: ApiOptions): Api {
  const base = readBaseUrl(options.baseURL ?? readEnvironment('TOGETHER_BASE_URL'))
  const key = options.apiKey ?? readEnvironment('TOGETHER_API_KEY')
  if (typeof key !== 'string' || key === '') {
    const expected = 'a key, or one in the environment as TOGETHER_API_KEY'
    throw new InvalidOptionError('apiKey', undefined, expected)
  }
  // Else each request would fail before it is sent, and the run would wait for the service. The key stays unnamed.
  if (!/^[\x21-\x7e]+$/.test(key.trim())) {
    const expected = 'a key of visible ASCII characters, without spaces or line breaks'
    throw new InvalidOptionError('apiKey', '[hidden]', expected)
  }
  const { fetch = sharedFetchFor(base) } = options
  if (typeof fetch !== 'function') throw new InvalidOptionError('fetch', fetch, 'a function')
  const authorization = `Bearer ${key.trim()}`
  const headers = { authorization, 'content-type': 'application/json' }
  const toPost = (body: object, signal: AbortSignal): RequestInit & { signal: AbortSignal } => {
    return { method: 'POST', headers, body: JSON.stringify(body), signal }
  }
  return {
    get: (path, signal) => send(fetch, base + path, { headers, signal }),
    post: (path, body, signal) => send(fetch, base + path, toPost(body, signal)),
    postOnce: (path, body, signal) => send(fetch, base + path, markAsOnce(toPost(body, signal))),
    // The type of a form names its boundary, which only the fetch knows.
    postForm: (path, form, signal) => {
      return send(fetch, base + path, {
        method: 'POST',
        headers: { authorization },
        body: form,
        signal,
      })
    },
  }
}

/** By the signals of requests that are under way. */
const sendings = new WeakMap<AbortSignal, Sending>()

/** Whether a request with this signal still waits for its turn; false also where nobody knows. @internal */
export function isWaiting(signal: AbortSignal): boolean {
  return sendings.get(signal)?.isWaiting === true
}

async function send(
  fetch: typeof globalThis.fetch,
  url: string,
  init: RequestInit & { readonly signal: AbortSignal },
): Promise<ApiAnswer> {
  const sending: Sending = { isWaiting: false }
  sendings.set(init.signal, sending)
  try {
    const response = await fetch(url, markSending(init, sending))
    return {
      status: response.status,
      text: await response.text(),
      // The retry has taken nonsense for nothing; here it would end the run.
      namedMs: readDelay(textOf(response.headers, 'retry-after'), 1_000) ?? 0,
    }
  } catch (error) {
    init.signal.throwIfAborted()
    // A fetch of ours that throws what other clients would send again: there was an answer all the same.
    if (isRetriesExhaustedError(error) && error.status !== undefined) {
      return { status: error.status, text: error.bodyText, namedMs: error.retryAfterMs ?? 0 }
    }
    // A fetch without retries, a body that broke off: as good as no answer. Only our own errors hold nothing secret.
    const { code, message } = isRateLimitsError(error) ? error : {}
    return { status: 0, text: JSON.stringify({ error: { code, message } }), namedMs: 0 }
  }
}

const sharedFetches = new Map<string, typeof globalThis.fetch>()

/** Runs of one process share the limits, or two of them would each use the whole quota. */
function sharedFetchFor(baseURL: string): typeof globalThis.fetch {
  let fetch = sharedFetches.get(baseURL)
  if (fetch === undefined) {
    fetch = createRateLimitedFetch({ baseURL })
    sharedFetches.set(baseURL, fetch)
  }
  return fetch
}

function readBaseUrl(baseURL: string = baseUrlDefault): string {
  const isText = typeof baseURL === 'string' && URL.canParse(baseURL)
  if (!isText || !/^https?:$/.test(new URL(baseURL).protocol)) {
    throw new InvalidOptionError('baseURL', baseURL, 'an absolute http(s) address')
  }
  const { username, password, search, hash } = new URL(baseURL)
  // `fetch` refuses the one, and paths would be put behind the other.
  if (username + password + search + hash !== '') {
    const expected = 'an address without a user, a password, a query or a hash'
    throw new InvalidOptionError('baseURL', '[hidden]', expected)
  }
  return baseURL.replace(/\/+$/, '')
}
