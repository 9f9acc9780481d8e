/**
 * One request of a run on its way to its result.
 */
import type { ApiAnswer } from '../api.ts'
import { judgeAnswer, readErrorMessage } from '../judge-answer.ts'
import type { LongRun } from '../long-run.ts'
import { isJson } from '../run-options.ts'
import { Strikes } from '../strikes.ts'
import type { Fallback } from './fallback.ts'
import type { RequestSettings, RunRequest } from './options.ts'

/** Why a request has no answer. @public */
export interface RequestFailure {
  /** The status of the answer; undefined where it was not sent, or none came. */
  readonly status: number | undefined
  /** What the server said, shortened, or what is wrong with the request. */
  readonly message: string
}

/** A request's answer, or why it has none. @public */
export type RunOutcome<Answer = unknown> = {
  /** Its place in the source, from 0. */
  readonly index: number
  readonly customId: string
} & (
  | {
      /** The parsed body. */
      readonly response: Answer
      /** Who answered: the request's own model, or a fallback; undefined where the request names none. */
      readonly model: string | undefined
      readonly failure?: undefined
    }
  | { readonly response?: undefined; readonly failure: RequestFailure }
)

/** A run, and what it is about. @internal */
export interface RequestRun {
  readonly run: LongRun
  readonly settings: RequestSettings
  readonly fallback: Fallback
}

/** A good status without JSON behind it: so often it may be by accident. */
const unreadableMax = 3

/** @throws {RunStoppedError} Where no request of the run can succeed any more. @internal */
export async function sendRequest(
  requests: RequestRun,
  request: RunRequest,
  index: number,
): Promise<RunOutcome> {
  const problem = findProblem(request) ?? (await findMissingModel(requests, request))
  const result = problem === undefined ? await send(requests, request) : failed(problem)
  if ('failure' in result) {
    requests.run.refuse({ status: result.failure.status ?? 0, text: result.text })
    return { index, customId: customIdOf(request), failure: result.failure }
  }
  requests.run.succeed(1)
  return { index, customId: request.customId, ...result }
}

type Result =
  | { readonly response: unknown; readonly model: string | undefined }
  | { readonly failure: RequestFailure; readonly text: string }

function failed(message: string): Result {
  return { failure: { status: undefined, message }, text: JSON.stringify({ message }) }
}

/** What is wrong with a request before it is sent: callers read them from files. @internal */
export function findProblem(request: RunRequest): string | undefined {
  if (typeof request !== 'object' || request === null) return 'expected a request, an object'
  const { customId, path = defaultPath, body } = request
  if (typeof customId !== 'string') return 'expected a customId, a string'
  if (typeof path !== 'string' || !path.startsWith('/')) {
    return 'expected a path that begins with a slash'
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return 'expected a body, an object'
  }
  if (body['stream'] === true) return 'a stream has no place in a run: leave `stream` out'
  return isJson(body) ? undefined : 'expected a body that can be written as JSON'
}

const defaultPath = '/chat/completions'

async function findMissingModel(
  { run, settings }: RequestRun,
  { body }: RunRequest,
): Promise<string | undefined> {
  const own = modelOf(body)
  if (own === undefined) return undefined
  for (const model of [own, ...settings.fallbackModels]) {
    const nearest = await run.findMissing(model)
    if (nearest === undefined) continue
    const message = `there is no model ${model}; the nearest are ${nearest.join(', ')}`
    // The caller's own setting, which no request can do anything about.
    if (model !== own) {
      throw run.stop('model-unavailable', { status: 0, text: JSON.stringify({ message }) }, nearest)
    }
    return message
  }
  return undefined
}

async function send({ run, fallback }: RequestRun, request: RunRequest): Promise<Result> {
  const { path = defaultPath, body } = request
  const own = modelOf(body)
  const strikes = new Strikes(run.gate)
  /** Models that were down since it passed. */
  const tried = new Set<string>()
  let unreadable = 0
  let pass = await run.pass()
  for (;;) {
    const model = own === undefined ? undefined : (fallback.choose(own, tried) ?? own)
    const answer = await run.post(path, model === own ? body : { ...body, model })
    const result = readResult(run, answer, { model, pass })
    if (result !== undefined) return result
    if (answer.status === 503 && own !== undefined && model !== undefined) {
      fallback.markDown(model)
      tried.add(model)
      // It has passed already, and the other model is no part of the trouble.
      if (fallback.choose(own, tried) !== undefined) continue
    }
    tried.clear()
    if (isGood(answer)) {
      run.gate.open(pass)
      unreadable += 1
      if (unreadable >= unreadableMax) return failed('the answer is not JSON')
    } else {
      const blame = strikes.blame(answer, false)
      run.closeGate(answer)
      if (blame === 'theirs') return fail(answer)
    }
    pass = await run.pass()
  }
}

/** @returns Undefined where the request may be sent again. @throws {RunStoppedError} */
function readResult(
  run: LongRun,
  answer: ApiAnswer,
  { model, pass }: { model: string | undefined; pass: number },
): Result | undefined {
  if (isGood(answer)) {
    const response = parse(answer.text)
    if (response !== undefined) run.gate.open(pass)
    return response === undefined ? undefined : { response: response.value, model }
  }
  const verdict = judgeAnswer(answer)
  if (verdict === 'outage') return undefined
  if (verdict === 'unauthorised' || verdict === 'spending-limit' || verdict === 'closed') {
    throw run.stop(verdict, answer)
  }
  // It is about this request: others may name another model, or another path.
  run.gate.open(pass)
  return fail(answer)
}

function isGood({ status }: ApiAnswer): boolean {
  return status >= 200 && status < 300
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

/** As far as it can be made out. @internal */
export function customIdOf(request: unknown): string {
  const hasId = typeof request === 'object' && request !== null && 'customId' in request
  return hasId && typeof request.customId === 'string' ? request.customId : ''
}

/** The model that a request names. @internal */
export function modelOf(body: RunRequest['body']): string | undefined {
  const { model } = body
  return typeof model === 'string' ? model : undefined
}

function fail(answer: ApiAnswer): Result {
  const status = answer.status === 0 ? undefined : answer.status
  return { failure: { status, message: readErrorMessage(answer) }, text: answer.text }
}
