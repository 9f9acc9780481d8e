/**
 * What becomes of a response: a result, or a failure with everything that the decision needs.
 *
 * The permit is told first, then - for a 429 - everybody else, then the body is read; a slow body delays neither.
 */
import { InvalidOptionError } from '../core/errors.ts'
import { BodyReading } from './body.ts'
import type { Ending } from './call-scope.ts'
import { classifyAnswer, startsJob } from './classify.ts'
import { pauseDelayMs } from './decide.ts'
import { readServerDelayMs } from '../core/headers/server-delay.ts'
import {
  cutShort,
  describeBreak,
  reasonFor,
  type AttemptOutcome,
  type RunningAttempt,
} from './running-attempt.ts'

/** The body of a failed answer may take this long; then its status has to do. */
const failedBodyTimeoutMs = 5_000
/** So much of a failed answer's body is read for its error code, even where the caller keeps less. */
const errorCodeTextLength = 4_096

/**
 * Takes the response that a caller's function resolved with.
 *
 * @throws {InvalidOptionError} When it is not a response, or its body has been read.
 * @internal
 */
export async function takeAnswer(
  running: RunningAttempt,
  response: Response,
): Promise<AttemptOutcome> {
  const { permit, call } = running
  if (!isResponse(response)) {
    permit.fail()
    throw new InvalidOptionError('fn', response, 'a function that resolves with a Response')
  }
  const isSuccess = response.status >= 200 && response.status < 300
  permit.report(response.status)
  permit.answer({ keepsPlace: isSuccess && startsJob(call.settings.endpoint) })
  if (response.bodyUsed) {
    permit.free()
    throw new InvalidOptionError('fn', response, 'a function that leaves the body unread')
  }
  if (!isSuccess) return readRefusal(running, response)
  const outcome = await readResult(running, response)
  // Whoever gets an error was never told of a job, so nobody would give its place back.
  if (outcome.kind !== 'succeeded') permit.free()
  return outcome
}

/** A 2xx: its body is the result. */
async function readResult(running: RunningAttempt, response: Response): Promise<AttemptOutcome> {
  const reading = new BodyReading(response)
  const ending = await running.call.scope.wait(reading.read(Infinity))
  if (ending.kind === 'resolved') {
    const result = parseResult(ending.value)
    if (result !== undefined) return { kind: 'succeeded', value: result.value }
  }
  const answer = { status: response.status, text: reading.text }
  if (ending.kind === 'resolved') {
    // The parser's own error would quote the body.
    return describeBreak(running, new SyntaxError('the body of the answer is not JSON'), answer)
  }
  reading.cancel()
  if (ending.kind === 'rejected') return describeBreak(running, ending.error, answer)
  return cutShort(running, ending, answer)
}

function parseResult(text: string): { value: unknown } | undefined {
  if (text.trim() === '') return { value: undefined }
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

/** Any other status: everybody learns of a 429 before its body is read, since that may take its time. */
async function readRefusal(running: RunningAttempt, response: Response): Promise<AttemptOutcome> {
  const { settings, scope } = running.call
  const { status } = response
  const failedAtMs = settings.clock.now()
  const hintMs = readServerDelayMs(response.headers, settings.clock.wallNow())
  const pauseMs = status === 429 ? pauseEverybody(running, hintMs) : undefined
  const remainingMs = running.startedAtMs + settings.attemptTimeoutMs - failedAtMs
  scope.startTimeout(Math.max(0, Math.min(failedBodyTimeoutMs, remainingMs)))
  const reading = new BodyReading(response)
  const ending = await scope.wait(
    reading.read(Math.max(errorCodeTextLength, settings.bodyTextLengthMax)),
  )
  if (ending.kind !== 'resolved') giveUpReading(running, reading, ending)
  if (ending.kind === 'aborted') return ending
  const kind = classifyAnswer({ status, endpoint: settings.endpoint, bodyText: reading.text })
  const bodyText = reading.text.slice(0, settings.bodyTextLengthMax)
  const failure = { kind, status, bodyText, hintMs, pauseMs, failedAtMs, cause: undefined }
  return { kind: 'failed', failure }
}

/** @returns How long the server's answer holds everybody back, from now. */
function pauseEverybody(running: RunningAttempt, hintMs: number | undefined): number {
  const { settings, limiter } = running.call
  const unit = settings.random.next()
  const delayMs = pauseDelayMs(hintMs, { attempt: running.attempt, unit, settings })
  const { endpoint, model } = settings
  limiter.pause?.({ endpoint, delayMs, ...(model === undefined ? {} : { model }) })
  return delayMs
}

function giveUpReading(
  running: RunningAttempt,
  reading: BodyReading,
  ending: Ending<unknown>,
): void {
  reading.cancel()
  if (ending.kind === 'resolved' || ending.kind === 'rejected') return
  running.controller.abort(reasonFor(running, ending))
}

/** By structure: a response may come from another realm, or be a light double. */
function isResponse(value: unknown): value is Response {
  if (typeof value !== 'object' || value === null) return false
  const { status, headers, text } = value as Partial<Response>
  return (
    typeof status === 'number' && typeof headers?.get === 'function' && typeof text === 'function'
  )
}
