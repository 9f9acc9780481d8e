/**
 * A world for fine-tune queues: jobs of ten minutes to an hour on the mock, jobs of others on the same key, and what the
 * mock has seen.
 */
import {
  createFineTuneQueue,
  type FineTuneQueue,
  type FineTuneQueueOptions,
  type FineTuneRequest,
} from '../../src/batch/index.ts'
import { createSeededRandom } from '../../src/core/random.ts'
import type { JournalEntry } from '../../src/server/index.ts'
import { BatchWorld, type BatchWorldOptions } from './batch-world.ts'
import { drainPromises } from './virtual-clock.ts'

/** @internal */
export interface MockJob {
  readonly id: string
  readonly status: string
  readonly training_file: string
  readonly created_at: string
}

/** @internal */
export interface FineTuneWorldOptions extends BatchWorldOptions {
  readonly queue?: FineTuneQueueOptions
}

/** @internal */
export const model = 'Qwen/Qwen2.5-7B-Instruct-Turbo'

/** A job of an own file. @internal */
export function job(name: string, fields: object = {}): FineTuneRequest {
  return { training_file: `file-${name}`, model, ...fields }
}

/** @internal */
export class FineTuneWorld extends BatchWorld {
  readonly queue: FineTuneQueue

  constructor({ queue, mock, ...options }: FineTuneWorldOptions = {}) {
    super({ ...options, mock: { jobDurationMs: { min: 600_000, max: 3_600_000 }, ...mock } })
    const random = createSeededRandom(1, 'queue')
    this.queue = createFineTuneQueue({ ...this.api, random, ...queue })
  }

  /** What the mock has seen of a kind of request. */
  seen(method: string, path: RegExp): readonly JournalEntry[] {
    return this.mock.journal().filter((each) => each.method === method && path.test(each.path))
  }

  /** New jobs that were asked for, the own ones and those of others. */
  get posts(): readonly JournalEntry[] {
    return this.seen('POST', /\/fine-tunes$/)
  }

  get looks(): readonly JournalEntry[] {
    return this.seen('GET', /\/fine-tunes$/)
  }

  /** The jobs on the mock, the oldest first, past the journal's `posts`. */
  jobs(): readonly MockJob[] {
    return JSON.parse(this.ask('GET', '/v1/fine-tunes')).data
  }

  unfinished(): readonly MockJob[] {
    return this.jobs().filter(({ status }) => !['completed', 'cancelled'].includes(status))
  }

  /** Somebody else with the same key starts a job. @returns Its id; undefined where there is no place, or by a fault. */
  startForeign(name: string, fields: object = {}): string | undefined {
    const answer = this.ask('POST', '/v1/fine-tunes', job(name, fields))
    try {
      return JSON.parse(answer).id
    } catch {
      return undefined
    }
  }

  cancelForeign(id: string): void {
    this.ask('POST', `/v1/fine-tunes/${id}/cancel`, {})
  }

  /** Sends a request past the network, at this instant. */
  ask(method: string, path: string, body?: object): string {
    const text = body === undefined ? '' : JSON.stringify(body)
    const headers = { authorization: 'Bearer key', 'content-type': 'application/json' }
    return this.mock.handle({ method, path, headers, body: text }, this.clock.now()).body
  }

  /** Nothing is left that could ever do anything. */
  async leftovers(): Promise<object> {
    await drainPromises()
    return { timers: this.clock.timerCount, underWay: this.underWay }
  }
}

/** @internal */
export const nothing = { timers: 0, underWay: 0 } as const
