/**
 * What becomes of a response: a result, taken in the caller's way, or a failure with everything that the decision needs.
 *
 * The permit is told first, then - for a 429 - everybody else, then the body is read; a slow body delays neither. What it
 * says may shorten a long pause, for a 429 can be about money.
 */
import { InvalidOptionError } from '../core/errors.ts'
import { isMarkedFinal } from '../core/final-mark.ts'
import { outbox } from '../core/event-outbox.ts'
import { BodyReading } from './body.ts'
import type { Ending } from './call-scope.ts'
import { classifyAnswer, rateOutcomeOf, startsJob, type RetryKind } from './classify.ts'
import { pauseDelayMs } from './decide.ts'
import { reportLimited } from './report.ts'
import { readServerDelayMs } from '../core/headers/server-delay.ts'
import {
  reasonFor,
  type AnswerWay,
  type AttemptOutcome,
  type RunningAttempt,
} from './running-attempt.ts'

/** The body of a failed answer may take this long; then its status has to do. */
const failedBodyTimeoutMs = 5_000
/**
 * For so long, at the most, a 429 holds everybody back before its body is read: what is about money is no reason for more.
 * Longer than reading may take, so that nobody slips through in between.
 */
const pauseMsUntilRead = 10_000
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
  permit.observe(response.headers)
  // What a 429 is about, only its body says.
  if (status !== 429) permit.report(rateOutcomeOf(status))
  // Before the permit gives up its place, which may be what somebody waits for.
  const limited = status === 429 ? pauseEverybody(running, response) : undefined
  permit.answer({ keepsPlace: isSuccess && startsJob(call.settings.endpoint) })
  if (response.bodyUsed) {
    permit.free()
    throw new InvalidOptionError(way.senderName, response, 'a function that leaves the body unread')
  }
  if (!way.isResult(status)) return readRefusal(running, way, { response, limited })
  const outcome = await way.takeResult(running, response)
  // Whoever gets an error was never told of a job, so nobody would give its place back.
  if (outcome.kind !== 'succeeded') permit.free()
  return outcome
}

/** What a 429 says, and how long it holds everybody back. */
interface Limited {
  readonly hintMs: number | undefined
  /** Undefined where the layer that gave up has paused for it. */
  readonly pauseMs: number | undefined
}

/** Everybody learns of a 429 before its body is read, since that may take its time. */
function pauseEverybody(running: RunningAttempt, response: Response): Limited {
  const { settings } = running.call
  const hintMs = readServerDelayMs(response.headers, settings.clock.wallNow())
  if (isMarkedFinal(response)) return { hintMs, pauseMs: undefined }
  const unit = settings.random.next()
  const pauseMs = pauseDelayMs(hintMs, { attempt: running.attempt, unit, settings })
  reportLimited(settings, { attempt: running.attempt, serverDelayMs: hintMs, delayMs: pauseMs })
  pauseForAll(running, Math.min(pauseMs, pauseMsUntilRead))
  return { hintMs, pauseMs }
}

async function readRefusal<T>(
  running: RunningAttempt,
  way: AnswerWay<T>,
  { response, limited }: { response: Response; limited: Limited | undefined },
): Promise<AttemptOutcome<T>> {
  const { settings } = running.call
  const { status } = response
  const failedAtMs = settings.clock.now()
  const { hintMs, pauseMs } = limited ?? {
    hintMs: readServerDelayMs(response.headers, settings.clock.wallNow()),
  }
  const isFinal = isMarkedFinal(response)
  running.permit.refuse(status)
  // Told only now: a listener must not be granted what the server has just refused.
  outbox.flush()
  const facts = { status, hintMs, pauseMs, failedAtMs, cause: undefined }
  if (way.hold !== undefined && kindOf(running, { status, isFinal }) === 'none') {
    if (status === 429) running.permit.report('failed')
    const held = way.hold(running, response)
    return { kind: 'failed', failure: { ...facts, kind: 'none', bodyText: '' }, held }
  }
  const reading = new BodyReading(response, { keepsBytes: way.hold !== undefined })
  const ending = await readRefusalBody(running, reading, failedAtMs)
  const kind = kindOf(running, { status, isFinal, bodyText: reading.text })
  if (status === 429) running.permit.report(rateOutcomeOf(status, kind))
  if (pauseMs !== undefined && pauseMs > pauseMsUntilRead && kind !== 'none') {
    pauseForAll(running, failedAtMs + pauseMs - settings.clock.now())
  }
  if (ending.kind === 'aborted') return ending
  const bodyText = reading.text.slice(0, settings.bodyTextLengthMax)
  const held = way.hold?.(running, response, reading)
  return { kind: 'failed', failure: { ...facts, kind, bodyText }, held }
}

function kindOf(
  running: RunningAttempt,
  answer: { status: number; isFinal: boolean; bodyText?: string },
): RetryKind {
  return classifyAnswer({ bodyText: '', ...answer, endpoint: running.call.settings.endpoint })
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

function pauseForAll(running: RunningAttempt, delayMs: number): void {
  const { limiter, settings } = running.call
  const { endpoint, model } = settings
  if (delayMs <= 0) return
  limiter.pause?.({ endpoint, delayMs, ...(model === undefined ? {} : { model }) })
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
