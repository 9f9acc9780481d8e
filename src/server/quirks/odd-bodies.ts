/**
 * Bodies that say the same in an unusual form: JSON with space and with fields that nobody knows, errors of other shapes.
 */

import { isJsonObject } from '../operations/body-rules.ts'
import { pick } from '../faults/nonsense.ts'
import type { Random } from '../../core/random.ts'
import type { Answer } from '../operations/operation.ts'

const htmlPage =
  '<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>'

/** How errors come that are not in the usual shape. A proxy in front of the server writes its own. */
const shapes: readonly ((message: string) => readonly [body: string, type: string])[] = [
  (message) => [JSON.stringify({ error: message }), 'application/json'],
  (message) => [JSON.stringify({ message }), 'application/json'],
  (message) => [JSON.stringify({ error: { error: { message, type_: null } } }), 'application/json'],
  (message) => [JSON.stringify([{ error: { message } }]), 'application/json'],
  (message) => [message, 'text/plain; charset=utf-8'],
  () => [htmlPage, 'text/html; charset=utf-8'],
]

/** An error in another shape. @internal */
export function reshapeError(answer: Answer, random: Random): Answer {
  const shape = pick(shapes, random)
  if (shape === undefined) return answer
  const [body, type] = shape(messageOf(answer.body))
  return { ...answer, body, headers: { ...answer.headers, 'content-type': type } }
}

/** No body at all. @internal */
export function emptyBody(answer: Answer): Answer {
  return { ...answer, body: '' }
}

/** The same JSON with line breaks and spaces. @internal */
export function spaceJson(answer: Answer): Answer {
  const value = parse(answer.body)
  return value === undefined ? answer : { ...answer, body: `\n${JSON.stringify(value, null, 2)}\n` }
}

/** An object with a field that no description of it knows. @internal */
export function addUnknownFields(answer: Answer): Answer {
  const value = parse(answer.body)
  if (!isJsonObject(value)) return answer
  const odd = { 'x_mock.note': { level: [1, 'two', null] }, ...value, x_mock_extra: null }
  return { ...answer, body: JSON.stringify(odd) }
}

function messageOf(body: string): string {
  const problem = parse(body)
  const error = isJsonObject(problem) ? problem['error'] : undefined
  const message = isJsonObject(error) ? error['message'] : error
  return typeof message === 'string' ? message : 'an error without a message'
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
