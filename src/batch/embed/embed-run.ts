/**
 * What all batches of a run share: the way to the API, the gate, the counts, and how it ends.
 */
import { RunStoppedError, type StopReason } from '../../core/errors.ts'
import type { Api, ApiAnswer } from '../api.ts'
import { readErrorMessage } from '../judge-answer.ts'
import { OutageGate } from '../outage-gate.ts'
import type { EmbedSettings } from './options.ts'
import { ProgressMeter } from './progress.ts'

/** @internal */
export class EmbedRun {
  readonly settings: EmbedSettings
  readonly gate: OutageGate
  readonly meter: ProgressMeter
  readonly #api: Api
  readonly #model: string
  /** One a request: a signal of all of them would be listened to a hundred times. */
  readonly #underWay = new Set<AbortController>()
  /** Nothing further is sent. */
  #ended: { readonly error: unknown } | undefined

  constructor(api: Api, model: string, settings: EmbedSettings, textsTotal: number | undefined) {
    this.settings = settings
    this.gate = new OutageGate(settings)
    this.meter = new ProgressMeter(settings.clock, textsTotal)
    this.#api = api
    this.#model = model
  }

  /** Sends a request when the service is there. @throws What ended the run. */
  async post(fields: object): Promise<ApiAnswer> {
    await this.gate.pass()
    if (this.#ended !== undefined) throw this.#ended.error
    const controller = new AbortController()
    this.#underWay.add(controller)
    try {
      const body = { ...this.settings.body, model: this.#model, ...fields }
      return await this.#api.post('/embeddings', body, controller.signal)
    } finally {
      this.#underWay.delete(controller)
    }
  }

  /** The service is down. @throws {RunStoppedError} When that lasts too long, or the server says that it will. */
  closeGate(answer: ApiAnswer): void {
    this.gate.close(answer.namedMs)
    const outageMs = Math.max(this.gate.closedForMs, answer.namedMs)
    if (outageMs > this.settings.outageMsMax) throw this.stop('outage', answer)
  }

  /** Ends the run for good; what is under way may come to its end. @returns What to throw. */
  stop(reason: StopReason, answer: ApiAnswer): unknown {
    const { textsDone, textsFailed } = this.meter.progress
    this.#ended ??= {
      error: new RunStoppedError({
        reason,
        status: answer.status === 0 ? undefined : answer.status,
        serverMessage: readErrorMessage(answer),
        done: textsDone,
        failed: textsFailed,
      }),
    }
    this.gate.letAllPass()
    return this.#ended.error
  }

  /** Ends the run at once, with what is under way. */
  cancel(reason: unknown): void {
    this.#ended ??= { error: reason }
    this.gate.letAllPass()
    for (const controller of this.#underWay) controller.abort(reason)
  }

  /** A request was answered. */
  count(done: number, failed: number): void {
    this.meter.count({ done, failed })
    this.settings.onProgress?.(this.meter.progress)
  }
}
