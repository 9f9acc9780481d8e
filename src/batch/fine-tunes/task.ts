/**
 * One call of `add` or `follow` on its way to its end: it settles once, and listens to its signal until then.
 */
import { listenForAbort } from '../../core/listen.ts'
import type { FineTuneJob, FineTuneRequest } from './job.ts'

/** What a call may say besides. @public */
export interface FineTuneCallOptions {
  /**
   * Of `add`: takes the job out of the queue, or cancels it; the promise then rejects with the signal's reason. Of
   * `follow`: only ends the following.
   */
  readonly signal?: AbortSignal | undefined
  /** Is told of the job when it is there, and whenever its status has changed. What it throws becomes an unhandled rejection. */
  readonly onUpdate?: ((job: FineTuneJob) => void) | undefined
}

/** @internal */
export class Task {
  /** Undefined where a job that somebody else started is followed. */
  readonly request: FineTuneRequest | undefined
  readonly promise: Promise<FineTuneJob>
  /** Undefined as long as there is no job. */
  id: string | undefined
  /** As it was last seen. */
  job: FineTuneJob | undefined
  /** Looks in a row that have not found it. */
  missedCount = 0
  isSettled = false
  /** How often the server has stumbled over its start. */
  strikes = 0
  /** Jobs that had been started when it first did. */
  startedBefore = 0
  readonly #options: FineTuneCallOptions
  #resolve!: (job: FineTuneJob) => void
  #reject!: (error: unknown) => void
  #stopListening: (() => void) | undefined

  constructor(
    about: { readonly request: FineTuneRequest } | { readonly id: string },
    options: FineTuneCallOptions,
  ) {
    this.request = 'request' in about ? about.request : undefined
    this.id = 'id' in about ? about.id : undefined
    this.#options = options
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  get isAborted(): boolean {
    return this.#options.signal?.aborted === true
  }

  get abortReason(): unknown {
    return this.#options.signal?.reason
  }

  /** Calls back once, when the caller aborts. */
  onAbort(listener: () => void): void {
    const { signal } = this.#options
    if (signal === undefined) return
    listenForAbort(signal, listener)
    this.#stopListening = () => signal.removeEventListener('abort', listener)
  }

  /** The server has stumbled over its start. */
  strike(startedCount: number): void {
    if (this.strikes === 0) this.startedBefore = startedCount
    this.strikes += 1
  }

  /** The job was seen. */
  see(job: FineTuneJob): void {
    const hasChanged = this.job?.status !== job.status
    this.id = job.id
    this.job = job
    this.missedCount = 0
    if (hasChanged) this.#tell(job)
  }

  resolve(job: FineTuneJob): void {
    this.#settle(() => this.#resolve(job))
  }

  reject(error: unknown): void {
    this.#settle(() => this.#reject(error))
  }

  #settle(settle: () => void): void {
    if (this.isSettled) return
    this.isSettled = true
    this.#stopListening?.()
    settle()
  }

  #tell(job: FineTuneJob): void {
    try {
      this.#options.onUpdate?.(job)
    } catch (error) {
      // The job goes on, and so do the others.
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- a listener may throw anything.
      void Promise.reject(error)
    }
  }
}
