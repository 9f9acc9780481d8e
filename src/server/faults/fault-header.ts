/**
 * The header `x-mock-fault`: a fault for the request that carries it.
 *
 * Either an action as JSON, as it stands after `do` in a plan, or a short form: `503`, `429; retry-after=3`,
 * `delay=500`, `drop`, `drop-after`, `reset`, `hang`, `truncate`, `malformed`, `cut-stream=2`.
 */

import { InvalidOptionError } from '../../core/errors.ts'
import { parseFaultAction } from './fault-rules.ts'
import type { FaultAction } from '../contract.ts'

/** The header's name. @internal */
export const FAULT_HEADER = 'x-mock-fault'

const MS_PER_SECOND = 1_000
const shortForms =
  'a status, drop, drop-after, reset, hang, truncate, malformed, delay=MS or cut-stream=N'

/** Reads the header. @throws {InvalidOptionError} Naming the header or the field of the action. @internal */
export function parseFaultHeader(text: string): FaultAction {
  const trimmed = text.trim()
  const action = trimmed.startsWith('{') ? parseJson(trimmed) : readShortForm(trimmed)
  return parseFaultAction(FAULT_HEADER, action)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new InvalidOptionError(FAULT_HEADER, text, 'an action as JSON')
  }
}

function readShortForm(text: string): unknown {
  const [head = '', ...parameters] = text.split(';').map((part) => part.trim())
  if (/^\d{3}$/.test(head)) {
    const hints = parameters.map(readHint)
    return { kind: 'status', status: Number(head), hints }
  }
  const [name, value = ''] = head.split('=')
  if (parameters.length === 0) {
    if (value !== '' && name === 'delay') return { kind: 'delay', delayMs: Number(value) }
    if (value !== '' && name === 'cut-stream') {
      return { kind: 'cut-stream', afterParts: Number(value) }
    }
    const action = bareForms[head]
    if (action !== undefined) return action
  }
  throw new InvalidOptionError(FAULT_HEADER, text, shortForms)
}

const bareForms: Readonly<Record<string, FaultAction>> = {
  drop: { kind: 'drop', when: 'before' },
  'drop-after': { kind: 'drop', when: 'after' },
  reset: { kind: 'drop', when: 'before', reset: true },
  hang: { kind: 'hang' },
  truncate: { kind: 'truncate' },
  malformed: { kind: 'malformed' },
}

/** `retry-after=3` and the like: seconds, but for `retry-after-ms`. Wrong names and numbers are found by the schema. */
function readHint(parameter: string): { header: string; delayMs: number } {
  const [name = '', value = ''] = parameter.split('=')
  const number = value === '' ? NaN : Number(value)
  const delayMs = name === 'retry-after-ms' ? number : number * MS_PER_SECOND
  return { header: name, delayMs }
}
