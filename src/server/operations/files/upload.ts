/**
 * The three ways to send a file: one multipart form; a form that answers where the content has to be put; and the way of
 * the OpenAI clients, a multipart form to `/v1/files`.
 */

import { badRequest, notFound, type Problem } from '../problems.ts'
import { describeFile } from './describe-file.ts'
import { filePurposes, fileTypeOf, fileTypes, type FileHead } from '../../state/file-store.ts'
import type { Answer, Call, Operation, ServerState } from '../operation.ts'
import type { MockRequest } from '../../contract.ts'

const NAME_LENGTH_MAX = 1_024

/** Takes a file in, whole: a multipart form with `file`, `file_name` and `purpose`. @internal */
export const uploadFile: Operation = {
  endpoint: 'files',
  check: ({ request }) => checkForm(request) ?? findHeadProblem(fieldsOfForm(request)),
  act: (call, state) => takeIn(call, state),
}

/** Either takes a form with a file in, or tells by a redirect where to put the content. @internal */
export const beginUpload: Operation = {
  endpoint: 'files',
  check: ({ request, query }) =>
    findHeadProblem(request.form === undefined ? fieldsOf(request, query) : fieldsOfForm(request)),
  act: (call, state) =>
    call.request.form === undefined ? begin(call, state) : takeIn(call, state),
}

/** Takes in the content of a file that was begun: to be let in, it is enough to know the address. @internal */
export const putContent: Operation = {
  endpoint: 'files',
  isOpen: true,
  act: ({ id, request }, { files }) => {
    const file = files.get(id)
    // Sent once more, as after an answer that got lost, it is replaced.
    if (file?.isPutLater !== true) {
      return notFound('nothing is to be sent to this address', 'not_found')
    }
    files.put({ ...file, bytes: bytesOf(request.body) })
    return { status: 200, body: '{}' }
  },
}

type Fields = (name: string) => string | undefined

function begin(call: Call, state: ServerState): Answer {
  const head = readHead(fieldsOf(call.request, call.query), call, state)
  state.files.put({ ...head, bytes: undefined, isPutLater: true })
  const host = hostOf(call.request.headers['host'])
  const headers = {
    location: `http://${host}/v1/uploads/${head.id}`,
    'x-together-file-id': head.id,
  }
  return { status: 302, body: '', headers }
}

function takeIn(call: Call, state: ServerState): Answer {
  const head = readHead(fieldsOfForm(call.request), call, state)
  const file = { ...head, bytes: call.request.form?.file?.bytes ?? new Uint8Array() }
  state.files.put(file)
  return { status: 200, body: JSON.stringify(describeFile(file, state.time)) }
}

function checkForm({ form }: MockRequest): Problem | undefined {
  if (form === undefined) return badRequest('the body must be a multipart form')
  return form.file === undefined ? badRequest('file is required', 'file') : undefined
}

function findHeadProblem(fields: Fields): Problem | undefined {
  const name = fields('file_name') ?? ''
  if (name === '') return badRequest('file_name is required', 'file_name')
  if (name.length > NAME_LENGTH_MAX) {
    return badRequest(`file_name must have at most ${NAME_LENGTH_MAX} characters`, 'file_name')
  }
  const purpose = fields('purpose') ?? ''
  if (!filePurposes.some((known) => known === purpose)) {
    return badRequest(`purpose must be one of ${filePurposes.join(', ')}`, 'purpose')
  }
  const type = fields('file_type') ?? 'jsonl'
  if (fileTypes.some((known) => known === type)) return undefined
  return badRequest(`file_type must be one of ${fileTypes.join(', ')}`, 'file_type')
}

/** The fields, which have been found good. */
function readHead(fields: Fields, { key, atMs }: Call, state: ServerState): FileHead {
  const name = fields('file_name') ?? ''
  const type = fields('file_type')
  return {
    id: state.nextId('file'),
    key,
    name,
    purpose: filePurposes.find((known) => known === fields('purpose')) ?? 'eval',
    type: fileTypes.find((known) => known === type) ?? fileTypeOf(name) ?? 'jsonl',
    createdAtMs: atMs,
  }
}

/** A form's fields; a file that has a name need not be named again. */
function fieldsOfForm({ form }: MockRequest): Fields {
  return (name) => {
    const value = form?.fields[name]
    return value === undefined && name === 'file_name' ? form?.file?.name : value
  }
}

/** The fields of a query, or of a body in the form of one. */
function fieldsOf({ body }: MockRequest, query: URLSearchParams): Fields {
  const form = new URLSearchParams(typeof body === 'string' ? body : '')
  return (name) => query.get(name) ?? form.get(name) ?? undefined
}

const encoder = new TextEncoder()

function bytesOf(body: MockRequest['body']): Uint8Array {
  return typeof body === 'string' ? encoder.encode(body) : (body ?? new Uint8Array())
}

/** What the client itself calls this server, so that the address leads back to it. */
function hostOf(host: string | undefined): string {
  return host !== undefined && /^[\w.:[\]-]+$/.test(host) ? host : 'localhost'
}
