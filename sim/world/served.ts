/** Reads, on the server's side of the network, what long runs asked and what they were answered. */
import type { MockRequest, MockResponse } from '../../src/server/handler.ts'
import type { RunRecord } from './record.ts'
import { servedKey, vectorValue, type ServedRecord, type WorkRecord } from './work-record.ts'

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

/** Keeps a record of what the server has answered to long runs. */
export class Notary {
  readonly #record: Pick<RunRecord, 'served' | 'batchTries'>
  /** By the id of an uploaded file, the custom ids of its requests. */
  readonly #uploads = new Map<string, string[]>()

  constructor(record: Pick<RunRecord, 'served' | 'batchTries'>) {
    this.#record = record
  }

  /** Notes what a good answer says to each text or prompt. */
  note(work: WorkRecord, request: MockRequest, { status, body }: MockResponse): void {
    if (status < 200 || status >= 300) return
    const { method, path, form } = request
    if (form?.file !== undefined) this.#noteUpload(body, form.file.bytes)
    else if (method === 'GET' && path.endsWith('/content')) this.#noteContent(work, body)
    else if (method === 'POST' && path === '/v1/batches') this.#noteBatch(request)
    else if (method === 'POST' && path === '/v1/fine-tunes') this.#noteJob(request, body)
    else if (typeof request.body === 'string') this.#noteAnswer(request.body, body)
  }

  #noteAnswer(asked: string, body: string): void {
    const { model = '', input, messages } = JSON.parse(asked) as Asked
    const { served } = this.#record
    const answer: unknown = JSON.parse(body)
    if (messages !== undefined) {
      // As whoever has parsed it prints it, however the server has spaced it.
      add(served, servedKey(model, messages[0]?.content ?? ''), JSON.stringify(answer))
    }
    if (input === undefined) return
    const { data } = answer as { data: { index: number; embedding: number[] }[] }
    for (const { index, embedding } of data) {
      add(served, servedKey(model, input[index] ?? ''), vectorValue(embedding))
    }
  }

  #noteUpload(body: string, bytes: Uint8Array): void {
    const { id } = JSON.parse(body) as { id: string }
    const ids = linesOf(new TextDecoder().decode(bytes)).map(({ custom_id: customId }) => customId)
    this.#uploads.set(id, ids)
  }

  /** Jobs are told apart by their suffix. */
  #noteJob(request: MockRequest, body: string): void {
    const { model, suffix = '' } = JSON.parse(String(request.body)) as JobRequest
    const { id } = JSON.parse(body) as { id: string }
    add(this.#record.served, servedKey(model, suffix), id)
  }

  #noteBatch({ body }: MockRequest): void {
    const { input_file_id: fileId } = JSON.parse(String(body)) as { input_file_id: string }
    const { batchTries } = this.#record
    for (const id of this.#uploads.get(fileId) ?? []) {
      batchTries.set(id, (batchTries.get(id) ?? 0) + 1)
    }
  }

  /** Of a batch's output; its errors are no answers. */
  #noteContent({ inputs, plan }: WorkRecord, body: string): void {
    const contents = new Map(inputs.map(({ id, content }) => [id, content]))
    for (const { custom_id: id, response } of linesOf(body)) {
      if (response === undefined) continue
      const key = servedKey(plan.model, contents.get(id) ?? '')
      add(this.#record.served, key, JSON.stringify(response.body))
    }
  }
}

interface JobRequest {
  model: string
  suffix?: string
}

/** A line of a batch's input or output. */
interface BatchLine {
  custom_id: string
  response?: { body: object }
}

function linesOf(text: string): BatchLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as BatchLine)
}

function add(served: ServedRecord, key: string, value: string): void {
  const values = served.get(key)
  if (values === undefined) served.set(key, new Set([value]))
  else values.add(value)
}
