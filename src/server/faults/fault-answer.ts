/**
 * The answer of a fault that has a status: its body, and the waits it names in the forms that servers use.
 *
 * A named wait is never shorter than what the rule says; where the form is coarser, it is rounded up.
 */

import { formatProblem, problemForStatus } from '../operations/problems.ts'
import { nonsenseOf } from './nonsense.ts'
import type { Random } from '../../core/random.ts'
import type { FaultAction, FaultHint } from '../contract.ts'
import type { Answer } from '../operations/operation.ts'
import type { ServerEndpoint } from '../profiles/server-profile.ts'
import { secondsUntil, wholeSecondsUntil, type ServerTime } from '../state/server-time.ts'

type StatusAction = Extract<FaultAction, { kind: 'status' }>

/** Where and when a fault answers. @internal */
export interface FaultPlace {
  readonly endpoint: ServerEndpoint
  /** When the answer leaves the server: waits are counted from here. */
  readonly atMs: number
  readonly time: ServerTime
  /** Draws nonsense. */
  readonly random: Random
}

/** Builds the answer of a status fault. @internal */
export function answerFault(action: StatusAction, place: FaultPlace): Answer {
  const headers: Record<string, string> = {}
  for (const hint of action.hints ?? []) {
    const [name, value] = formatHint(hint, place)
    headers[name] = value
  }
  const { body, nonsense } = action
  if (nonsense !== undefined) headers['retry-after'] = nonsenseOf(nonsense, place)
  if (typeof body === 'string') headers['content-type'] = 'text/plain; charset=utf-8'
  Object.assign(headers, action.headers)
  return { status: action.status, headers, body: formatBody(action, place.endpoint) }
}

function formatBody({ status, body }: StatusAction, endpoint: ServerEndpoint): string {
  if (body === undefined) return formatProblem(problemForStatus(status), endpoint)
  // What JSON cannot express, a function for one, is sent as an empty body.
  return typeof body === 'string' ? body : (JSON.stringify(body) ?? '')
}

function formatHint(
  { header, delayMs }: FaultHint,
  { atMs, time }: FaultPlace,
): readonly [name: string, value: string] {
  const dueMs = atMs + delayMs
  switch (header) {
    case 'retry-after':
      return [header, wholeSecondsUntil(dueMs, atMs)]
    case 'retry-after-date':
      return ['retry-after', time.httpDateNotBefore(dueMs)]
    case 'retry-after-ms':
      return [header, String(Math.ceil(delayMs))]
    case 'x-ratelimit-reset':
      return [header, secondsUntil(dueMs, atMs)]
    default:
      return [header, `"default";r=0;t=${wholeSecondsUntil(dueMs, atMs)}`]
  }
}
