/**
 * Runs seeds in several processes. A run is a function of its identity alone, so it does not matter which process it is in.
 *
 * Processes and not threads: fake timers replace globals, and a subject that hangs or exits takes only its process along.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { RunSummary } from './judge.ts'
import { startRealTimer } from './real-timer.ts'

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
  const queue = new SeedQueue(setup.seeds)
  const bySeed = new Map<number, RunSummary>()
  const keep = (summary: RunSummary): void => {
    bySeed.set(summary.seed, summary)
    onSummary(summary)
  }
  const count = Math.min(setup.workers, setup.seeds.length)
  await Promise.all(Array.from({ length: count }, () => runWorker(setup, queue, keep)))
  return setup.seeds.flatMap((seed) => bySeed.get(seed) ?? [])
}

/** Real time; a run takes a fraction of a second, and one that takes this long is busy without letting time pass. */
const runMsMax = 120_000

/** The seeds that nobody has taken yet. */
class SeedQueue {
  readonly #seeds: readonly number[]
  #next = 0

  constructor(seeds: readonly number[]) {
    this.#seeds = seeds
  }

  next(): number | undefined {
    const seed = this.#seeds[this.#next]
    this.#next += 1
    return seed
  }

  /** No further seeds: one that hangs is enough. */
  close(): void {
    this.#next = this.#seeds.length
  }
}

function summarizeHang(seed: number): RunSummary {
  const invariant = 'every-call-settles-once'
  const message = `the run does not end: the subject keeps the process busy without letting time pass (${runMsMax / 1_000} s)`
  return {
    seed,
    traceHash: 'hangs',
    violations: [{ invariant, seed, atMs: 0, message, hangs: true }],
    checks: { [invariant]: 1 },
    met: [],
  }
}

/** One process; it is given the next seed whenever it has finished one. */
function runWorker(
  { subject, profile, drainTurns }: WorkerSetup,
  queue: SeedQueue,
  onSummary: (summary: RunSummary) => void,
): Promise<void> {
  const worker = startWorker({ subject, profile, drainTurns })
  return new Promise((resolve, reject) => {
    let current: number | undefined
    let stopWatch: (() => void) | undefined
    const giveNext = (): void => {
      current = queue.next()
      if (current === undefined) {
        worker.disconnect()
        return
      }
      worker.send(current)
      stopWatch = startRealTimer(() => {
        onSummary(summarizeHang(current ?? 0))
        queue.close()
        current = undefined
        worker.kill('SIGKILL')
        resolve()
      }, runMsMax)
    }
    worker.on('message', (message: 'ready' | RunSummary) => {
      stopWatch?.()
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
