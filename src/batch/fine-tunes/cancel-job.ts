/**
 * Cancels a job, until it is certain that it does not run.
 */
import { hasEnded } from './job.ts'
import type { FineTuneDesk } from './desk.ts'

const never = new AbortController().signal

/**
 * @param pause - Between two tries, where the server refuses to cancel a job that runs.
 * @throws {RunStoppedError} Where the server cannot be asked.
 * @internal
 */
export async function cancelJob(
  desk: FineTuneDesk,
  id: string,
  pause: () => Promise<void>,
): Promise<void> {
  while ((await desk.cancel(id)) === 'refused') {
    const job = await desk.find(id, never)
    if (job === null || hasEnded(job) || job.status.toLowerCase() === 'cancel_requested') return
    await pause()
  }
}
