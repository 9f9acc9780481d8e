/**
 * What the API says of fine-tune jobs: read from answers that may be of any shape. Pure.
 */
import type { ApiAnswer } from '../api.ts'

/** A job as the API describes it. @public */
export interface FineTuneJob {
  readonly id: string
  /**
   * `pending`, `queued`, `running`, `compressing`, `uploading`, `cancel_requested`, `cancelled`, `error`, `completed`, or one
   * that came later.
   */
  readonly status: string
  /** Everything else that the answer holds, `model_output_name` for one. */
  readonly [field: string]: unknown
}

/** A job to be started, as `POST /fine-tunes` takes it. @public */
export interface FineTuneRequest {
  /** The id of an uploaded file. */
  readonly training_file: string
  readonly model: string
  /** Ends the new model's name, and tells jobs apart that are equal otherwise. */
  readonly suffix?: string | undefined
  /** Everything else that the API takes. */
  readonly [field: string]: unknown
}

const endedStatuses: ReadonlySet<string> = new Set(['completed', 'error', 'cancelled'])

/** Whether its place is free. A status that nobody knows is taken for one of a job that runs. @internal */
export function hasEnded({ status }: FineTuneJob): boolean {
  return endedStatuses.has(status.toLowerCase())
}

/** Undefined for what is no job. @internal */
export function readJob({ text }: Pick<ApiAnswer, 'text'>): FineTuneJob | undefined {
  return toJob(parse(text))
}

/** Undefined for what is no list. @internal */
export function readJobs({ text }: Pick<ApiAnswer, 'text'>): readonly FineTuneJob[] | undefined {
  const answer = parse(text)
  const list =
    typeof answer === 'object' && answer !== null && 'data' in answer ? answer.data : answer
  if (!Array.isArray(list)) return undefined
  return list.map(toJob).filter((job) => job !== undefined)
}

function toJob(value: unknown): FineTuneJob | undefined {
  if (typeof value !== 'object' || value === null || !('id' in value)) return undefined
  const { id } = value
  if (typeof id !== 'string' || id === '') return undefined
  const status = 'status' in value && typeof value.status === 'string' ? value.status : 'unknown'
  return { ...value, id, status }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const messageLengthMax = 500

/** Why it ended, as far as it says so: in a field of its own, or in the last of its events. @internal */
export function readEndMessage(job: FineTuneJob): string {
  const { error, message, events } = job
  const last: unknown = Array.isArray(events) ? events.at(-1) : undefined
  const said = [messageOf(error), error, message, messageOf(last)]
  return (said.find((text) => typeof text === 'string') ?? '').slice(0, messageLengthMax)
}

function messageOf(holder: unknown): string | undefined {
  if (typeof holder !== 'object' || holder === null || !('message' in holder)) return undefined
  return typeof holder.message === 'string' ? holder.message : undefined
}

/** The jobs there were before a request whose answer is lost. @internal */
export interface JobsBefore {
  readonly ids: ReadonlySet<string>
  /** `created_at` of the newest. */
  readonly newestAt: unknown
}

/** @internal */
export function rememberJobs(jobs: Iterable<FineTuneJob>): JobsBefore {
  const ids = new Set<string>()
  let newestAt: unknown
  for (const job of jobs) {
    ids.add(job.id)
    const at = job['created_at']
    if (newestAt === undefined || isEarlier(newestAt, at)) newestAt = at
  }
  return { ids, newestAt }
}

/**
 * The job that a request has started whose answer is lost: one of the same file, model and suffix that was not there
 * before. By the server's clock only, since ours may show another time.
 *
 * @internal
 */
export function findStarted(
  request: FineTuneRequest,
  jobs: Iterable<FineTuneJob>,
  before: JobsBefore,
): FineTuneJob | undefined {
  const matching = [...jobs].filter((job) => {
    return (
      !before.ids.has(job.id) &&
      job['training_file'] === request.training_file &&
      job['model'] === request.model &&
      (typeof request.suffix !== 'string' ||
        (job['suffix'] ?? request.suffix) === request.suffix) &&
      // A long list may have left out what is old.
      !isEarlier(job['created_at'], before.newestAt)
    )
  })
  return matching.reduce<FineTuneJob | undefined>((first, job) => {
    return first === undefined || isEarlier(job['created_at'], first['created_at']) ? job : first
  }, undefined)
}

/** Of two times in one notation of the same server; what cannot be compared is not earlier. */
function isEarlier(one: unknown, other: unknown): boolean {
  if (typeof one === 'number' && typeof other === 'number') return one < other
  const areTexts = typeof one === 'string' && typeof other === 'string'
  return areTexts && one.length === other.length && one < other
}
