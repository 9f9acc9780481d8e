/**
 * Bodies of requests: whether they can be sent twice, and which model they name.
 *
 * A body that can be read again is left as it is and passed on itself; nothing is copied. What is not known to be of that
 * kind - streams above all - is sent once, unread.
 */

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

/** @returns The model's id, where the body names one; a promise only for a body that cannot be read at once. @internal */
export function findModel(body: unknown): string | undefined | Promise<string | undefined> {
  if (typeof body === 'string') return modelIn(body)
  if (body instanceof URLSearchParams) return body.get('model') ?? undefined
  if (body instanceof FormData) return textOrNothing(body.get('model'))
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
    return modelIn(new TextDecoder().decode(body))
  }
  return body instanceof Blob ? body.text().then(modelIn) : undefined
}

/** The clients of Together and OpenAI write the model first, and then nothing has to be parsed. */
const modelFirst = /^\s*\{\s*"model"\s*:\s*"([^"\\]*)"\s*[,}]/

function modelIn(text: string): string | undefined {
  const quick = modelFirst.exec(text)
  if (quick !== null) return quick[1]
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null || !('model' in parsed)) return undefined
    return textOrNothing(parsed.model)
  } catch {
    // No JSON: the server will say so, and the endpoint's limits hold.
    return undefined
  }
}

function textOrNothing(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
