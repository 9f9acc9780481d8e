/**
 * From the arguments of `fetch` to something that can be sent several times: what it is, and how to send it.
 *
 * A plain call is passed on with another signal and nothing else changed. The body of a `Request` can be read only once,
 * so it is read here, and each attempt gets a `Request` of its own around it.
 */
import { findModel, isReplayable } from './body.ts'

/** The arguments of `fetch`. @internal */
export type FetchArguments = Parameters<typeof globalThis.fetch>

/** A request that is ready to be sent. @internal */
export interface PreparedRequest {
  readonly model: string | undefined
  readonly canBeSentAgain: boolean
  /** Sends it; at most once where it cannot be sent again. */
  readonly send: (fetch: typeof globalThis.fetch, signal: AbortSignal) => Promise<Response>
}

/** The caller's signal: that of the options stands before that of a Request; null means none. @internal */
export function signalOf([input, init]: FetchArguments): AbortSignal | undefined {
  if (init?.signal !== undefined) return init.signal ?? undefined
  return input instanceof Request ? input.signal : undefined
}

/** @internal */
export function methodOf([input, init]: FetchArguments): string {
  const method = init?.method ?? (input instanceof Request ? input.method : 'GET')
  return method.toUpperCase()
}

/** The address as text, whatever it was given as. @internal */
export function addressOf([input]: FetchArguments): string {
  return input instanceof Request ? input.url : String(input)
}

/**
 * Prepares a request. Synchronous where the body can be looked at at once, so that most calls wait for nothing here.
 *
 * @param options.isLimited - Only then the body is looked at.
 * @internal
 */
export function prepareRequest(
  args: FetchArguments,
  options: { isLimited: boolean },
): PreparedRequest | Promise<PreparedRequest> {
  const [input, init] = args
  if (input instanceof Request) {
    // Without the caller's signal: each Request would listen to it, for as long as it lives.
    return prepareFromRequest(new Request(input, { ...init, signal: null }), options)
  }
  const body = init?.body
  const canBeSentAgain = isReplayable(body)
  const send: PreparedRequest['send'] = (fetch, signal) => fetch(input, { ...init, signal })
  const model = options.isLimited ? findModel(body) : undefined
  if (!(model instanceof Promise)) return { model, canBeSentAgain, send }
  return model.then((found) => ({ model: found, canBeSentAgain, send }))
}

async function prepareFromRequest(
  request: Request,
  options: { isLimited: boolean },
): Promise<PreparedRequest> {
  if (request.body === null) return prepareBare(request)
  if (!options.isLimited) {
    // An upload may be of any size: it streams, and is sent once.
    const send: PreparedRequest['send'] = (fetch, signal) => fetch(new Request(request, { signal }))
    return { model: undefined, canBeSentAgain: false, send }
  }
  const body = await request.arrayBuffer()
  return {
    model: await findModel(body),
    canBeSentAgain: true,
    // oxlint-disable-next-line unicorn/no-invalid-fetch-options -- its method is the request's, which has a body.
    send: (fetch, signal) => fetch(new Request(request, { body, signal })),
  }
}

function prepareBare(request: Request): PreparedRequest {
  const send: PreparedRequest['send'] = (fetch, signal) => fetch(new Request(request, { signal }))
  return { model: undefined, canBeSentAgain: true, send }
}
