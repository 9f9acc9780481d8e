/**
 * The requests of a fine-tune queue. Those that may be repeated outlast an outage; that which starts a job is sent once.
 */
import { RunStoppedError, type StopReason } from '../../core/errors.ts'
import { connect, type Api, type ApiAnswer, type ApiOptions } from '../api.ts'
import { judgeJobAnswer, readErrorMessage } from '../judge-answer.ts'
import { ModelCatalogue } from '../models.ts'
import { OutageGate } from '../outage-gate.ts'
import { readJob, readJobs, type FineTuneJob } from './job.ts'
import type { FineTuneSettings } from './options.ts'

/** What came of asking for a cancellation: `refused` also where the job has ended before. @internal */
export type CancelOutcome = 'accepted' | 'refused'

const never = new AbortController().signal

/** @internal */
export class FineTuneDesk {
  /** Jobs that have come to their end, for what a stop tells. */
  readonly counts = { done: 0, failed: 0 }
  readonly #api: Api
  readonly #settings: FineTuneSettings
  readonly #gate: OutageGate

  /** @throws {InvalidOptionError} Where there is no way to the API. */
  constructor(options: ApiOptions, settings: FineTuneSettings) {
    this.#api = connect(options)
    this.#settings = settings
    this.#gate = new OutageGate(settings)
  }

  /** All jobs of the key. @throws {RunStoppedError} Where it will not be had. Also what the signal throws. */
  list(signal: AbortSignal): Promise<readonly FineTuneJob[]> {
    return this.#ask(
      () => this.#api.get('/fine-tunes', signal),
      (answer) => (isGood(answer) ? readJobs(answer) : undefined),
      signal,
    )
  }

  /** A job; null where there is none. @throws As `list` does. */
  find(id: string, signal: AbortSignal): Promise<FineTuneJob | null> {
    return this.#ask(
      () => this.#api.get(pathOf(id), signal),
      (answer) => (answer.status === 404 ? null : isGood(answer) ? readJob(answer) : undefined),
      signal,
    )
  }

  /** All that is known of a job, if it can be had at once. */
  async peek(id: string): Promise<FineTuneJob | undefined> {
    const answer = await this.#api.get(pathOf(id), never)
    return isGood(answer) ? readJob(answer) : undefined
  }

  /** @throws {RunStoppedError} */
  cancel(id: string): Promise<CancelOutcome> {
    return this.#ask(
      () => this.#api.post(`${pathOf(id)}/cancel`, {}, never),
      (answer) => {
        if (isGood(answer)) return 'accepted'
        // It has ended, is gone, or cannot be cancelled in this stage: the job itself will show.
        return [400, 404, 409, 422].includes(answer.status) ? 'refused' : undefined
      },
      never,
    )
  }

  /** Sends it, once. @throws What the signal throws. */
  create(body: object, signal: AbortSignal): Promise<ApiAnswer> {
    return this.#api.postOnce('/fine-tunes', body, signal)
  }

  /** The nearest names where the server has no such model. */
  findMissing(model: string): Promise<readonly string[] | undefined> {
    return new ModelCatalogue(() => this.#api.get('/models', never)).findMissing(model)
  }

  /** Nobody waits any longer for what is held back: it finds out itself. */
  letGo(): void {
    this.#gate.letAllPass()
  }

  /** @internal */
  stop(reason: StopReason, answer: Pick<ApiAnswer, 'status' | 'text'>): RunStoppedError {
    const status = answer.status === 0 ? undefined : answer.status
    return new RunStoppedError({
      reason,
      status,
      serverMessage: readErrorMessage(answer),
      ...this.counts,
    })
  }

  /** @param read - Undefined for what is no usable answer. */
  async #ask<T>(
    send: () => Promise<ApiAnswer>,
    read: (answer: ApiAnswer) => T | undefined,
    signal: AbortSignal,
  ): Promise<T> {
    const gate = this.#gate
    for (;;) {
      const pass = await gate.pass()
      signal.throwIfAborted()
      const answer = await send()
      const result = read(answer)
      if (result !== undefined) {
        gate.open(pass)
        return result
      }
      const verdict = isGood(answer) ? 'outage' : judgeJobAnswer(answer)
      if (verdict !== 'outage') {
        gate.open(pass)
        throw this.stop(stopReasonOf(verdict), answer)
      }
      gate.close(answer.namedMs)
      const outageMs = Math.max(gate.closedForMs, answer.namedMs)
      if (outageMs > this.#settings.outageMsMax) {
        // Whoever asks next begins anew.
        gate.letAllPass()
        throw this.stop('outage', answer)
      }
    }
  }
}

/** Looks name no model, and nothing that could be at fault. */
function stopReasonOf(verdict: StopReason | 'content'): StopReason {
  return verdict === 'content' || verdict === 'model-unavailable' ? 'refused' : verdict
}

/** @internal */
export function isGood({ status }: Pick<ApiAnswer, 'status'>): boolean {
  return status >= 200 && status < 300
}

function pathOf(id: string): string {
  return `/fine-tunes/${encodeURIComponent(id)}`
}
