/**
 * A `fetch` that waits for its turn and retries, for clients that take one.
 *
 * It finds what a request is from its address and body, and leaves the rest to the limiter and the retry. What is not
 * for the limited API passes through untouched.
 */
import { isMarkedOnce } from '../core/once-mark.ts'
import { sendingOf, type Sending } from '../core/sending-mark.ts'
import type { Permit } from '../limiter/index.ts'
import { retryCall, startsJob } from '../retry/index.ts'
import type { AnswerWay, AttemptContext, RetryLimiter } from '../retry/index.ts'
import { classifyRequest, pathWithin, type RequestKind } from './classify-request.ts'
import { asThrown, respondTo } from './final-failure.ts'
import { resolveFetchOptions } from './options.ts'
import type { FetchSettings, RateLimitedFetchOptions, StartedJob } from './options.ts'
import { addressOf, methodOf, prepareRequest, signalOf, type FetchArguments } from './prepare.ts'
import { asResponse } from './response-answer.ts'
import { orAborted, sendOnce, UnsendableError } from './send-once.ts'

type Fetch = typeof globalThis.fetch

/** Everything that is the same for all calls. */
interface Client extends FetchSettings {
  readonly way: AnswerWay<Response>
  /** Takes no permits; for what has no limit. */
  readonly unlimited: RetryLimiter
  readonly underlying: () => Fetch
}

/**
 * Makes a `fetch` that keeps the limits and retries, with the signature of the standard one.
 *
 * Chat, completions, embeddings, images, new fine-tunes and new batches take a permit for each attempt; other requests to
 * the API are retried without one; requests to other addresses pass through untouched. A stream as a body is sent once.
 *
 * The last response comes back as it is, its body unread. A failed one is marked `x-should-retry: false`, so that a
 * client in front does not send it again; a failure without a response - of the network, of the limiter - becomes a
 * marked 503 or 429 whose body says why, or is thrown where `finalFailure` is `'throw'`. An abort rejects with the
 * signal's reason at once, also while the body streams.
 *
 * @throws {InvalidOptionError} naming the option.
 * @example
 * const limitedFetch = createRateLimitedFetch({ limiter: new TogetherRateLimiter(500) })
 * const response = await limitedFetch('https://api.together.xyz/v1/models', { headers })
 * @public
 */
export function createRateLimitedFetch(options?: RateLimitedFetchOptions): Fetch {
  const settings = resolveFetchOptions(options)
  const globalAtCreation = globalThis.fetch
  const underlying = (): Fetch => {
    if (settings.fetch !== undefined) return settings.fetch
    // Somebody may have put ours in the global one's place.
    return globalThis.fetch === limitedFetch ? globalAtCreation : globalThis.fetch
  }
  const client: Client = {
    ...settings,
    way: asResponse(settings.finalFailure),
    unlimited: { acquire: () => Promise.resolve(), clock: settings.retry.clock },
    underlying,
  }
  const limitedFetch = (...args: FetchArguments): Promise<Response> => {
    const kind = kindOf(client, args)
    return kind === undefined ? underlying()(...args) : sendAndSettle(client, kind, args)
  }
  return limitedFetch
}

/** @returns Undefined for what is none of ours. */
function kindOf(client: Client, args: FetchArguments): RequestKind | undefined {
  const url = parse(args)
  const path = url === undefined ? undefined : pathWithin(client.scopes, url)
  return path === undefined ? undefined : classifyRequest(methodOf(args), path, client.paths)
}

/** What cannot be parsed is the underlying fetch's to complain about. */
function parse(args: FetchArguments): URL | undefined {
  try {
    return new URL(addressOf(args))
  } catch {
    return undefined
  }
}

async function sendAndSettle(
  client: Client,
  kind: RequestKind,
  args: FetchArguments,
): Promise<Response> {
  try {
    return await send(client, kind, args)
  } catch (error) {
    if (error instanceof UnsendableError) throw error.cause
    const signal = signalOf(args)
    // Whatever the reason is, one of our own errors even, it is the caller's and no failure of the call.
    if (signal?.aborted === true && error === signal.reason) throw error
    if (client.finalFailure === 'throw') throw asThrown(error)
    const response = respondTo(error)
    if (response === undefined) throw error
    return response
  }
}

async function send(client: Client, kind: RequestKind, args: FetchArguments): Promise<Response> {
  const signal = signalOf(args)
  signal?.throwIfAborted()
  const { gauge } = client
  const preparing = prepareRequest(args, { endpoint: kind.endpoint, gauge })
  const request = preparing instanceof Promise ? await orAborted(preparing, signal) : preparing
  const settings = {
    ...client.retry,
    // What must not be done twice is retried as the start of a job is.
    endpoint: kind.endpoint ?? (kind.isRepeatable ? 'chat' : 'batches'),
    isLimited: kind.endpoint !== undefined,
    model: request.facts.model,
    tokens: kind.endpoint && gauge.tokensOf(kind.endpoint, request.facts),
    signal,
    attemptsMax: request.canBeSentAgain && !isMarkedOnce(args[1]) ? client.retry.attemptsMax : 1,
  } as const
  const limiter = kind.endpoint === undefined ? client.unlimited : client.limiter
  const sending = sendingOf(args[1])
  if (sending !== undefined) sending.isWaiting = true
  let permit: unknown
  const attempt = (context: AttemptContext): Promise<Response> => {
    permit = context.permit
    const sent = { args, request, fetch: client.underlying(), signal: context.signal }
    return sending === undefined ? sendOnce(sent) : watchSending(sending, () => sendOnce(sent))
  }
  const response = await retryCall(limiter, attempt, settings, client.way)
  if (response.ok && startsJob(settings.endpoint) && isPermit(permit)) {
    const { endpoint, model } = settings
    tellOfJob(client, { endpoint, model, permit })
  }
  return response
}

/** After an answer that is no success it waits again, if it does anything. */
async function watchSending(sending: Sending, attempt: () => Promise<Response>): Promise<Response> {
  sending.isWaiting = false
  let isGood = false
  try {
    const response = await attempt()
    isGood = response.ok
    return response
  } finally {
    sending.isWaiting = !isGood
  }
}

/** The permit of a job is still held: whoever is told of the job releases it, and where nobody is, nobody could. */
function tellOfJob({ onJobStarted }: Client, job: StartedJob): void {
  if (onJobStarted === undefined) {
    job.permit.release()
    return
  }
  try {
    onJobStarted(job)
  } catch (error) {
    job.permit.release()
    // The job runs, and its answer names it. Thrown, this would make a client in front start another one.
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- a listener may throw anything.
    void Promise.reject(error)
  }
}

function isPermit(value: unknown): value is Permit {
  return (
    typeof value === 'object' &&
    value !== null &&
    'release' in value &&
    typeof value.release === 'function'
  )
}
