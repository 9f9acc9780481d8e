/**
 * Starts one job at a time, and finds out what became of a start whose answer was lost: a doubled job costs as much as
 * the first.
 */
import { FineTuneError, type RunStoppedError } from '../../core/errors.ts'
import type { ApiAnswer } from '../api.ts'
import { judgeJobAnswer, readErrorMessage } from '../judge-answer.ts'
import { isGood, type FineTuneDesk } from './desk.ts'
import { findStarted, readJob, rememberJobs } from './job.ts'
import type { FineTuneJob, FineTuneRequest, JobsBefore } from './job.ts'
import type { FineTuneSettings } from './options.ts'

/**
 * What came of a start.
 *
 * - `started`: there is a job.
 * - `refused`: never to be sent again.
 * - `no-place`: a 409.
 * - `later`: nothing was done, and it may be sent again.
 * - `unknown`: there may be a job; `resolve` has to look.
 * - `stopped`: nor would any other be accepted.
 *
 * @internal
 */
export type StartOutcome =
  | { readonly kind: 'started'; readonly job: FineTuneJob }
  | { readonly kind: 'refused'; readonly error: FineTuneError }
  | { readonly kind: 'stopped'; readonly error: RunStoppedError }
  | { readonly kind: 'later'; readonly answer: ApiAnswer }
  | { readonly kind: 'no-place' | 'unknown' }

/** Looks that have to show no new job before it is sent again. */
const looksMin = 2
/** So long an answer is waited for whose caller has gone: it names the job that has to be cancelled. */
const answerMsMaxOfAborted = 10_000

const noAnswer: ApiAnswer = { status: 0, text: '', namedMs: 0 }

interface Doubt {
  readonly request: FineTuneRequest
  readonly before: JobsBefore
  readonly answer: ApiAnswer
  readonly sinceMs: number
  looks: number
}

/** @internal */
export class Starter {
  readonly #desk: FineTuneDesk
  readonly #settings: FineTuneSettings
  /** The start whose answer was lost. */
  #doubt: Doubt | undefined
  #failingSinceMs: number | undefined
  #notBeforeMs = -Infinity
  #cutShort: (() => void) | undefined

  constructor(desk: FineTuneDesk, settings: FineTuneSettings) {
    this.#desk = desk
    this.#settings = settings
  }

  /** Whether a job may have been started that nobody knows. */
  get isInDoubt(): boolean {
    return this.#doubt !== undefined
  }

  /** Whether the server has asked to wait. */
  get isHeldBack(): boolean {
    return this.#settings.clock.now() < this.#notBeforeMs
  }

  /** @param known - The jobs of the look before, and those started since. */
  async start(request: FineTuneRequest, known: Iterable<FineTuneJob>): Promise<StartOutcome> {
    const before = rememberJobs(known)
    const answer = await this.#send(request)
    const outcome = await this.#judge(request, answer)
    if (outcome.kind === 'unknown') {
      const sinceMs = this.#settings.clock.now()
      this.#doubt = { request, before, answer, sinceMs, looks: 0 }
    }
    return outcome
  }

  /** The caller of the start that is under way has gone: its answer is no longer waited for very long. */
  hurry(): void {
    this.#cutShort?.()
  }

  /** Looks for the job whose start is unknown. @returns `unknown` where a further look is needed. */
  resolve(jobs: Iterable<FineTuneJob>): StartOutcome {
    const doubt = this.#doubt
    if (doubt === undefined) return { kind: 'later', answer: noAnswer }
    const job = findStarted(doubt.request, jobs, doubt.before)
    doubt.looks += 1
    const { clock, pollMsMin } = this.#settings
    // The server may be slower than the answer's way was, and somebody else may have made the looks come fast.
    const isEarly = doubt.looks < looksMin || clock.now() - doubt.sinceMs < pollMsMin
    if (job === undefined && isEarly) return { kind: 'unknown' }
    this.#doubt = undefined
    if (job === undefined) return this.#orStop(doubt.answer)
    this.#succeed()
    return { kind: 'started', job }
  }

  /** Nobody waits for the job in doubt any more. */
  forget(): void {
    this.#doubt = undefined
    this.#succeed()
  }

  async #send(request: FineTuneRequest): Promise<ApiAnswer> {
    const { clock } = this.#settings
    const controller = new AbortController()
    let cancelTimer: (() => void) | undefined
    this.#cutShort = () => {
      cancelTimer ??= clock.setTimer(() => controller.abort(), answerMsMaxOfAborted)
    }
    try {
      return await this.#desk.create(request, controller.signal)
    } catch (error) {
      if (!controller.signal.aborted) throw error
      return noAnswer
    } finally {
      cancelTimer?.()
      this.#cutShort = undefined
    }
  }

  async #judge(request: FineTuneRequest, answer: ApiAnswer): Promise<StartOutcome> {
    if (isGood(answer)) {
      const job = readJob(answer)
      // There is one, whoever knows under which id.
      if (job === undefined) return this.#failed(answer, 'unknown')
      this.#succeed()
      return { kind: 'started', job }
    }
    if (answer.status === 409) {
      this.#succeed()
      return { kind: 'no-place' }
    }
    const verdict = judgeJobAnswer(answer)
    if (verdict === 'outage') return this.#failed(answer, isRefusal(answer) ? 'later' : 'unknown')
    this.#succeed()
    if (verdict === 'unauthorised' || verdict === 'spending-limit' || verdict === 'closed') {
      return { kind: 'stopped', error: this.#desk.stop(verdict, answer) }
    }
    const isAboutModel = verdict === 'model-unavailable'
    const nearestModels = isAboutModel ? await this.#desk.findMissing(request.model) : undefined
    const { status } = answer
    const serverMessage = readErrorMessage(answer)
    const about = { reason: 'refused', status, serverMessage, nearestModels } as const
    return { kind: 'refused', error: new FineTuneError(about) }
  }

  #failed(answer: ApiAnswer, kind: 'later' | 'unknown'): StartOutcome {
    const nowMs = this.#settings.clock.now()
    this.#failingSinceMs ??= nowMs
    this.#notBeforeMs = nowMs + answer.namedMs
    // What is unknown is found out first.
    return kind === 'unknown' ? { kind } : this.#orStop(answer)
  }

  /** It may be sent again, unless that goes on for too long. */
  #orStop(answer: ApiAnswer): StartOutcome {
    const { clock, outageMsMax } = this.#settings
    const failingMs = clock.now() - (this.#failingSinceMs ?? clock.now())
    if (Math.max(failingMs, answer.namedMs) <= outageMsMax) return { kind: 'later', answer }
    this.#succeed()
    return { kind: 'stopped', error: this.#desk.stop('outage', answer) }
  }

  #succeed(): void {
    this.#failingSinceMs = undefined
    this.#notBeforeMs = -Infinity
  }
}

/** The server, or our own limiter, says that it has done nothing. */
function isRefusal({ status }: ApiAnswer): boolean {
  return status === 429 || status === 425
}
