/**
 * A client in front of the shipped fetch, as the SDKs are: it sends again what failed, unless the answer's mark says that
 * this has been done.
 */
import type { SubjectLimiter, SubjectPermit, ShippedParts } from '../subjects/types.ts'
import type { MockRequest } from '../../src/server/handler.ts'

/** As the SDKs have it. */
const triesMax = 3

const address = 'https://api.simulated.example'

export interface FetchCall {
  createFetch: ShippedParts['createFetch']
  limiter: SubjectLimiter
  request: MockRequest
  signal: AbortSignal | undefined
  /** Those of the retry that a call has. */
  retry: object
  /** An upper bound of the tokens of the request. */
  tokens: number
  send: (signal: AbortSignal | undefined) => Promise<Response>
  /** A job has been accepted. */
  onJob: (response: Response, permit: SubjectPermit) => void
}

/** An answer that is a failure. */
export class FailedAnswer extends Error {
  override readonly name = 'FailedAnswer'
  readonly status: number
  /** Why the fetch gave up, where it says so itself. */
  readonly reason: unknown
  readonly code: unknown

  constructor(status: number, body: string) {
    super(`status ${status}`)
    this.status = status
    const { reason, code } = readError(body)
    this.reason = reason
    this.code = code
  }
}

/** @returns The parsed body of a good answer. @throws {FailedAnswer} For any other. */
export async function callThroughFetch(call: FetchCall): Promise<unknown> {
  for (let tries = 1; ; tries += 1) {
    const response = await fetchOnce(call)
    if (response.ok) return response.json()
    const text = await response.text()
    const isFinal = response.headers.get('x-should-retry') === 'false' || !isCurable(response)
    if (isFinal || tries === triesMax) throw new FailedAnswer(response.status, text)
  }
}

/** One fetch a call: what its user sets is not the same for all of them, and it keeps nothing but that. */
async function fetchOnce(call: FetchCall): Promise<Response> {
  const { createFetch, limiter, request, signal, retry, tokens, send, onJob } = call
  let permit: SubjectPermit | undefined
  const limitedFetch = createFetch({
    limiter,
    retry,
    baseURL: `${address}/v1`,
    fetch: (_input, init) => send(init?.signal ?? undefined),
    estimateTokens: () => tokens,
    onJobStarted: (job) => {
      permit = job.permit
    },
  })
  const { method, path, headers, body } = request
  const response = await limitedFetch(`${address}${path}`, {
    method,
    headers: headers as Record<string, string>,
    body: body as string,
    ...(signal === undefined ? {} : { signal }),
  })
  if (permit !== undefined) onJob(response, permit)
  return response
}

function isCurable({ status }: Response): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500
}

/** Of the bodies that the fetch makes itself; those of the server have no reason. */
function readError(body: string): { reason?: unknown; code?: unknown } {
  try {
    const { error } = Object(JSON.parse(body)) as { error?: unknown }
    return Object(error) as { reason?: unknown; code?: unknown }
  } catch {
    return {}
  }
}
