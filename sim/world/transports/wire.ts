/** An exchange over HTTP, real or injected: what is sent, and what came. */
import type { MockForm, MockRequest } from '../../../src/server/handler.ts'

/** A request as HTTP has it. */
export interface WireRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array<ArrayBuffer> | undefined
}

/** An answer of which at least the headers came. */
export interface Came {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array<ArrayBuffer>
  /** What the body broke off with. */
  readonly failure: unknown
}

export interface Wire {
  /** @returns What came. @throws What the host throws, where no headers came. */
  send(request: WireRequest, signal: AbortSignal): Promise<Came>
  close(): Promise<void>
}

/** A form becomes a body of several parts. */
export function toWire({ method, path, headers, body, form }: MockRequest): WireRequest {
  const named = Object.entries(headers).filter((entry): entry is [string, string] => {
    return entry[1] !== undefined
  })
  if (form === undefined) {
    const content = typeof body === 'string' || body === undefined ? body : Uint8Array.from(body)
    return { method, path, headers: Object.fromEntries(named), body: content }
  }
  const type = `multipart/form-data; boundary=${boundary}`
  const kept = named.filter(([name]) => name.toLowerCase() !== 'content-type')
  return {
    method,
    path,
    headers: { ...Object.fromEntries(kept), 'content-type': type },
    body: encodeForm(form),
  }
}

/** Fixed, where the platform's own is drawn by chance. */
const boundary = 'simulated-form-1f0e3dad99908345'

function encodeForm({ fields, file }: MockForm): Uint8Array<ArrayBuffer> {
  const parts: (string | Uint8Array)[] = Object.entries(fields).map(
    ([name, value]) => `${headOfPart(`name="${name}"`)}\r\n${value}\r\n`,
  )
  if (file !== undefined) {
    const type = 'content-type: application/octet-stream\r\n'
    const head = headOfPart(`name="file"; filename="${file.name}"`)
    parts.push(`${head}${type}\r\n`, file.bytes, '\r\n')
  }
  parts.push(`--${boundary}--\r\n`)
  return Uint8Array.from(Buffer.concat(parts.map((part) => Buffer.from(part))))
}

function headOfPart(disposition: string): string {
  return `--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\n`
}
