/**
 * How long an answer of the mock server is.
 */

import type { MockRequest, MockResponse } from '../../src/server/handler.ts'

/** Characters of the body or of all parts of the stream. @internal */
export function answerSize({ body, stream }: MockResponse): number {
  return (stream?.parts ?? []).reduce((sum, part) => sum + part.length, body.length)
}

/** What `MockTogether.handle` promises of it. @internal */
export function answerSizeMax({ method, path, headers, body = '' }: MockRequest): number {
  const head = [method, path, ...Object.values(headers)].join('').length
  return 24_000_000 + 8 * (head + body.length)
}
