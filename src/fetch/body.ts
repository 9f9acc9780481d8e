/**
 * Bodies of requests: whether they can be sent twice, and what they say.
 *
 * A body that can be read again is left as it is and passed on itself; nothing is copied. What is not known to be of that
 * kind - streams above all - is sent once, unread.
 */

import type { EndpointClass } from '../core/profile.ts'
import type { TokenGauge } from './token-gauge.ts'

/** What a body says. @internal */
export interface BodyFacts {
  readonly model: string | undefined
  /** The parsed JSON, or the fields of a form; undefined where it is neither, or nobody asked. */
  readonly content: unknown
}

/** Whether the same object may be the body of several requests. @internal */
export function isReplayable(body: unknown): boolean {
  if (body === undefined || body === null || typeof body === 'string') return true
  return (
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    body instanceof Blob ||
    body instanceof URLSearchParams ||
    body instanceof FormData
  )
}

const nothing: BodyFacts = Object.freeze({ model: undefined, content: undefined })

/** How far bodies are looked at. @internal */
export interface Inspection {
  /** Undefined for what is not limited: then nothing is looked at. */
  readonly endpoint: EndpointClass | undefined
  /** Where no limit in tokens applies, a text is not parsed whose model can be seen without. */
  readonly gauge: TokenGauge
}

/**
 * Looks at a body.
 *
 * @returns A promise only for a body that cannot be read at once.
 * @internal
 */
export function inspectBody(body: unknown, inspection: Inspection): BodyFacts | Promise<BodyFacts> {
  if (typeof body === 'string') return factsOfText(body, inspection)
  if (body instanceof URLSearchParams || body instanceof FormData) {
    return factsOf(Object.fromEntries(body))
  }
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
    return factsOfText(new TextDecoder().decode(body), inspection)
  }
  return body instanceof Blob ? body.text().then((text) => factsOfText(text, inspection)) : nothing
}

/** The clients of Together and OpenAI write the model first, and then nothing has to be parsed. */
const modelFirst = /^\s*\{\s*"model"\s*:\s*"([^"\\]*)"\s*[,}]/

function factsOfText(text: string, { endpoint, gauge }: Inspection): BodyFacts {
  const model = modelFirst.exec(text)?.[1]
  if (model !== undefined && (endpoint === undefined || !gauge.applies(endpoint, model))) {
    return { model, content: undefined }
  }
  try {
    return factsOf(JSON.parse(text))
  } catch {
    // No JSON: the server will say so, and the endpoint's limits hold.
    return nothing
  }
}

function factsOf(content: unknown): BodyFacts {
  const hasModel = typeof content === 'object' && content !== null && 'model' in content
  const model = hasModel && typeof content.model === 'string' ? content.model : undefined
  return { model, content }
}
