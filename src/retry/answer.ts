/**
 * What becomes of a response: a result, taken in the caller's way, or a failure with everything that the decision needs.
 *
 * The permit is told first, then - for a 429 - everybody else, then the body is read; a slow body delays neither.
 */
import { InvalidOptionError } from '../core/errors.ts'
import { BodyReading } from './body.ts'
import type { Ending } from './call-scope.ts'
import { classifyAnswer, startsJob, type RetryKind } from './classify.ts'
import { pauseDelayMs } from './decide.ts'
import { readServerDelayMs } from '../core/headers/server-delay.ts'
import {
  reasonFor,
  type AnswerWay,
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
export async function takeAnswer<T>(
  running: RunningAttempt,
  way: AnswerWay<T>,
  response: Response,
): Promise<AttemptOutcome<T>> {
  const { permit, call } = running
  if (!isResponse(response)) {
    permit.fail()
    throw new InvalidOptionError(
      way.senderName,
      response,
      'a function that resolves with a Response',
    )
  }
  const { status } = response
  const isSuccess = status >= 200 && status < 300
  permit.report(status)
  permit.answer({ keepsPlace: isSuccess && startsJob(call.settings.endpoint) })
  if (response.bodyUsed) {
    permit.free()
    throw new InvalidOptionError(way.senderName, response, 'a function that leaves the body unread')
  }
  if (!way.isResult(status)) return readRefusal(running, way, response)
  const outcome = await way.takeResult(running, response)
  // Whoever gets an error was never told of a job, so nobody would give its place back.
  if (outcome.kind !== 'succeeded') permit.free()
  return outcome
}

/** A refusal: everybody learns of a 429 before its body is read, since that may take its time. */
async function readRefusal<T>(
  running: RunningAttempt,
  way: AnswerWay<T>,
  response: Response,
): Promise<AttemptOutcome<T>> {
  const { settings } = running.call
  const { status } = response
  const failedAtMs = settings.clock.now()
  const hintMs = readServerDelayMs(response.headers, settings.clock.wallNow())
  const pauseMs = status === 429 ? pauseEverybody(running, hintMs) : undefined
  // Not before: tokens that come back may let somebody go.
  running.permit.refuse(status)
  const facts = { status, hintMs, pauseMs, failedAtMs, cause: undefined }
  if (way.hold !== undefined && kindOf(running, status) === 'none') {
    const held = way.hold(running, response)
    return { kind: 'failed', failure: { ...facts, kind: 'none', bodyText: '' }, held }
  }
  const reading = new BodyReading(response, { keepsBytes: way.hold !== undefined })
  const ending = await readRefusalBody(running, reading, failedAtMs)
  if (ending.kind === 'aborted') return ending
  const kind = kindOf(running, status, reading.text)
  const bodyText = reading.text.slice(0, settings.bodyTextLengthMax)
  const held = way.hold?.(running, response, reading)
  return { kind: 'failed', failure: { ...facts, kind, bodyText }, held }
}

function kindOf(running: RunningAttempt, status: number, bodyText = ''): RetryKind {
  return classifyAnswer({ status, endpoint: running.call.settings.endpoint, bodyText })
}

async function readRefusalBody(
  running: RunningAttempt,
  reading: BodyReading,
  failedAtMs: number,
): Promise<Ending<unknown>> {
  const { settings, scope } = running.call
  const remainingMs = running.startedAtMs + settings.attemptTimeoutMs - failedAtMs
  scope.startTimeout(Math.max(0, Math.min(failedBodyTimeoutMs, remainingMs)))
  const lengthMax = Math.max(errorCodeTextLength, settings.bodyTextLengthMax)
  const ending = await scope.wait(reading.read(lengthMax))
  if (ending.kind !== 'resolved') giveUpReading(running, reading, ending)
  return ending
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
