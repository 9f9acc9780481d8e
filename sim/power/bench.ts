/** One process in the copy at a time, used for run after run and replaced when a mutant has made it useless. */
import { fork, type ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { startRealTimer } from '../real-timer.ts'
import type { Order, Report, RunReport } from './messages.ts'
import { none } from './switch.ts'

/** How a run ended. */
export type Ending =
  | { kind: 'judged'; report: RunReport }
  /** What the subject threw, or that it ended the process. */
  | { kind: 'crash'; message: string }
  | { kind: 'hang'; message: string }

/** Real milliseconds for a run. Without a mutant the longest takes a second or two. */
const runMsMax = 30_000
const startMsMax = 120_000
/** As the simulator's own pool has it: a run makes much that is forgotten with it. */
const youngMiB = 64

/** What runs seeds with a mutant on. */
export interface Runner {
  /** There is a process, and no mutant was on when it was loaded. */
  readonly isLoadedWithNone: boolean
  /**
   * Begins anew, with a mutant on while the modules are loaded.
   *
   * @returns Undefined where they load; what is wrong where they do not.
   */
  start: (loadedWith: number) => Promise<string | undefined>
  /** Runs a seed in the process there is, or in a new one. */
  run: (order: Order) => Promise<Ending>
}

export class Bench implements Runner {
  readonly #program: string
  #process: ChildProcess | undefined
  #loadedWith: number = none
  /** The mutants that the modules came to while they were loaded last. */
  metAtLoad: readonly number[] = []

  constructor(program: string) {
    this.#program = program
  }

  async start(loadedWith: number): Promise<string | undefined> {
    this.stop()
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
    const execArgv = [`--max-semi-space-size=${youngMiB}`, '--import', tsx]
    this.#process = fork(this.#program, [JSON.stringify({ mutant: loadedWith })], {
      execArgv,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    this.#loadedWith = loadedWith
    const answer = await nextReport(this.#process, startMsMax)
    if (typeof answer === 'object' && 'ready' in answer) {
      this.metAtLoad = answer.met
      return undefined
    }
    this.stop()
    return typeof answer === 'string' ? answer : 'the modules do not load'
  }

  async run(order: Order): Promise<Ending> {
    if (this.#process === undefined) await this.start(none)
    const running = this.#process
    if (running === undefined) return { kind: 'crash', message: 'no process comes up' }
    const coming = nextReport(running, runMsMax)
    running.send(order)
    const answer = await coming
    if (typeof answer === 'object' && 'broken' in answer) return { kind: 'judged', report: answer }
    // Whatever it left behind in the process must not be taken for another's doing.
    this.stop()
    if (answer === 'hangs') {
      const seconds = runMsMax / 1_000
      return { kind: 'hang', message: `the run does not end within ${seconds} s` }
    }
    const message = typeof answer === 'string' ? answer : 'crashed' in answer ? answer.crashed : ''
    return { kind: 'crash', message }
  }

  get isLoadedWithNone(): boolean {
    return this.#process !== undefined && this.#loadedWith === none
  }

  stop(): void {
    this.#process?.kill('SIGKILL')
    this.#process = undefined
  }
}

/** The next that the process says, or why it says nothing. */
function nextReport(process: ChildProcess, msMax: number): Promise<Report | string> {
  return new Promise((resolve) => {
    const onExit = (code: number | null, signal: string | null): void =>
      end(`the process ends (${code ?? signal})`)
    const onError = (error: Error): void => end(error.message)
    const stopTimer = startRealTimer(() => end('hangs'), msMax)
    const end = (answer: Report | string): void => {
      stopTimer()
      process.off('message', end).off('error', onError).off('exit', onExit)
      resolve(answer)
    }
    process.on('message', end).on('error', onError).on('exit', onExit)
  })
}
