/**
 * Jobs that live in simulated time: fine-tunes and batches.
 *
 * A job knows when it will end; what it is doing is computed when somebody asks, so that no timer is needed. Unfinished
 * jobs are never forgotten, finished ones are once there are too many.
 */

/** Jobs of one list. Unfinished ones may be any number where the profile sets no limit. */
const LISTED_MAX = 1_000

/** Too many unfinished jobs are looked through when a share of one in so many has been added. */
const SEARCH_SHARE = 8

/** One job. @internal */
export interface Job<Details> {
  readonly id: string
  readonly key: string
  readonly createdAtMs: number
  readonly durationMs: number
  readonly details: Details
  /** When it was cancelled; undefined where it was not. */
  cancelledAtMs: number | undefined
}

/** The jobs of all API keys. @internal */
export class JobStore<Details> {
  readonly #keptMax: number
  readonly #jobs = new Map<string, Job<Details>>()
  /** The unfinished jobs of each key, and those that finished since last looked at. */
  readonly #unfinished = new Map<string, Job<Details>[]>()
  /** Fewer jobs than these are not searched for finished ones. */
  #searchSize = 0

  /** @param keptMax - Jobs kept over all keys; more only while they are unfinished. */
  constructor(keptMax: number) {
    this.#keptMax = keptMax
  }

  /** Jobs that are remembered, finished or not. */
  get size(): number {
    return this.#jobs.size
  }

  add(job: Job<Details>): void {
    this.#jobs.set(job.id, job)
    const unfinished = this.#unfinished.get(job.key)
    if (unfinished === undefined) this.#unfinished.set(job.key, [job])
    else unfinished.push(job)
    const { size } = this.#jobs
    if (size > this.#keptMax && size >= this.#searchSize) this.#forgetFinished(job.createdAtMs)
  }

  /** The key's own job; undefined also where it belongs to somebody else. */
  find(key: string, id: string): Job<Details> | undefined {
    const job = this.#jobs.get(id)
    return job?.key === key ? job : undefined
  }

  /** Forgets the key's own job and frees its place, finished or not. False where the key has no such job. */
  delete(key: string, id: string): boolean {
    const job = this.find(key, id)
    if (job === undefined) return false
    this.#jobs.delete(id)
    const left = (this.#unfinished.get(key) ?? []).filter((other) => other !== job)
    if (left.length > 0) this.#unfinished.set(key, left)
    else this.#unfinished.delete(key)
    return true
  }

  /** The key's jobs, the oldest first; of very many the newest. */
  list(key: string): readonly Job<Details>[] {
    return [...this.#jobs.values()].filter((job) => job.key === key).slice(-LISTED_MAX)
  }

  /** How many of the key's jobs are unfinished, and when the first of them ends. */
  occupancy(key: string, nowMs: number): { count: number; freesAtMs: number } {
    const unfinished = (this.#unfinished.get(key) ?? []).filter((job) => !isFinished(job, nowMs))
    if (unfinished.length > 0) this.#unfinished.set(key, unfinished)
    else this.#unfinished.delete(key)
    const freesAtMs = unfinished.reduce((min, job) => Math.min(min, endsAtMs(job)), Infinity)
    return { count: unfinished.length, freesAtMs }
  }

  /** Every key that has unfinished jobs, with how many and when the first of them ends. */
  occupants(nowMs: number): readonly { key: string; count: number; freesAtMs: number }[] {
    return [...this.#unfinished.keys()]
      .map((key) => ({ key, ...this.occupancy(key, nowMs) }))
      .filter(({ count }) => count > 0)
  }

  /** Forgets finished jobs, the oldest first. What is left over is unfinished, and not looked through at every job. */
  #forgetFinished(nowMs: number): void {
    const keys = new Set<string>()
    for (const job of this.#jobs.values()) {
      if (this.#jobs.size <= this.#keptMax) break
      if (!isFinished(job, nowMs)) continue
      this.#jobs.delete(job.id)
      keys.add(job.key)
    }
    // Also drops them from the lists of their keys, where they may be the last of a key that never comes back.
    for (const key of keys) this.occupancy(key, nowMs)
    const { size } = this.#jobs
    this.#searchSize = size > this.#keptMax ? size + Math.ceil(size / SEARCH_SHARE) : 0
  }
}

/** When the job ends if it is left alone. @internal */
export function endsAtMs(job: Job<unknown>): number {
  return job.createdAtMs + job.durationMs
}

/** True from the instant at which its place is free again. @internal */
export function isFinished(job: Job<unknown>, nowMs: number): boolean {
  return job.cancelledAtMs !== undefined || endsAtMs(job) <= nowMs
}

/** How far the job is, from 0 to 1; it stops where the job was cancelled. @internal */
export function progressOf(job: Job<unknown>, nowMs: number): number {
  const untilMs = Math.min(nowMs, job.cancelledAtMs ?? Infinity)
  if (endsAtMs(job) <= untilMs) return 1
  return Math.max(0, (untilMs - job.createdAtMs) / job.durationMs)
}
