/**
 * Responses that are made here in place of those that a transport gave, as equal to them as a constructor allows.
 */

import { isMarkedFinal, markAsFinal } from '../core/final-mark.ts'

const identity = ['url', 'redirected', 'type'] as const

/** A response around another body, with everything else of `original`. @internal */
export function likeResponse(
  body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null,
  original: Response,
): Response {
  const { headers, status, statusText } = original
  const copy = new Response(body, { headers, status, statusText })
  // The constructor takes none of these; clients log the address.
  for (const name of identity) {
    Object.defineProperty(copy, name, { value: original[name], configurable: true })
  }
  return isMarkedFinal(original) ? markAsFinal(copy) : copy
}

/**
 * Tells clients in front not to send the request again: `together-ai` and `openai` obey, and so does another fetch of ours.
 *
 * @returns The same object; what `fetch` gives has headers that cannot be changed, so it gets others.
 * @internal
 */
export function markFinal(response: Response): Response {
  markAsFinal(response)
  try {
    // Where that can be, for a clone has these.
    response.headers.set('x-should-retry', 'false')
    return response
  } catch {
    const headers = new Headers(response.headers)
    headers.set('x-should-retry', 'false')
    return Object.defineProperty(response, 'headers', { value: headers, configurable: true })
  }
}
