/**
 * Faults that befall an answer which is there: bodies that are no JSON, streams that break off, hints that lie.
 */

import { nonsenseOf, pick } from './nonsense.ts'
import { malformedForms } from './fault-schema.ts'
import { secondsUntil, wholeSecondsUntil, type ServerTime } from '../state/server-time.ts'
import { formatProblem, problemForStatus } from '../operations/problems.ts'
import type { Random } from '../../core/random.ts'
import type { FaultAction, MalformedForm } from '../contract.ts'
import type { Answer } from '../operations/operation.ts'

type Action<Kind> = Extract<FaultAction, { kind: Kind }>

const htmlPage =
  '<html><head><title>524: a timeout occurred</title></head><body>The origin did not answer.</body></html>'

/** Makes a body that is not the JSON it should be. A stream is spoilt in its first event. @internal */
export function malform(answer: Answer, { form }: Action<'malformed'>, random: Random): Answer {
  const chosen = form ?? pick(malformedForms, random) ?? 'cut'
  const { parts: [first, ...rest] = [] } = answer
  if (first !== undefined) {
    const text = `data: ${spoilText(first.slice('data: '.length).trimEnd(), chosen)}\n\n`
    return { ...answer, parts: [text, ...rest] }
  }
  const headers =
    chosen === 'html' ? { ...answer.headers, 'content-type': 'text/html' } : answer.headers
  const spoilt = { ...answer, body: spoilText(answer.body, chosen) }
  return headers === undefined ? spoilt : { ...spoilt, headers }
}

function spoilText(text: string, form: MalformedForm): string {
  switch (form) {
    case 'cut':
      return text.slice(0, text.length >> 1)
    case 'trailing-comma':
      return `${text.slice(0, -1)},${text.slice(-1)}`
    case 'html':
      return htmlPage
    case 'empty':
      return ''
    default:
      // Numbers as other languages print them. A body without a number is put in front of one.
      return /[:,[]\d/.test(text) ? text.replace(/([:,[])\d+(\.\d+)?/, '$1NaN') : `NaN${text}`
  }
}

/** Ends a stream with an error event, in the place of the parts after it. @internal */
export function failStream(answer: Answer, { afterParts }: Action<'cut-stream'>): Answer {
  if (answer.parts === undefined) return answer
  const problem = formatProblem(problemForStatus(503), undefined)
  const kept = answer.parts.slice(0, Math.min(afterParts, answer.parts.length - 1))
  return { ...answer, parts: [...kept, `data: ${problem}\n\n`, 'data: [DONE]\n\n'] }
}

/** Rewrites what a refusal says about the wait. @internal */
export function rewriteHints(
  headers: Record<string, string>,
  { say }: Action<'hints'>,
  about: { nowMs: number; allowAtMs: number; time: ServerTime; random: Random },
): void {
  const { nowMs, allowAtMs, time, random } = about
  const names = ['retry-after', 'retry-after-ms', 'x-ratelimit-reset']
  if (typeof say === 'object') {
    const dueMs = nowMs + (allowAtMs - nowMs) * say.share
    if ('retry-after' in headers) headers['retry-after'] = wholeSecondsUntil(dueMs, nowMs)
    if ('retry-after-ms' in headers) headers['retry-after-ms'] = String(Math.ceil(dueMs - nowMs))
    if ('x-ratelimit-reset' in headers) headers['x-ratelimit-reset'] = secondsUntil(dueMs, nowMs)
    return
  }
  for (const name of names) delete headers[name]
  if (say !== 'none') headers['retry-after'] = nonsenseOf(say, { atMs: nowMs, time, random })
}
