/** Reads, on the server's side of the network, what long runs asked and what they were answered. */
import type { MockRequest, MockResponse } from '../../src/server/handler.ts'
import { servedKey, vectorValue, type ServedRecord } from './work-record.ts'

/** Texts and prompts with this in them are refused, with the status that it names. */
const poisonMark = /poison-(\d{3})/

/** What a long run may ask for. */
export interface Asked {
  model?: string
  input?: string[]
  messages?: { content: string }[]
}

/** The content of an item; that of a poisoned one says so. */
export function contentOf(name: string, poison: number | undefined): string {
  return poison === undefined ? name : `${name} poison-${poison}`
}

/** The same request; a poisoned one with the mock's own header for a fault, since the mock minds no content. */
export function markPoison(request: MockRequest): MockRequest {
  const status = poisonMark.exec(typeof request.body === 'string' ? request.body : '')?.[1]
  if (status === undefined) return request
  return { ...request, headers: { ...request.headers, 'x-mock-fault': status } }
}

/** Notes what a good answer says to each text or prompt. */
export function noteServed(
  served: ServedRecord,
  request: MockRequest,
  { status, body }: MockResponse,
): void {
  if (status !== 200 || typeof request.body !== 'string') return
  const { model = '', input, messages } = JSON.parse(request.body) as Asked
  if (messages !== undefined) add(served, servedKey(model, messages[0]?.content ?? ''), body)
  if (input === undefined) return
  const { data } = JSON.parse(body) as { data: { index: number; embedding: number[] }[] }
  for (const { index, embedding } of data) {
    add(served, servedKey(model, input[index] ?? ''), vectorValue(embedding))
  }
}

function add(served: ServedRecord, key: string, value: string): void {
  const values = served.get(key)
  if (values === undefined) served.set(key, new Set([value]))
  else values.add(value)
}
