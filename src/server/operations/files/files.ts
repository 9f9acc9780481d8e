/**
 * `/v1/files`: list, retrieve, content, delete.
 *
 * A key sees its own files and those that were there when the server started.
 */

import { describeFile } from './describe-file.ts'
import { notFound, type Problem } from '../problems.ts'
import type { Call, Operation, ServerState } from '../operation.ts'
import type { StoredFile } from '../../state/file-store.ts'

/** Lists the key's files, the oldest first. @internal */
export const listFiles: Operation = {
  endpoint: 'files',
  act: ({ key, atMs }, { files, time }) => {
    const data = files.list(key, atMs).map((file) => describeFile(file, time))
    return { status: 200, body: JSON.stringify({ data }) }
  },
}

/** Tells what a file is. @internal */
export const retrieveFile: Operation = {
  endpoint: 'files',
  act: (call, state) => {
    const file = findFile(call, state)
    if (file === undefined) return noFile()
    return { status: 200, body: JSON.stringify(describeFile(file, state.time)) }
  },
}

/** Sends a file's bytes as they came. @internal */
export const retrieveFileContent: Operation = {
  endpoint: 'files',
  act: (call, state) => {
    const file = findFile(call, state)
    if (file === undefined) return noFile()
    if (file.bytes === undefined) {
      return notFound('the content of this file has not been sent yet', 'file_not_uploaded')
    }
    return {
      status: 200,
      body: '',
      bytes: file.bytes,
      headers: { 'content-type': file.type === 'parquet' ? OCTETS : 'text/plain; charset=utf-8' },
    }
  },
}

/** Forgets a file. Batches that were made from it go on. @internal */
export const deleteFile: Operation = {
  endpoint: 'files',
  act: (call, state) => {
    const file = findFile(call, state)
    if (file === undefined) return noFile()
    state.files.remove(file.id)
    return { status: 200, body: JSON.stringify({ id: file.id, deleted: true }) }
  },
}

const OCTETS = 'application/octet-stream'

/** The file named in the path. A lenient profile has one of every name. @internal */
export function findFile({ key, id, atMs }: Call, state: ServerState): StoredFile | undefined {
  return findFileOf(key, id, { atMs, state })
}

/** @internal */
export function findFileOf(
  key: string,
  id: string,
  { atMs, state }: { atMs: number; state: ServerState },
): StoredFile | undefined {
  return state.files.find(key, id, atMs) ?? standIn(id, key, state)
}

/** @internal */
export function noFile(): Problem {
  return notFound('there is no such file', 'file_not_found')
}

const messages = [{ role: 'user', content: 'Say nothing.' }]
const standInLine = JSON.stringify({ custom_id: '1', body: { model: 'mock', messages } })
const standInBytes = new TextEncoder().encode(`${standInLine}\n`)

function standIn(id: string, key: string, { profile }: ServerState): StoredFile | undefined {
  if (profile.isLenient !== true) return undefined
  const name = 'mock.jsonl'
  return { id, key, name, purpose: 'batch-api', type: 'jsonl', createdAtMs: 0, bytes: standInBytes }
}
