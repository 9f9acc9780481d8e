/**
 * The operations that a batch needs, each repeated until the service answers it: an outage loses no batch.
 */
import type { Api, ApiAnswer } from '../api.ts'
import { judgeJobAnswer, mayBeOfContent, type Verdict } from '../judge-answer.ts'
import type { LongRun } from '../long-run.ts'
import { readBatch, readBatches, readFileId, type BatchState } from './batch-state.ts'
import type { BatchEntry } from './entry.ts'
import type { BatchSettings } from './options.ts'

/** What was asked for, or the answer that refuses it for what it is about. @internal */
export type Asked<T> = { readonly value: T } | { readonly refused: ApiAnswer }

type Send = (api: Api, signal: AbortSignal) => Promise<ApiAnswer>

/** So often a creation may fail while others succeed; then the batch is to blame. */
const creationsMax = 3
/** So long after an abort a batch may show whose creation was under way. */
const lateCreationMsMax = 10_000
/** So often a batch is looked for by its file before another one is created. */
const looksMax = 2

/** @internal */
export class BatchCalls {
  readonly #run: LongRun
  readonly #settings: BatchSettings
  /** Batches that the server has taken in. */
  #creationCount = 0

  constructor(run: LongRun, settings: BatchSettings) {
    this.#run = run
    this.#settings = settings
  }

  /** Sends a file, again where it has to be: one too many harms nobody. @returns Its id. */
  upload(entries: readonly BatchEntry[]): Promise<Asked<string>> {
    const form = new FormData()
    form.append('purpose', 'batch-api')
    form.append('file_name', fileName)
    form.append('file_type', 'jsonl')
    form.append('file', new Blob(entries.map(({ line }) => line)), fileName)
    const send: Send = (api, signal) => api.postForm('/files/upload', form, signal)
    return this.#ask(send, readFileId, true)
  }

  /** Creates a batch once, whatever becomes of the answers; waits where there is no place for it. */
  async create(inputFileId: string): Promise<Asked<BatchState>> {
    const { endpoint } = this.#settings
    const body = { endpoint, input_file_id: inputFileId, completion_window: '24h' }
    const failures = new CreationFailures(this.#settings, () => this.#creationCount)
    for (;;) {
      const pass = await this.#pass(true)
      const answer = await this.#run.follow((api, signal) => api.post('/batches', body, signal))
      const value = isGood(answer) ? readBatch(answer.text) : undefined
      if (value !== undefined || isRefusal(answer)) {
        this.#run.gate.open(pass)
        if (value === undefined) return { refused: answer }
        this.#creationCount += 1
        return { value }
      }
      if (!isGood(answer)) this.#throwIfFinal(answer)
      if (answer.status === 429) {
        // All places are taken, perhaps by others. It is certain that nothing was created.
        this.#run.gate.open(pass)
        await this.pause()
        continue
      }
      this.#closeGate(answer)
      const found = await this.find(inputFileId)
      if (found !== undefined) return { value: found }
      if (failures.blame(answer)) return { refused: answer }
      if (failures.areOutage) throw this.#run.stop('outage', answer)
    }
  }

  /**
   * The batch of a file, where it is not known whether there is one. It may take a while to show.
   *
   * @throws {RunStoppedError} Where the server does not say: a second batch would cost as much as the first.
   */
  async find(inputFileId: string): Promise<BatchState | undefined> {
    for (let looks = 1; ; looks += 1) {
      const asked = await this.#ask((api, signal) => api.get('/batches', signal), readBatches)
      if ('refused' in asked) {
        const reason = isRefusal(asked.refused) ? 'refused' : 'outage'
        throw this.#run.stop(reason, asked.refused)
      }
      const found = asked.value.findLast((batch) => batch.inputFileId === inputFileId)
      if (found !== undefined || looks >= looksMax) return found
      await this.pause()
    }
  }

  retrieve(id: string): Promise<Asked<BatchState>> {
    const path = `/batches/${encodeURIComponent(id)}`
    return this.#ask((api, signal) => api.get(path, signal), readBatch)
  }

  /** A file's content; empty where the file is not there. */
  async content(id: string | undefined): Promise<string> {
    if (id === undefined) return ''
    const path = `/files/${encodeURIComponent(id)}/content`
    for (let looks = 1; ; looks += 1) {
      const asked = await this.#ask(
        (api, signal) => api.get(path, signal),
        (text) => (looksLikeLines(text) ? text : undefined),
      )
      if ('value' in asked) return asked.value
      // What it holds was paid for.
      if (looks >= missingMax) return ''
      await this.pause()
    }
  }

  /** Cancels what is known, and what may have been created. Nobody waits for it, and failures are nobody's. */
  async cancel(ids: readonly string[], inputFileIds: ReadonlySet<string>): Promise<void> {
    const left = new Set(inputFileIds)
    const cancelling = ids.map((id) => this.#cancelOne(id))
    for (let looks = 1; left.size > 0; looks += 1) {
      for (const { id, inputFileId = '' } of await this.#findAll(left)) {
        left.delete(inputFileId)
        cancelling.push(this.#cancelOne(id))
      }
      if (left.size === 0 || looks >= looksMax) break
      // A creation that was given up may still be on its way.
      await new Promise<void>((resolve) => {
        this.#settings.clock.setTimer(resolve, lateCreationMsMax)
      })
    }
    await Promise.all(cancelling)
  }

  async #cancelOne(id: string): Promise<void> {
    const path = `/batches/${encodeURIComponent(id)}/cancel`
    await this.#run.sendLast((api, signal) => api.post(path, {}, signal))
  }

  /** Between two looks. */
  pause(): Promise<void> {
    const { pollMsMin, pollMsMax, random } = this.#settings
    return this.#run.wait(pollMsMin + (pollMsMax - pollMsMin) * random.next())
  }

  async #findAll(inputFileIds: ReadonlySet<string>): Promise<readonly BatchState[]> {
    const { text } = await this.#run.sendLast((api, signal) => api.get('/batches', signal))
    return (readBatches(text) ?? []).filter(
      ({ inputFileId }) => inputFileId !== undefined && inputFileIds.has(inputFileId),
    )
  }

  /**
   * Asks until there is an answer that makes sense, or a refusal.
   *
   * @param isNew - Whether a run that was stopped no longer asks for it.
   * @returns As refused also what fails for longer than an outage may be while the service answers others.
   * @throws {RunStoppedError} Where no request of the run will succeed any more, or the service is away for too long.
   */
  async #ask<T>(
    send: Send,
    read: (text: string) => T | undefined,
    isNew: boolean = false,
  ): Promise<Asked<T>> {
    const { clock, outageMsMax } = this.#settings
    const startedAtMs = clock.now()
    for (let failures = 0; ; failures += 1) {
      // Others that succeed would open the gate for this one again and again.
      if (failures >= 2) await this.pause()
      const pass = await this.#pass(isNew)
      const answer = await this.#run.follow(send)
      const value = isGood(answer) ? read(answer.text) : undefined
      if (value !== undefined || isRefusal(answer)) {
        this.#run.gate.open(pass)
        return value === undefined ? { refused: answer } : { value }
      }
      if (!isGood(answer)) this.#throwIfFinal(answer)
      this.#closeGate(answer)
      if (clock.now() - startedAtMs <= outageMsMax) continue
      // There is nothing yet to lose; what else is in flight may come to its end.
      if (isNew) throw this.#run.stop('outage', answer)
      return { refused: answer }
    }
  }

  /** Waits until the service is there. @returns The request's number. @throws For something new, what ended the run. */
  async #pass(isNew: boolean): Promise<number> {
    const pass = await this.#run.pass()
    if (!isNew || !this.#run.isEnded) return pass
    // It may be the one that was let through to see.
    this.#run.gate.letAllPass()
    this.#run.throwIfEnded()
    return pass
  }

  /** @throws {RunStoppedError} Where the answer is about the whole run. */
  #throwIfFinal(answer: ApiAnswer): void {
    const verdict = judgeJobAnswer(answer)
    if (verdict !== 'outage' && !isOfRequest(verdict)) throw this.#run.stop(verdict, answer)
  }

  /** @throws {RunStoppedError} */
  #closeGate(answer: ApiAnswer): void {
    try {
      this.#run.closeGate(answer)
    } catch (error) {
      // What is under way cannot be followed any more.
      this.#run.cancel(error)
      throw error
    }
  }
}

/** The failures of one creation: whether the batch is to blame, or the service is down for new ones. */
class CreationFailures {
  readonly #settings: BatchSettings
  readonly #creationCount: () => number
  /** From the beginning: of two halves that set out together, the good one shows what the other is. */
  readonly #creationsKnown: number
  #startedAtMs = 0
  #count = 0

  constructor(settings: BatchSettings, creationCount: () => number) {
    this.#settings = settings
    this.#creationCount = creationCount
    this.#creationsKnown = creationCount()
  }

  /** Counts one. @returns Whether it is the batch: others are created. */
  blame(answer: ApiAnswer): boolean {
    if (this.#count === 0) this.#startedAtMs = this.#settings.clock.now()
    this.#count += 1
    const isOfBatch = mayBeOfContent(answer) && this.#creationCount() > this.#creationsKnown
    return isOfBatch && this.#count >= creationsMax
  }

  /** Whether they last longer than an outage may. */
  get areOutage(): boolean {
    const { clock, outageMsMax } = this.#settings
    return this.#count > 0 && clock.now() - this.#startedAtMs > outageMsMax
  }
}

const fileName = 'requests.jsonl'

/** So often something has to be missing before it counts as gone: it may take a while to show. @internal */
export const missingMax = 3

/** A page that something on the way sends in place of a file is none: what the file holds was paid for. */
function looksLikeLines(text: string): boolean {
  return /^\s*(?:\{|$)/.test(text)
}

function isGood({ status }: ApiAnswer): boolean {
  return status >= 200 && status < 300
}

function isRefusal(answer: ApiAnswer): boolean {
  return !isGood(answer) && isOfRequest(judgeJobAnswer(answer))
}

/** A 404 names a file or a batch here, not a model. */
function isOfRequest(verdict: Verdict): verdict is 'content' | 'model-unavailable' {
  return verdict === 'content' || verdict === 'model-unavailable'
}
