/**
 * One attempt: the caller's function is called once, and the permit learns at once what became of it.
 *
 * What is given up - a request on its way - is cancelled, and what it does later is swallowed.
 */
import { takeAnswer } from './answer.ts'
import { discardBody } from './body.ts'
import { isNetworkFailure } from './classify.ts'
import type { PermitHandle } from './permit-handle.ts'
import {
  cutShort,
  describeBreak,
  type AnswerWay,
  type AttemptOutcome,
  type FailedOutcome,
  type RetryCall,
  type RunningAttempt,
} from './running-attempt.ts'

const arrivalBoundMsDefault = 5_000

/**
 * Makes one attempt. Calls the function before it returns for the first time, so that nothing can come between a check
 * and the request.
 *
 * @throws What the function rejected with, untouched, where that is not a failure of the network.
 * @throws {InvalidOptionError} When the function resolved with something that is not an unread response.
 * @internal
 */
export async function runAttempt<T>(
  call: RetryCall,
  way: AnswerWay<T>,
  attempt: number,
  permit: PermitHandle,
): Promise<AttemptOutcome<T>> {
  const { scope, settings } = call
  const startedAtMs = settings.clock.now()
  const running = { call, attempt, permit, startedAtMs, controller: new AbortController() }
  scope.startTimeout(settings.attemptTimeoutMs)
  try {
    const sending = send(running)
    const ending = await scope.wait(sending)
    if (ending.kind === 'resolved') return await takeAnswer(running, way, ending.value)
    if (ending.kind === 'rejected') return breakOff(running, ending.error)
    permit.orphan(settings.clock, call.limiter.arrivalBoundMs ?? arrivalBoundMsDefault)
    sending.then(discardBody, () => undefined)
    return cutShort(running, ending)
  } finally {
    scope.endTimeout()
  }
}

/** A function that throws at once has rejected. */
async function send(running: RunningAttempt): Promise<Response> {
  const { attempt, controller, permit, call } = running
  return call.fn({ attempt, signal: controller.signal, permit: permit.raw })
}

function breakOff(running: RunningAttempt, error: unknown): FailedOutcome {
  running.permit.fail()
  if (!isNetworkFailure(error)) throw error
  return describeBreak(running, error)
}
