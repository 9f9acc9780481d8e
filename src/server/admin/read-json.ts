/**
 * Reads the JSON that somebody sent.
 */

import { InvalidOptionError } from '../../core/errors.ts'

/** Parsing may go deeper than writing can: what is kept and shown again must not end in a stack overflow. */
const DEPTH_MAX = 100

/** @throws {InvalidOptionError} Where it is no JSON, or nested too deeply. @internal */
export function readJson(text: string | undefined): unknown {
  let value: unknown
  try {
    value = JSON.parse(text ?? '')
  } catch {
    throw new InvalidOptionError('body', undefined, 'JSON')
  }
  if (depthOf(text ?? '') > DEPTH_MAX) {
    throw new InvalidOptionError('body', undefined, `JSON that is nested at most ${DEPTH_MAX} deep`)
  }
  return value
}

/** How deep brackets are nested, those in strings left out. */
function depthOf(json: string): number {
  let depth = 0
  let deepest = 0
  let isInString = false
  for (let index = 0; index < json.length; index += 1) {
    const character = json[index]
    if (character === '\\') index += 1
    else if (character === '"') isInString = !isInString
    else if (isInString) continue
    else if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth)
    else if (character === ']' || character === '}') depth -= 1
  }
  return deepest
}
