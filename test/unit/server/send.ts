/**
 * Sends requests to the mock and reads its answers as JSON.
 */

import type { MockRequest, MockTogether } from '../../../src/server/handler.ts'

/** A parsed answer, to be looked into by names. */
export interface Json {
  readonly [name: string]: Json
}

/** What the mock answers. */
export function send(
  mock: MockTogether,
  request: MockRequest,
  nowMs = 0,
): { status: number; json: Json } {
  const { status, body } = mock.handle(request, nowMs)
  return { status, json: JSON.parse(body) as Json }
}

/** A string of an answer; anything else as JSON, which no id looks like. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
