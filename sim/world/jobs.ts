/** Follows a fine-tune job or a batch to its end, as its user would: by polling, and then giving the place back. */
import type { Clock } from '../../src/core/clock.ts'
import type { Network } from './network.ts'
import { jobRequest } from './requests.ts'

const pollMs = 15_000

const endedStates: ReadonlySet<unknown> = new Set([
  'completed',
  'cancelled',
  'error',
  'COMPLETED',
  'FAILED',
  'EXPIRED',
  'CANCELLED',
])

/** Whom to ask, and the clock of the process that does: if that dies, nobody asks any more. */
export interface JobWatch {
  network: Network
  clock: Clock
}

/** @param onEnd - Called once, when a poll shows that the job has ended, or when its creation cannot be read. */
export function followJob(
  endpoint: 'fine-tunes' | 'batches',
  created: Response,
  watch: JobWatch,
  onEnd: () => void,
): void {
  created.json().then((body) => poll(endpoint, readJob(body).id, watch, onEnd), onEnd)
}

function poll(
  endpoint: 'fine-tunes' | 'batches',
  id: string,
  watch: JobWatch,
  onEnd: () => void,
): void {
  watch.clock.setTimer(() => {
    const answer = watch.network.ask(jobRequest(endpoint, id))
    if (answer.status === 200 && endedStates.has(readJob(JSON.parse(answer.body)).status)) onEnd()
    else poll(endpoint, id, watch, onEnd)
  }, pollMs)
}

function readJob(body: unknown): { id: string; status: unknown } {
  const { job, ...bare } = Object(body) as { job?: object; id?: string; status?: unknown }
  const { id, status } = Object(job ?? bare) as { id?: string; status?: unknown }
  return { id: String(id), status }
}
