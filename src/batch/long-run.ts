/**
 * What all requests of a run share: the way to the API, the gate, the models, the counts, and how it ends.
 */
import { RunStoppedError, type StopReason } from '../core/errors.ts'
import { connect, isWaiting, type Api, type ApiAnswer, type ApiOptions } from './api.ts'
import { readErrorMessage } from './judge-answer.ts'
import { ModelCatalogue, type ModelPrice } from './models.ts'
import { OutageGate } from './outage-gate.ts'
import { ProgressMeter } from './progress.ts'
import type { RunSettings } from './run-options.ts'

/** So many items refused and not one accepted: the fault is not theirs. */
const refusedOnlyMax = 100

/** @internal */
export class LongRun {
  readonly settings: RunSettings
  readonly gate: OutageGate
  readonly #meter: ProgressMeter
  readonly #api: Api
  readonly #models: ModelCatalogue
  /** One a request: a signal of all of them would be listened to a hundred times. */
  readonly #underWay = new Set<AbortController>()
  /** Of them, those that a run which is stopped has no use for unless they were sent. */
  readonly #posts = new Set<AbortController>()
  /** Nothing further is sent. */
  #ended: { readonly error: unknown } | undefined
  /** Nor is anything waited for. */
  #isCancelled = false
  /** Items that were left out. */
  #leftOutCount = 0

  /**
   * @param speedWindowMs - Over how long the speed is measured.
   * @throws {InvalidOptionError} Where there is no way to the API.
   */
  constructor(
    options: ApiOptions,
    settings: RunSettings,
    { total, speedWindowMs }: { total: number | undefined; speedWindowMs?: number },
  ) {
    this.settings = settings
    this.gate = new OutageGate(settings)
    this.#meter = new ProgressMeter(settings.clock, total, speedWindowMs)
    this.#api = connect(options)
    this.#models = new ModelCatalogue(() => {
      return this.#underSignal((signal) => this.#api.get('/models', signal))
    })
  }

  /**
   * Waits until the service is there. After it the gate has to be told, by `open` or `closeGate`, what came of it: the
   * request may be the one that goes to see.
   *
   * @returns The request's number.
   */
  pass(): Promise<number> {
    return this.gate.pass()
  }

  /** Sends a request that has passed. @throws What ended the run. */
  async post(path: string, body: object): Promise<ApiAnswer> {
    if (this.#ended !== undefined) throw this.#ended.error
    const send = (signal: AbortSignal): Promise<ApiAnswer> => this.#api.post(path, body, signal)
    const answer = await this.#underSignal(send, this.#posts)
    if (answer.status !== 0) this.#meter.countAnswer()
    return answer
  }

  /** Sends what a run that was stopped still has to know; not after it was cancelled. @throws What cancelled it. */
  follow(send: (api: Api, signal: AbortSignal) => Promise<ApiAnswer>): Promise<ApiAnswer> {
    return this.#underSignal((signal) => send(this.#api, signal))
  }

  /** Sends something when all is over, and nobody waits for it. */
  sendLast(send: (api: Api, signal: AbortSignal) => Promise<ApiAnswer>): Promise<ApiAnswer> {
    return send(this.#api, new AbortController().signal)
  }

  /** Lets time pass. @throws What cancels the run. */
  wait(delayMs: number): Promise<void> {
    return this.#underSignal((signal) => {
      return new Promise((resolve, reject) => {
        const cancelTimer = this.settings.clock.setTimer(resolve, delayMs)
        signal.addEventListener('abort', () => {
          cancelTimer()
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- an abort reason may be anything.
          reject(signal.reason)
        })
      })
    })
  }

  /** What a model's tokens cost, where the server says so. */
  priceOf(model: string): Promise<ModelPrice | undefined> {
    return this.#models.priceOf(model)
  }

  /** Whether nothing further is begun. */
  get isEnded(): boolean {
    return this.#ended !== undefined
  }

  wasEndedBy(error: unknown): boolean {
    return this.#ended !== undefined && this.#ended.error === error
  }

  /** @throws What cancelled the run, where something did. */
  throwIfCancelled(): void {
    if (this.#isCancelled) this.throwIfEnded()
  }

  /** The nearest names where the server has no such model; undefined where all is well, or nobody looks. */
  async findMissing(model: string): Promise<readonly string[] | undefined> {
    if (!this.settings.checksModels) return undefined
    if (this.#ended !== undefined) throw this.#ended.error
    return this.#models.findMissing(model)
  }

  /** The service is down. @throws {RunStoppedError} When that lasts too long, or the server says that it will. */
  closeGate(answer: ApiAnswer): void {
    this.gate.close(answer.namedMs)
    this.#meter.progress.outageMs = this.gate.closedForMs
    this.settings.onProgress?.(this.#meter.progress)
    const outageMs = Math.max(this.gate.closedForMs, answer.namedMs)
    if (outageMs > this.settings.outageMsMax) throw this.stop('outage', answer)
  }

  /** Ends the run for good; what was sent may come to its end. @returns What to throw. */
  stop(
    reason: StopReason,
    answer: Pick<ApiAnswer, 'status' | 'text'>,
    nearestModels: readonly string[] = [],
  ): unknown {
    const { done, failed } = this.#meter.progress
    this.#ended ??= {
      error: new RunStoppedError({
        reason,
        status: answer.status === 0 ? undefined : answer.status,
        serverMessage: readErrorMessage(answer),
        nearestModels,
        done,
        failed,
      }),
    }
    this.#letGo(this.#ended.error)
    return this.#ended.error
  }

  /** Ends the run for what is no answer's fault; what was sent may come to its end. */
  fail(error: unknown): void {
    this.#ended ??= { error }
    this.#letGo(this.#ended.error)
  }

  /** Ends the run at once, with what is under way. */
  cancel(reason: unknown): void {
    // An abort stands before what had ended the run already.
    if (!this.#isCancelled) this.#ended = { error: reason }
    this.#isCancelled = true
    this.gate.letAllPass()
    for (const controller of this.#underWay) controller.abort(reason)
  }

  /** Items have their results. */
  succeed(count: number): void {
    this.#meter.count({ done: count, failed: 0 })
    this.settings.onProgress?.(this.#meter.progress)
  }

  /** @throws What ended the run, where something did. */
  throwIfEnded(): void {
    if (this.#ended !== undefined) throw this.#ended.error
  }

  /** An item was refused; where everything was, so far, that ends the run. */
  refuse(answer: Pick<ApiAnswer, 'status' | 'text'>): void {
    this.#meter.count({ done: 0, failed: 1 })
    this.settings.onProgress?.(this.#meter.progress)
    const { done, failed } = this.#meter.progress
    if (done === 0 && failed - this.#leftOutCount >= refusedOnlyMax)
      this.stop('all-refused', answer)
  }

  /** An item cannot be sent, which says nothing of the others. */
  leaveOut(): void {
    this.#leftOutCount += 1
    this.#meter.count({ done: 0, failed: 1 })
    this.settings.onProgress?.(this.#meter.progress)
  }

  /** Tells how far the run is. */
  report(): void {
    this.settings.onProgress?.(this.#meter.progress)
  }

  /** What waits in the limiter would still be sent, minutes later and for nothing. */
  #letGo(reason: unknown): void {
    this.gate.letAllPass()
    for (const controller of this.#posts) {
      if (isWaiting(controller.signal)) controller.abort(reason)
    }
  }

  /** @param group - To count it among these, too, while it is under way. */
  async #underSignal<T>(
    send: (signal: AbortSignal) => Promise<T>,
    group?: Set<AbortController>,
  ): Promise<T> {
    this.throwIfCancelled()
    const controller = new AbortController()
    this.#underWay.add(controller)
    group?.add(controller)
    try {
      return await send(controller.signal)
    } finally {
      this.#underWay.delete(controller)
      group?.delete(controller)
    }
  }
}
