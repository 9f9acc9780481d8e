/**
 * The options of the fetch: what is accepted, and their defaults.
 */
import { readEnvironment } from '../core/environment.ts'
import { InvalidOptionError } from '../core/errors.ts'
import { endpointClasses, type EndpointClass, type Profile } from '../core/profile.ts'
import { TogetherRateLimiter, type Permit } from '../limiter/index.ts'
import { resolveSettings, type RetryOptions, type RetrySettings } from '../retry/index.ts'
import type { LimitedPaths, Scope } from './classify-request.ts'
import { estimateTokens } from './estimate-tokens.ts'
import type { FinalFailure } from './response-answer.ts'
import { TokenGauge } from './token-gauge.ts'

/** A fine-tune or a batch that the server has accepted. @public */
export interface StartedJob {
  readonly endpoint: EndpointClass
  readonly model: string | undefined
  /** Holds the job's place. Call its `release()` when the job has ended. */
  readonly permit: Permit
}

/** The options of `createRateLimitedFetch` and `rateLimited`. @public */
export interface RateLimitedFetchOptions {
  /** Share one between all clients of an API key. @defaultValue a new one of the `profile` */
  readonly limiter?: TogetherRateLimiter | undefined
  /** The limits of the limiter that is made where none is given. @defaultValue the documented profile */
  readonly profile?: Profile | undefined
  /** As for `togetherRetry`; what a request is and who may abort it is taken from the request. */
  readonly retry?: Omit<RetryOptions, 'endpoint' | 'model' | 'signal' | 'tokens'> | undefined
  /**
   * What sends. Name it where ours becomes the global one and others wrap that: ours would find the wrapper, and through it
   * itself, without end. @defaultValue the global one, looked up at each attempt
   */
  readonly fetch?: typeof globalThis.fetch | undefined
  /**
   * Limits what lies below this address, and without `hosts` nothing else.
   * @defaultValue without `hosts`: what the environment's `TOGETHER_BASE_URL` and `OPENAI_BASE_URL` say, as the official
   * clients read them, besides Together's hosts
   */
  readonly baseURL?: string | URL | undefined
  /** Limits what these hosts have below `/v1`. @defaultValue Together's two, unless there is a `baseURL` */
  readonly hosts?: readonly string[] | undefined
  /**
   * More POST paths behind the base that are limited, and as what: `{ '/responses': 'chat' }` for one. Each begins with a
   * slash and does not end with one. They stand before those that are known.
   */
  readonly paths?: Readonly<Record<string, EndpointClass>> | undefined
  /**
   * How many tokens a request may come to, prompt and answer together, where a limit in tokens applies to it: an upper
   * bound, or that limit is not kept strictly. It gets the body's parsed JSON, the fields of a form, or undefined where
   * there is nothing to read. The `usage` of the answer settles it when its body has been read; without that it stays
   * taken as for any call whose tokens nobody settles.
   * @defaultValue by the number of characters, `max_tokens` (or 2,048) and `n`
   */
  readonly estimateTokens?: ((body: unknown, endpoint: EndpointClass) => number) | undefined
  /**
   * What a call that failed for good ends with. `respond`: a response that is marked `x-should-retry: false`, for clients
   * that obey the mark. `throw`: an error, also where the last answer was a 408, 409, 429 or 5xx, which clients that obey
   * no mark would send again; the network's own error is its `cause.error`. @defaultValue 'respond'
   */
  readonly finalFailure?: FinalFailure | undefined
  /**
   * Is told of every fine-tune and batch that was accepted, and then has to release its permit when the job has ended.
   * Without it, a job gives its place back with its answer, since nobody else could. What it throws becomes an unhandled
   * rejection: the job runs, and the call gets its answer.
   */
  readonly onJobStarted?: ((job: StartedJob) => void) | undefined
}

/** The defaults of {@link RateLimitedFetchOptions}. @public */
export const fetchDefaults: {
  readonly hosts: readonly string[]
  readonly finalFailure: FinalFailure
  /** Of `retry`: longer than for `togetherRetry`, because a stream goes on as long as the model writes. */
  readonly attemptTimeoutMs: number
} = Object.freeze({
  hosts: Object.freeze(['api.together.ai', 'api.together.xyz']),
  finalFailure: 'respond',
  attemptTimeoutMs: 600_000,
})

/** @internal */
export interface FetchSettings {
  readonly limiter: TogetherRateLimiter
  readonly retry: RetrySettings
  readonly fetch: typeof globalThis.fetch | undefined
  readonly scopes: readonly Scope[]
  readonly paths: LimitedPaths
  readonly gauge: TokenGauge
  readonly finalFailure: FinalFailure
  readonly onJobStarted: ((job: StartedJob) => void) | undefined
}

/** @throws {InvalidOptionError} For the first value that cannot be used. @internal */
export function resolveFetchOptions(options: RateLimitedFetchOptions = {}): FetchSettings {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError('options', options, 'an object')
  }
  const limiter = readLimiter(options)
  const { retry = {}, finalFailure = fetchDefaults.finalFailure } = options
  if (typeof retry !== 'object' || retry === null) {
    throw new InvalidOptionError('retry', retry, 'an object')
  }
  if (finalFailure !== 'respond' && finalFailure !== 'throw') {
    throw new InvalidOptionError('finalFailure', finalFailure, "'respond' or 'throw'")
  }
  assertFunction('fetch', options.fetch)
  assertFunction('estimateTokens', options.estimateTokens)
  assertFunction('onJobStarted', options.onJobStarted)
  const attemptTimeoutMs = retry.attemptTimeoutMs ?? fetchDefaults.attemptTimeoutMs
  return {
    limiter,
    retry: resolveSettings(limiter, { ...retry, attemptTimeoutMs }),
    fetch: options.fetch,
    scopes: readScopes(options),
    paths: readPaths(options.paths),
    gauge: new TokenGauge(limiter, options.estimateTokens ?? estimateTokens),
    finalFailure,
    onJobStarted: options.onJobStarted,
  }
}

function assertFunction(option: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return
  throw new InvalidOptionError(option, value, 'a function')
}

function readLimiter({ limiter, profile }: RateLimitedFetchOptions): TogetherRateLimiter {
  if (limiter === undefined) {
    return new TogetherRateLimiter(profile === undefined ? undefined : { profile })
  }
  if (profile === undefined) return limiter
  throw new InvalidOptionError('profile', profile, 'undefined beside a limiter, which has its own')
}

function readPaths(paths: RateLimitedFetchOptions['paths'] = {}): LimitedPaths {
  if (typeof paths !== 'object' || paths === null) {
    throw new InvalidOptionError('paths', paths, 'an object of paths and endpoint classes')
  }
  for (const [path, endpoint] of Object.entries(paths)) {
    if (!/^\/.*[^/]$/.test(path)) {
      throw new InvalidOptionError(
        'paths',
        path,
        "paths with a slash only before them, '/responses'",
      )
    }
    if (!endpointClasses.includes(endpoint)) {
      const expected = `one of ${endpointClasses.join(', ')}`
      throw new InvalidOptionError(`paths['${path}']`, endpoint, expected)
    }
  }
  return new Map(Object.entries(paths))
}

function readScopes({ baseURL, hosts }: RateLimitedFetchOptions): Scope[] {
  const base = baseURL === undefined ? [] : [readBase(baseURL)]
  // The official clients go where these say, and what is under them has to know.
  if (baseURL === undefined && hosts === undefined) base.push(...basesOfEnvironment())
  const named = hosts ?? (baseURL === undefined ? fetchDefaults.hosts : [])
  if (!Array.isArray(named)) throw new InvalidOptionError('hosts', hosts, 'an array of hosts')
  return [...base, ...named.map(readHost)]
}

/** What is no address there is the client's to complain about. */
function basesOfEnvironment(): Scope[] {
  return ['TOGETHER_BASE_URL', 'OPENAI_BASE_URL']
    .map(readEnvironment)
    .filter((address) => address !== undefined && parseBase(address) !== undefined)
    .map(readBase)
}

function parseBase(baseURL: unknown): URL | undefined {
  const url = URL.canParse(String(baseURL)) ? new URL(String(baseURL)) : undefined
  return url !== undefined && /^https?:$/.test(url.protocol) ? url : undefined
}

function readBase(baseURL: unknown): Scope {
  const url = parseBase(baseURL)
  if (url === undefined) {
    throw new InvalidOptionError('baseURL', baseURL, 'an absolute http(s) address')
  }
  return { host: url.host, protocol: url.protocol, path: url.pathname.replace(/\/+$/, '') }
}

function readHost(host: unknown): Scope {
  const url =
    typeof host === 'string' && URL.canParse(`https://${host}`)
      ? new URL(`https://${host}`)
      : undefined
  if (url === undefined || `${url.pathname}${url.search}${url.hash}` !== '/' || host === '') {
    throw new InvalidOptionError(
      'hosts',
      host,
      "hosts without protocol and path, 'api.example' for one",
    )
  }
  return { host: url.host, protocol: undefined, path: '/v1' }
}
