/**
 * The jobs of the key as they were last seen, and what becomes of those that somebody waits for.
 *
 * One look is one request, the list; a job that it leaves out is asked for by itself.
 */
import { FineTuneError, InvariantError } from '../../core/errors.ts'
import type { FineTuneDesk } from './desk.ts'
import { hasEnded, readEndMessage, type FineTuneJob } from './job.ts'
import type { Task } from './task.ts'

/** A job that was there is missed so often before it is given up: lists lag behind. */
const missesMax = 2

/** @internal */
export class JobWatch {
  /** Those that somebody waits for; each has an id. */
  readonly running: Set<Task> = new Set()
  readonly #desk: FineTuneDesk
  #jobs: ReadonlyMap<string, FineTuneJob> = new Map()

  constructor(desk: FineTuneDesk) {
    this.#desk = desk
  }

  /** All jobs, ended ones too, as far as they are known. */
  get jobs(): Iterable<FineTuneJob> {
    return this.#jobs.values()
  }

  /** The ids of those that have a place, by the last look; one that it has missed may still have its own. */
  get unfinished(): ReadonlySet<string> {
    const own = [...this.running].map(({ job }) => job).filter((job) => job !== undefined)
    return new Set([...this.jobs, ...own].filter((job) => !hasEnded(job)).map(({ id }) => id))
  }

  /** A job was started, or found, that somebody waits for. */
  take(task: Task, job: FineTuneJob): void {
    this.#jobs = new Map([...this.#jobs, [job.id, job]])
    this.running.add(task)
    task.see(job)
  }

  /** @throws What `list` of the desk throws; nothing has changed then. */
  async look(signal: AbortSignal): Promise<void> {
    const jobs = new Map((await this.#desk.list(signal)).map((job) => [job.id, job]))
    const tasks = [...this.running]
    for (const { id } of tasks) {
      if (id === undefined) throw new InvariantError('a job without an id is watched')
      if (jobs.has(id)) continue
      const job = await this.#desk.find(id, signal)
      if (job !== null) jobs.set(id, job)
    }
    this.#jobs = jobs
    for (const task of tasks) await this.#update(task, jobs.get(task.id ?? ''))
  }

  async #update(task: Task, job: FineTuneJob | undefined): Promise<void> {
    // Its caller may have gone in the meantime.
    if (!this.running.has(task)) return
    if (job === undefined) {
      task.missedCount += 1
      // Nobody has ever seen what is followed by a wrong id.
      if (task.job === undefined || task.missedCount >= missesMax) this.#miss(task)
      return
    }
    task.see(job)
    if (hasEnded(job) && this.running.delete(task)) await this.#end(task, job)
  }

  #miss(task: Task): void {
    this.running.delete(task)
    this.#desk.counts.failed += 1
    const { id: jobId, job } = task
    task.reject(
      new FineTuneError({ reason: 'missing', jobId, jobStatus: job?.status, status: 404 }),
    )
  }

  /** A list has the short form of a job; the whole one says where the model is, and what went wrong. */
  async #end(task: Task, job: FineTuneJob): Promise<void> {
    const found = await this.#desk.peek(job.id)
    const whole = found !== undefined && hasEnded(found) ? found : job
    if (whole.status.toLowerCase() === 'completed') {
      this.#desk.counts.done += 1
      task.resolve(whole)
      return
    }
    this.#desk.counts.failed += 1
    const reason = whole.status.toLowerCase() === 'cancelled' ? 'cancelled' : 'failed'
    const serverMessage = readEndMessage(whole)
    task.reject(
      new FineTuneError({ reason, jobId: whole.id, jobStatus: whole.status, serverMessage }),
    )
  }
}
