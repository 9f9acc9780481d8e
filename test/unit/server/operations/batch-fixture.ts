/**
 * Batches as the tests make them and look at them.
 */

import { expect } from 'vitest'
import { MockTogether, type MockTogetherOptions } from '../../../../src/server/handler.ts'
import { expectSchema } from '../../../helpers/expect-schema.ts'
import { batchSchema, createdBatchSchema } from '../../../helpers/response-schemas/files.ts'
import { batch, batchFile, chatModel, get } from '../mock-request.ts'
import { asText, send, type Json } from '../send.ts'

const decoder = new TextDecoder()
export const messages: readonly object[] = [{ role: 'user', content: 'Say nothing.' }]
export const chatBody: Readonly<Record<string, unknown>> = { model: chatModel, messages }

/** A batch that takes 10 s: validation ends after 1 s, of n requests one is over every 9/n s. */
export function mockWith(
  content: string | undefined,
  over: MockTogetherOptions = {},
): MockTogether {
  const files = content === undefined ? [batchFile] : [{ id: 'file-1', content }]
  return new MockTogether({ files, batchDurationMs: { min: 10_000, max: 10_000 }, ...over })
}

/** Requests with the ids 0, 1, 2 …, each good unless told otherwise. */
export function input(count: number, bodies: Readonly<Record<number, unknown>> = {}): string {
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify({ custom_id: String(index), body: bodies[index] ?? chatBody }),
  ).join('\n')
}

/** Starts a batch and returns its path. */
export function start(mock: MockTogether, nowMs = 0): string {
  const { status, json } = send(mock, batch(), nowMs)
  expect(status).toBe(201)
  expectSchema(json, createdBatchSchema)
  return `/v1/batches/${asText(json['job']?.['id'])}`
}

/** The batch as it is shown at an instant. */
export function look(mock: MockTogether, path: string, nowMs: number): Json {
  const { status, json } = send(mock, get(path), nowMs)
  expect(status).toBe(200)
  expectSchema(json, batchSchema)
  return json
}

/** The lines of a file that a batch has written. */
export function linesOf(mock: MockTogether, id: unknown, nowMs: number): readonly Json[] {
  const { status, bytes } = mock.handle(get(`/v1/files/${asText(id)}/content`), nowMs)
  expect(status).toBe(200)
  const text = decoder.decode(bytes)
  expect(text.endsWith('\n')).toBe(true)
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Json)
}

/** The ids of the requests that lines are about. */
export function idsOf(lines: readonly Json[]): readonly string[] {
  return lines.map((line) => asText(line['custom_id']))
}
