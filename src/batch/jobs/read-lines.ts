/**
 * Reads the files that a batch leaves: what each line says of its request, and whether another batch may cure it. Pure.
 */
import { messageLengthMax } from '../judge-answer.ts'
import type { RequestFailure } from '../requests/send-request.ts'
import { fieldOf, parse, textOf } from './batch-state.ts'

/** What became of a request in a batch. @internal */
export type LineResult =
  | { readonly kind: 'answered'; readonly response: unknown }
  | { readonly kind: 'failed'; readonly failure: RequestFailure }
  /** Another batch may answer it. */
  | { readonly kind: 'again'; readonly failure: RequestFailure }

/** @internal */
export interface ResultLine {
  readonly customId: string
  readonly result: LineResult
}

/** Reads a file line by line, as they are asked for. What makes no sense is left out. @internal */
export function* readLines(text: string): Generator<ResultLine, void> {
  for (let start = 0; start < text.length;) {
    const found = text.indexOf('\n', start)
    const end = found === -1 ? text.length : found
    const line = readLine(text.slice(start, end))
    if (line !== undefined) yield line
    start = end + 1
  }
}

function readLine(text: string): ResultLine | undefined {
  const line = parse(text)
  const customId = textOf(line, 'custom_id')
  if (customId === undefined) return undefined
  const error = fieldOf(line, 'error')
  const response = fieldOf(line, 'response')
  if (response === undefined) {
    return error === undefined ? undefined : { customId, result: toFailure(error, undefined) }
  }
  const status = readStatus(fieldOf(response, 'status_code'))
  const body = fieldOf(response, 'body')
  const errorOfBody = fieldOf(body, 'error')
  if (status !== undefined && status >= 400) {
    return { customId, result: toFailure(errorOfBody ?? body ?? error, status) }
  }
  // No answer has an error in it, whatever status stands beside it.
  const reason = errorOfBody ?? (body === undefined ? error : undefined)
  if (reason !== undefined) return { customId, result: toFailure(reason, undefined) }
  // An answer without anything in it is none.
  return body === undefined ? undefined : { customId, result: { kind: 'answered', response: body } }
}

function toFailure(error: unknown, statusOfLine: number | undefined): LineResult {
  const code = fieldOf(error, 'code') ?? fieldOf(error, 'type')
  const status = statusOfLine ?? readStatus(fieldOf(error, 'status')) ?? readStatus(code)
  const text = textOf(error, 'message') ?? (typeof error === 'string' ? error : undefined)
  const message = (text ?? (status === undefined ? 'no message' : `status ${status}`)).slice(
    0,
    messageLengthMax,
  )
  const isFinal =
    status === undefined ? typeof code === 'string' && finalCodes.test(code) : !isCurable(status)
  return { kind: isFinal ? 'failed' : 'again', failure: { status, message } }
}

/** What is about the request itself. An unknown code gets its chance in another batch. */
const finalCodes =
  /^(?:invalid|bad_request|context_length|content_|model_not|unsupported|unprocessable|not_found|string_above|.*_too_(?:long|large)$)/i

function isCurable(status: number): boolean {
  return status >= 500 || status === 408 || status === 409 || status === 425 || status === 429
}

function readStatus(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value
  return typeof status === 'number' && status >= 100 && status <= 599 ? status : undefined
}
