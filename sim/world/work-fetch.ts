/** The fetch that a long run is given: the shipped one, with every call of it on record. */
import type { MockForm, MockRequest } from '../../src/server/handler.ts'
import type { Scenario } from '../scenario/types.ts'
import type { ShippedParts, SubjectLimiter } from '../subjects/types.ts'
import type { ClientProcess } from './client-process.ts'
import type { Client } from './client.ts'
import { FailedAnswer } from './fetch-client.ts'
import type { CallClass, CallRecord } from './record.ts'
import type { Asked } from './served.ts'
import type { VirtualTime } from './time.ts'
import type { WorkRecord } from './work-record.ts'

export const workBaseUrl = 'https://api.simulated.example/v1'

export interface WorkFetchParts {
  time: VirtualTime
  client: Client
  limiter: SubjectLimiter
  /** The process that the run is in, where that may die. */
  process?: ClientProcess
  scenario: Scenario
  createFetch: ShippedParts['createFetch']
  work: WorkRecord
}

/** A call ends when its answer's body has been read, or when there will be no answer. */
export function createWorkFetch(parts: WorkFetchParts): typeof globalThis.fetch {
  const { client } = parts
  return async (input, init) => {
    const call = openCall(parts, init?.signal ?? undefined, { input, init })
    try {
      const limitedFetch = limitedFetchFor(parts, call)
      const response = await client.begin(call, () => limitedFetch(input, init))
      settleWhenRead(client, call, response)
      return response
    } catch (error) {
      client.settle(call, 'rejected', error)
      throw error
    }
  }
}

function openCall(
  { client, work, process }: WorkFetchParts,
  signal: AbortSignal | undefined,
  { input, init }: { input: unknown; init: RequestInit | undefined },
): CallRecord {
  const { method, path, body } = toRequest(input, init)
  const endpoint = method === 'POST' ? (classes[path] ?? 'other') : 'other'
  const request = `${method} ${path}`
  return client.open({ endpoint, request, ...readBody(body), work, signal }, process)
}

const classes: Readonly<Record<string, CallClass>> = {
  '/v1/chat/completions': 'chat',
  '/v1/embeddings': 'embeddings',
  '/v1/batches': 'batches',
  '/v1/fine-tunes': 'fine-tunes',
}

function readBody(body: MockRequest['body']): Pick<CallRecord, 'model' | 'contents'> {
  if (typeof body !== 'string' || body === '') return { model: undefined, contents: [] }
  const { model, input, messages } = JSON.parse(body) as Asked
  return { model, contents: input ?? messages?.map(({ content }) => content) ?? [] }
}

/** One a call, so that what is sent is known for what it was sent for; it keeps nothing of its own. */
function limitedFetchFor(
  { client, scenario, createFetch, limiter, process, time }: WorkFetchParts,
  call: CallRecord,
): typeof globalThis.fetch {
  const { attemptTimeoutMs, serverDelayMsMax } = scenario.settings
  return createFetch({
    limiter,
    baseURL: workBaseUrl,
    retry: { maxRetries: scenario.maxRetries, attemptTimeoutMs, serverDelayMsMax },
    fetch: async (input, init) => {
      const request = toRequest(input, init)
      const form = init?.body instanceof FormData ? await time.hold(readForm(init.body)) : undefined
      const whole = form === undefined ? request : { ...request, form }
      return client.send(call, whole, init?.signal ?? undefined, process)
    },
  })
}

/** Long runs name addresses by texts, and their headers in an object. */
function toRequest(input: unknown, init: RequestInit | undefined): MockRequest {
  const { pathname, search } = new URL(String(input))
  return {
    method: init?.method ?? 'GET',
    path: pathname + search,
    headers: { ...(init?.headers as Record<string, string>) },
    ...(typeof init?.body === 'string' ? { body: init.body } : {}),
  }
}

/** A blob is read by the host, in its own time. */
async function readForm(form: FormData): Promise<MockForm> {
  const fields: Record<string, string> = {}
  let file: MockForm['file']
  for (const [name, value] of form) {
    if (typeof value === 'string') fields[name] = value
    else file = { name: value.name, bytes: new Uint8Array(await value.arrayBuffer()) }
  }
  return { fields, ...(file === undefined ? {} : { file }) }
}

function settleWhenRead(client: Client, call: CallRecord, response: Response): void {
  const read = response.text.bind(response)
  const text = async (): Promise<string> => {
    try {
      const body = await read()
      settleAnswered(client, call, { status: response.status, body })
      return body
    } catch (error) {
      client.settle(call, 'rejected', error)
      throw error
    }
  }
  Object.defineProperty(response, 'text', { value: text, configurable: true })
}

function settleAnswered(
  client: Client,
  call: CallRecord,
  { status, body }: { status: number; body: string },
): void {
  if (status >= 300) {
    client.settle(call, 'rejected', new FailedAnswer(status, body))
    return
  }
  client.settle(call, 'resolved', undefined)
  call.valueMatches = call.attempts.some((attempt) => attempt.whole && attempt.body === body)
}
