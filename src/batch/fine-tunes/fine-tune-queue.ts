/**
 * Starts fine-tunes as there are places, one after the other, and follows them to their end.
 *
 * One loop looks, starts and naps, as long as anything waits or runs; without work there is no loop and no timer. A job
 * is only sent after a look at the list that shows a place, whatever came of the request before.
 */
import { ClosedError, FineTuneError, InvalidOptionError } from '../../core/errors.ts'
import type { ApiAnswer } from '../api.ts'
import { mayBeOfContent, readErrorMessage } from '../judge-answer.ts'
import { isJson } from '../run-options.ts'
import { cancelJob } from './cancel-job.ts'
import { FineTuneDesk } from './desk.ts'
import { hasEnded, type FineTuneJob, type FineTuneRequest } from './job.ts'
import { Nap } from './nap.ts'
import {
  resolveFineTuneOptions,
  type FineTuneQueueOptions,
  type FineTuneSettings,
} from './options.ts'
import { Places } from './places.ts'
import { Starter, type StartOutcome } from './starter.ts'
import { Task, type FineTuneCallOptions } from './task.ts'
import { JobWatch } from './watch.ts'

/** What a queue is doing; jobs and places as of the last look. @public */
export interface FineTuneSnapshot {
  /** Jobs that have not been sent. */
  readonly waiting: number
  /** 1 while a job is being created, or it is being found out whether it was. */
  readonly starting: number
  /** The jobs of this queue that run: those that it started, and those that it follows. */
  readonly running: readonly FineTuneJob[]
  /** Jobs of the key that run besides. */
  readonly others: number
  readonly placesFree: number
}

/** A queue of fine-tunes. @public */
export interface FineTuneQueue {
  /**
   * Starts a job when it is its turn and there is a place, and follows it.
   *
   * @returns The job's last state, when it is completed.
   * @throws {FineTuneError} It was refused, ended otherwise, or is not followed any more: `reason` says which.
   * @throws {RunStoppedError} It was not started, and no job of the key would be.
   * @throws {ClosedError} The queue is closed.
   * @throws {InvalidOptionError} The job is none.
   * @throws The signal's reason, untouched: the job then was not started, or it is cancelled.
   */
  add(job: FineTuneRequest, options?: FineTuneCallOptions): Promise<FineTuneJob>
  /** Follows a job that somebody has started, to its end. Its signal ends the following and leaves the job alone. */
  follow(id: string, options?: FineTuneCallOptions): Promise<FineTuneJob>
  snapshot(): FineTuneSnapshot
  /** Resolves when nothing waits or runs. */
  idle(): Promise<void>
  /** Starts and follows nothing any more; jobs that run go on. Resolves when no request is under way. */
  close(): Promise<void>
}

/**
 * Makes a queue of fine-tunes: so many run at once as there are places, those that others start counted in.
 *
 * @throws {InvalidOptionError} Naming the option.
 * @example
 * const queue = createFineTuneQueue()
 * const { model_output_name } = await queue.add({ training_file: 'file-1', model: 'Qwen/Qwen2.5-7B-Instruct-Turbo' })
 * @public
 */
export function createFineTuneQueue(options: FineTuneQueueOptions = {}): FineTuneQueue {
  const settings = resolveFineTuneOptions(options)
  return new Queue(new FineTuneDesk(options, settings), settings)
}

/** After so many failures of the same job, while others are started, it is this job. */
const strikesMax = 3
/** So long a queue that is closed tries to find out what became of a start: more than an answer is waited for. */
const lookMsMaxOfClosed = 20_000

class Queue implements FineTuneQueue {
  readonly #settings: FineTuneSettings
  readonly #desk: FineTuneDesk
  readonly #watch: JobWatch
  readonly #starter: Starter
  readonly #places: Places
  readonly #nap: Nap
  readonly #waiting: Task[] = []
  #starting: Task | undefined
  /** Jobs that this queue has started so far. */
  #startedCount = 0
  readonly #cancelling = new Set<Task>()
  #closed: ClosedError | undefined
  #isLooping = false
  #isNapping = false
  /** A look is due at once. */
  #wantsLook = false
  #looking = new AbortController()
  readonly #idleWaiters: (() => void)[] = []

  constructor(desk: FineTuneDesk, settings: FineTuneSettings) {
    this.#settings = settings
    this.#desk = desk
    this.#watch = new JobWatch(desk)
    this.#starter = new Starter(desk, settings)
    this.#places = new Places(settings)
    this.#nap = new Nap(settings.clock)
  }

  async add(job: FineTuneRequest, options: FineTuneCallOptions = {}): Promise<FineTuneJob> {
    const task = this.#admit(new Task({ request: copyRequest(job) }, options), options)
    this.#waiting.push(task)
    if (!this.#isLooping) void this.#loop()
    // What the list shows may have changed; a job is sent after a look only.
    else if (this.#isNapping && this.#countFree() > 0) this.#nap.wake()
    return task.promise
  }

  async follow(id: string, options: FineTuneCallOptions = {}): Promise<FineTuneJob> {
    if (typeof id !== 'string' || id === '') throw new InvalidOptionError('id', id, "a job's id")
    const task = this.#admit(new Task({ id }, options), options)
    this.#watch.running.add(task)
    this.#wantsLook = true
    this.#nap.wake()
    if (!this.#isLooping) void this.#loop()
    return task.promise
  }

  snapshot(): FineTuneSnapshot {
    const own = new Map<string, FineTuneJob>()
    for (const { job } of [...this.#watch.running, ...this.#cancelling]) {
      if (job !== undefined && !hasEnded(job)) own.set(job.id, job)
    }
    const { unfinished } = this.#watch
    const starting = this.#starting === undefined ? 0 : 1
    return {
      waiting: this.#waiting.length,
      starting,
      running: [...own.values()],
      others: [...unfinished].filter((id) => !own.has(id)).length,
      placesFree: Math.max(0, this.#settings.concurrentMax - unfinished.size - starting),
    }
  }

  async idle(): Promise<void> {
    if (this.#isIdle) return
    await new Promise<void>((resolve) => {
      this.#idleWaiters.push(resolve)
    })
  }

  close(): Promise<void> {
    this.#closed ??= new ClosedError('fine-tune queue')
    for (const task of this.#waiting.splice(0)) task.reject(this.#closed)
    for (const task of this.#watch.running) this.#letGo(task, this.#closed)
    // Whose answer is still to come may get an id.
    this.#starter.hurry()
    if (this.#starting !== undefined) this.#lookOnceMore(this.#starting, this.#closed)
    this.#endWithoutWork()
    return this.idle()
  }

  /** A look may name the job that was being started. While the service is down it is not waited for. */
  #lookOnceMore(task: Task, cause: ClosedError): void {
    this.#wantsLook = true
    this.#nap.wake()
    const cancelTimer = this.#settings.clock.setTimer(() => {
      if (this.#starting === task) this.#giveUpDoubt(task, cause)
      this.#endWithoutWork()
    }, lookMsMaxOfClosed)
    task.promise.then(cancelTimer, cancelTimer)
  }

  get #hasWork(): boolean {
    const isStarting = this.#starting !== undefined
    return isStarting || this.#waiting.length > 0 || this.#watch.running.size > 0
  }

  get #isIdle(): boolean {
    return !this.#hasWork && !this.#isLooping && this.#cancelling.size === 0
  }

  #admit(task: Task, { signal, onUpdate }: FineTuneCallOptions): Task {
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw new InvalidOptionError('signal', signal, 'an AbortSignal')
    }
    if (onUpdate !== undefined && typeof onUpdate !== 'function') {
      throw new InvalidOptionError('onUpdate', onUpdate, 'a function')
    }
    if (this.#closed !== undefined) throw this.#closed
    signal?.throwIfAborted()
    task.onAbort(() => this.#abort(task))
    return task
  }

  async #loop(): Promise<void> {
    this.#isLooping = true
    while (this.#hasWork) {
      try {
        await this.#turn()
      } catch (error) {
        this.#stop(error)
      }
    }
    this.#isLooping = false
    this.#tellIdle()
  }

  async #turn(): Promise<void> {
    this.#looking = new AbortController()
    this.#wantsLook = false
    const { signal } = this.#looking
    try {
      await this.#watch.look(signal)
    } catch (error) {
      // Nobody wants to know any more.
      if (signal.aborted) return
      throw error
    }
    this.#places.look(this.#watch.unfinished)
    if (this.#starting !== undefined) this.#resolveDoubt(this.#starting)
    await this.#startJobs()
    if (this.#wantsLook || !this.#hasWork) return
    this.#isNapping = true
    await this.#nap.sleep(this.#drawPollMs())
    this.#isNapping = false
  }

  async #startJobs(): Promise<void> {
    while (this.#countFree() > 0) {
      const task = this.#waiting.shift()
      if (task?.request === undefined) return
      this.#starting = task
      const outcome = await this.#starter.start(task.request, this.#watch.jobs)
      this.#conclude(task, outcome)
      if (outcome.kind === 'started' || outcome.kind === 'refused') continue
      // At once, where the answer says nothing of what happened, and to see why there is no place.
      if (outcome.kind !== 'later') this.#wantsLook = true
      return
    }
  }

  #countFree(): number {
    if (this.#starting !== undefined || this.#starter.isHeldBack) return 0
    return this.#places.free(this.#watch.unfinished.size)
  }

  #resolveDoubt(task: Task): void {
    const outcome = this.#starter.resolve(this.#watch.jobs)
    this.#conclude(task, outcome)
    if (outcome.kind === 'unknown' && this.#closed !== undefined) {
      this.#giveUpDoubt(task, this.#closed)
    }
  }

  #conclude(task: Task, outcome: StartOutcome): void {
    if (outcome.kind === 'unknown') return
    this.#starting = undefined
    if (outcome.kind === 'started') return this.#take(task, outcome.job)
    if (outcome.kind === 'no-place') this.#places.refuse(this.#watch.unfinished)
    if (outcome.kind === 'refused') this.#desk.counts.failed += 1
    if (outcome.kind === 'stopped') {
      for (const waiting of this.#waiting.splice(0)) waiting.reject(outcome.error)
    }
    if (task.isAborted) task.reject(task.abortReason)
    else if ('error' in outcome) task.reject(outcome.error)
    else if (this.#closed !== undefined) task.reject(this.#closed)
    else if (outcome.kind === 'later') this.#postpone(task, outcome.answer)
    else this.#waiting.unshift(task)
  }

  /** It goes first again, unless the server stumbles over it while others wait: then it goes last, and they show why. */
  #postpone(task: Task, answer: ApiAnswer): void {
    if (mayBeOfContent(answer)) task.strike(this.#startedCount)
    if (task.strikes < strikesMax) {
      this.#waiting.unshift(task)
    } else if (this.#startedCount === task.startedBefore) {
      this.#waiting.push(task)
    } else {
      this.#desk.counts.failed += 1
      const about = { status: answer.status, serverMessage: readErrorMessage(answer) }
      task.reject(new FineTuneError({ reason: 'refused', ...about }))
    }
  }

  #take(task: Task, job: FineTuneJob): void {
    this.#startedCount += 1
    const others = new Set(this.#watch.unfinished)
    others.delete(job.id)
    this.#places.accept(others.size)
    this.#watch.take(task, job)
    // Its listener may have ended it by now.
    if (!this.#watch.running.has(task)) return
    if (task.isAborted) void this.#cancel(task, job.id)
    else if (this.#closed !== undefined) this.#letGo(task, this.#closed)
  }

  #abort(task: Task): void {
    const at = this.#waiting.indexOf(task)
    if (at >= 0) {
      this.#waiting.splice(at, 1)
      task.reject(task.abortReason)
    } else if (task === this.#starting) {
      // It rejects when it is known what became of it.
      this.#starter.hurry()
    } else if (this.#watch.running.has(task)) {
      if (task.request !== undefined && task.id !== undefined) void this.#cancel(task, task.id)
      else this.#watch.running.delete(task)
      if (task.request === undefined) task.reject(task.abortReason)
    }
    this.#endWithoutWork()
  }

  async #cancel(task: Task, id: string): Promise<void> {
    this.#watch.running.delete(task)
    this.#cancelling.add(task)
    try {
      await cancelJob(this.#desk, id, () => this.#pause())
      task.reject(task.abortReason)
    } catch (cause) {
      const about = { reason: 'not-cancelled', jobId: id, jobStatus: task.job?.status } as const
      task.reject(new FineTuneError({ ...about, cause }))
    }
    this.#cancelling.delete(task)
    if (this.#waiting.length > 0) {
      // Its place is free, and a look that is under way may not show it.
      this.#wantsLook = true
      this.#nap.wake()
    }
    this.#tellIdle()
  }

  /** Nothing that waits or runs can go on. */
  #stop(cause: unknown): void {
    for (const task of this.#waiting.splice(0)) task.reject(cause)
    for (const task of this.#watch.running) this.#letGo(task, cause)
    if (this.#starting !== undefined) this.#giveUpDoubt(this.#starting, cause)
  }

  #letGo(task: Task, cause: unknown): void {
    this.#watch.running.delete(task)
    const { id: jobId, job } = task
    const about = { reason: 'not-followed', jobId, jobStatus: job?.status } as const
    task.reject(new FineTuneError({ ...about, cause }))
  }

  #giveUpDoubt(task: Task, cause: unknown): void {
    this.#starting = undefined
    this.#starter.forget()
    const reason = task.isAborted ? 'not-cancelled' : 'not-followed'
    task.reject(new FineTuneError({ reason, cause }))
  }

  #endWithoutWork(): void {
    if (this.#hasWork) return
    this.#looking.abort()
    this.#desk.letGo()
    this.#nap.wake()
  }

  #tellIdle(): void {
    if (!this.#isIdle) return
    for (const tell of this.#idleWaiters.splice(0)) tell()
  }

  #drawPollMs(): number {
    const { pollMsMin, pollMsMax, random } = this.#settings
    return pollMsMin + random.next() * (pollMsMax - pollMsMin)
  }

  async #pause(): Promise<void> {
    const delayMs = this.#drawPollMs()
    await new Promise<void>((resolve) => {
      this.#settings.clock.setTimer(resolve, delayMs)
    })
  }
}

/** As it is now: it may wait for hours. @throws {InvalidOptionError} */
function copyRequest(job: FineTuneRequest): FineTuneRequest {
  if (typeof job !== 'object' || job === null || Array.isArray(job) || !isJson(job)) {
    throw new InvalidOptionError('job', job, 'an object that can be written as JSON')
  }
  for (const field of ['training_file', 'model'] as const) {
    const value: unknown = job[field]
    if (typeof value === 'string' && value !== '') continue
    throw new InvalidOptionError(`job.${field}`, value, 'a text that is not empty')
  }
  const { training_file, model } = job
  return { ...JSON.parse(JSON.stringify(job)), training_file, model }
}
