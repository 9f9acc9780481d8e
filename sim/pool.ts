/**
 * Runs seeds in several processes. A run is a function of its identity alone, so it does not matter which process it is in.
 *
 * Processes and not threads: fake timers replace globals, and a subject that hangs or exits takes only its process along.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { RunSummary } from './judge.ts'

/** What a worker has to know before its first seed. */
export interface WorkerSetup {
  subject: string
  profile: string
  drainTurns: number
}

/**
 * @param setup.seeds - Taken in order; the summaries come in the same order.
 * @param setup.workers - Processes, at least 1.
 * @param onSummary - Told of every run when it is over, in no particular order.
 * @throws {Error} When a worker ends before its seeds do.
 */
export async function runInProcesses(
  setup: WorkerSetup & { seeds: readonly number[]; workers: number },
  onSummary: (summary: RunSummary) => void = () => {},
): Promise<RunSummary[]> {
  const queue = setup.seeds.values()
  const bySeed = new Map<number, RunSummary>()
  const keep = (summary: RunSummary): void => {
    bySeed.set(summary.seed, summary)
    onSummary(summary)
  }
  const count = Math.min(setup.workers, setup.seeds.length)
  await Promise.all(Array.from({ length: count }, () => runWorker(setup, queue, keep)))
  return setup.seeds.flatMap((seed) => bySeed.get(seed) ?? [])
}

/** One process; it is given the next seed whenever it has finished one. */
function runWorker(
  { subject, profile, drainTurns }: WorkerSetup,
  queue: IterableIterator<number>,
  onSummary: (summary: RunSummary) => void,
): Promise<void> {
  const worker = startWorker({ subject, profile, drainTurns })
  return new Promise((resolve, reject) => {
    let current: number | undefined
    const giveNext = (): void => {
      const { done, value } = queue.next()
      current = done === true ? undefined : value
      if (current === undefined) worker.disconnect()
      else worker.send(current)
    }
    worker.on('message', (message: 'ready' | RunSummary) => {
      if (message !== 'ready') onSummary(message)
      giveNext()
    })
    worker.on('error', reject)
    worker.on('exit', (code) => {
      if (code === 0 && current === undefined) resolve()
      else reject(new Error(`a worker ended with exit code ${code} while it ran seed ${current}`))
    })
  })
}

function startWorker(setup: WorkerSetup): ChildProcess {
  const file = fileURLToPath(new URL('./worker.ts', import.meta.url))
  return fork(file, [JSON.stringify(setup)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
}
