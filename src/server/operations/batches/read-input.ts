/**
 * The input file of a batch: one request per line.
 */

import { isJsonObject, type JsonObject } from '../body-rules.ts'
import { readJsonLines } from '../files/json-lines.ts'

const CUSTOM_ID_LENGTH_MAX = 64

/** One request of a batch. @internal */
export interface BatchRequest {
  readonly customId: string
  readonly body: JsonObject
}

/**
 * Reads all requests.
 *
 * @returns The requests, or what is wrong with the first line that is none: the batch fails for it as a whole.
 * @internal
 */
export function readInput(bytes: Uint8Array): readonly BatchRequest[] | string {
  const requests: BatchRequest[] = []
  const ids = new Set<string>()
  for (const { number, value } of readJsonLines(bytes)) {
    const request = value === undefined ? 'is not a JSON object' : readRequest(value, ids)
    if (typeof request === 'string') return `line ${number} ${request}`
    ids.add(request.customId)
    requests.push(request)
  }
  return requests.length === 0 ? 'the input file holds no requests' : requests
}

function readRequest(line: JsonObject, ids: ReadonlySet<string>): BatchRequest | string {
  const { custom_id: customId, body } = line
  if (typeof customId !== 'string' || customId === '') return 'has no custom_id'
  if (customId.length > CUSTOM_ID_LENGTH_MAX) {
    return `has a custom_id of more than ${CUSTOM_ID_LENGTH_MAX} characters`
  }
  if (ids.has(customId)) return 'has the custom_id of a line before it'
  return isJsonObject(body) ? { customId, body } : 'has no body'
}
