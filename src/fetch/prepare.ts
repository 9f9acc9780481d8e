/**
 * From the arguments of `fetch` to something that can be sent several times: what it is, and how to send it.
 *
 * A plain call is passed on with another signal and nothing else changed. The body of a `Request` can be read only once,
 * so it is read here, and each attempt gets a `Request` of its own around it.
 */
import { inspectBody, isReplayable, type BodyFacts, type Inspection } from './body.ts'

/** The arguments of `fetch`. @internal */
export type FetchArguments = Parameters<typeof globalThis.fetch>

/** A request that is ready to be sent. @internal */
export interface PreparedRequest {
  readonly facts: BodyFacts
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
  const method: unknown = init?.method ?? (input instanceof Request ? input.method : 'GET')
  // Whatever it is: what makes no method is the underlying fetch's to complain about.
  return String(method).toUpperCase()
}

/** The address as text, whatever it was given as. @internal */
export function addressOf([input]: FetchArguments): string {
  return input instanceof Request ? input.url : String(input)
}

const noFacts: BodyFacts = Object.freeze({ model: undefined, content: undefined })

/**
 * Prepares a request. Synchronous where the body can be looked at at once, so that most calls wait for nothing here.
 *
 * @internal
 */
export function prepareRequest(
  args: FetchArguments,
  inspection: Inspection,
): PreparedRequest | Promise<PreparedRequest> {
  const [input, init] = args
  if (init instanceof Request) {
    // Its fields are those of its class, which copying it as options would lose.
    return prepareFromRequest(new Request(new Request(input, init), { signal: null }), inspection)
  }
  if (input instanceof Request) {
    // Without the caller's signal: each Request would listen to it, for as long as it lives.
    return prepareFromRequest(new Request(input, { ...init, signal: null }), inspection)
  }
  const body = init?.body
  const canBeSentAgain = isReplayable(body)
  const send: PreparedRequest['send'] = (fetch, signal) => fetch(input, { ...init, signal })
  const facts = inspection.endpoint !== undefined ? inspectBody(body, inspection) : noFacts
  if (!(facts instanceof Promise)) return { facts, canBeSentAgain, send }
  return facts.then((found) => ({ facts: found, canBeSentAgain, send }))
}

async function prepareFromRequest(
  request: Request,
  inspection: Inspection,
): Promise<PreparedRequest> {
  if (request.body === null || inspection.endpoint === undefined) {
    // An upload that no limit is for may be of any size: it streams, and is sent once.
    const send: PreparedRequest['send'] = (fetch, signal) => fetch(new Request(request, { signal }))
    return { facts: noFacts, canBeSentAgain: request.body === null, send }
  }
  const body = await request.arrayBuffer()
  return {
    facts: await inspectBody(body, inspection),
    canBeSentAgain: true,
    // oxlint-disable-next-line unicorn/no-invalid-fetch-options -- its method is the request's, which has a body.
    send: (fetch, signal) => fetch(new Request(request, { body, signal })),
  }
}
