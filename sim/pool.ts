/**
 * Runs seeds in several processes. A run is a function of its identity alone, so it does not matter which process it is in.
 *
 * Processes and not threads: fake timers replace globals, and a subject that hangs or exits takes only its process along.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { RunSummary } from './judge.ts'
import { startRealTimer } from './real-timer.ts'
import { SubjectError } from './subjects/load.ts'
import type { TransportName } from './world/transports/transport.ts'

/** What a worker has to know before its first seed. */
export interface WorkerSetup {
  subject: string
  profile: string
  drainTurns: number
  /** @defaultValue 'direct' */
  transport?: TransportName
  /** The seeds whose summaries hold their trace. @defaultValue none */
  tracedSeeds?: readonly number[]
  /** As of a run. @defaultValue false */
  watchesHost?: boolean
}

/** What to run, and in how many processes. */
export interface PoolSetup extends WorkerSetup {
  /** Taken in order; the summaries come in the same order. */
  seeds: readonly number[]
  /** Processes, at least 1. */
  workers: number
  /** Real milliseconds that a run may take. A longer one is a violation, and the last seed. @defaultValue 120_000 */
  runMsMax?: number
}

/**
 * @param onSummary - Told of every run when it is over, in no particular order.
 * @throws {Error} When a worker ends before its seeds do.
 */
export async function runInProcesses(
  setup: PoolSetup,
  onSummary: (summary: RunSummary) => void = () => {},
): Promise<RunSummary[]> {
  const { subject, profile, drainTurns, transport = 'direct', tracedSeeds = [] } = setup
  const { watchesHost = false, runMsMax = runMsMaxDefault } = setup
  const queue = new SeedQueue(setup.seeds)
  const bySeed = new Map<number, RunSummary>()
  const keep = (summary: RunSummary): void => {
    bySeed.set(summary.seed, summary)
    onSummary(summary)
  }
  const count = Math.min(setup.workers, setup.seeds.length)
  const report = { onSummary: keep, runMsMax }
  const workerSetup = { subject, profile, drainTurns, transport, tracedSeeds, watchesHost }
  await Promise.all(Array.from({ length: count }, () => runWorker(workerSetup, queue, report)))
  return setup.seeds.flatMap((seed) => bySeed.get(seed) ?? [])
}

/** Real time; a run takes a fraction of a second, and one that takes this long is busy without letting time pass. */
const runMsMaxDefault = 120_000

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

function summarizeHang(seed: number, runMsMax: number): RunSummary {
  const seconds = runMsMax / 1_000
  return summarizeNoEnd(
    seed,
    `the run does not end: the subject keeps the process busy without letting time pass (${seconds} s)`,
  )
}

function summarizeExit(seed: number, code: number): RunSummary {
  return summarizeNoEnd(seed, `the run does not end: the subject ends the process (exit ${code})`)
}

function summarizeNoEnd(seed: number, message: string): RunSummary {
  const invariant = 'every-call-settles-once'
  return {
    seed,
    traceHash: 'hangs',
    violations: [{ invariant, seed, atMs: 0, message, hangs: true }],
    checks: { [invariant]: 1 },
    met: [],
  }
}

/** A run that ended by an error: the subject's, where it cannot be used at all, or our own. */
interface Failure {
  failed: string
  isSubjects: boolean
}

/** One process; it is given the next seed whenever it has finished one. */
function runWorker(
  setup: WorkerSetup,
  queue: SeedQueue,
  report: { onSummary: (summary: RunSummary) => void; runMsMax: number },
): Promise<void> {
  const worker = startWorker(setup)
  return new Promise((resolve, reject) => {
    let current: number | undefined
    const endHang = (): void => {
      if (current !== undefined) report.onSummary(summarizeHang(current, report.runMsMax))
      queue.close()
      worker.kill('SIGKILL')
      if (current === undefined) reject(new Error('a worker did not get ready'))
      else resolve()
    }
    let stopWatch = startRealTimer(endHang, report.runMsMax)
    worker.on('message', (message: 'ready' | Failure | RunSummary) => {
      stopWatch()
      if (message !== 'ready' && 'failed' in message) {
        queue.close()
        worker.kill('SIGKILL')
        reject(message.isSubjects ? new SubjectError(message.failed) : new Error(message.failed))
        return
      }
      if (message !== 'ready') report.onSummary(message)
      current = queue.next()
      if (current === undefined) {
        worker.disconnect()
        return
      }
      stopWatch = startRealTimer(endHang, report.runMsMax)
      worker.send(current)
    })
    worker.on('error', reject)
    worker.on('exit', (code) => {
      stopWatch()
      if (code === 0 && current === undefined) resolve()
      else if (code !== null && current !== undefined) {
        // With a code and in the middle of a seed: the subject's doing, by `process.exit` or by what it threw.
        report.onSummary(summarizeExit(current, code))
        queue.close()
        resolve()
      } else {
        reject(new Error(`a worker ended with exit code ${code} while it ran seed ${current}`))
      }
    })
  })
}

/** A run makes much that is forgotten with it: with Node's own 16 MiB a quarter of the time goes into collecting it. */
const youngMiB = 64

function startWorker(setup: WorkerSetup): ChildProcess {
  const file = fileURLToPath(new URL('./worker.ts', import.meta.url))
  // Not inherited: the tests' own process does not run under tsx.
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  const execArgv = [`--max-semi-space-size=${youngMiB}`, '--import', tsx]
  return fork(file, [JSON.stringify(setup)], {
    execArgv,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
}
