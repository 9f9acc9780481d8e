/**
 * One sending, and what can be wrong with it before anything reaches the network.
 */
import { listenForAbort } from '../core/listen.ts'
import type { FetchArguments, PreparedRequest } from './prepare.ts'

/** The arguments make no request: a bug of the caller's, to be thrown as it is. @internal */
export class UnsendableError extends Error {
  override readonly cause: unknown

  constructor(cause: unknown) {
    super('the arguments make no request')
    this.cause = cause
  }
}

/** What one sending takes. @internal */
export interface Sending {
  readonly args: FetchArguments
  readonly request: PreparedRequest
  readonly fetch: typeof globalThis.fetch
  readonly signal: AbortSignal
}

/** @throws {UnsendableError} Where a `TypeError` came of the arguments: the network's look the same. @internal */
export async function sendOnce(sending: Sending): Promise<Response> {
  try {
    return await sending.request.send(sending.fetch, sending.signal)
  } catch (error) {
    throw isOfArguments(error, sending.args) ? new UnsendableError(error) : error
  }
}

/** A failure of the network has a cause, or happens to arguments of which a request can be made. */
function isOfArguments(error: unknown, [input, init]: FetchArguments): boolean {
  if (!(error instanceof TypeError) || error.cause !== undefined) return false
  // A Request has been made already, and a stream may be spent by now.
  if (input instanceof Request || init?.body instanceof ReadableStream) return false
  try {
    void new Request(input, { ...init, signal: null })
    return false
  } catch {
    return true
  }
}

/** Waits, or rejects with the signal's reason at once. @internal */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const stop = (): void => signal.removeEventListener('abort', abort)
    const abort = (): void => {
      stop()
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- an abort reason may be anything.
      reject(signal.reason)
    }
    listenForAbort(signal, abort)
    // Before its value is known: whoever gets that may listen next.
    promise.finally(stop).then(resolve, reject)
  })
}
