/**
 * A long run as a command: its output is its checkpoint, its process may die, and whatever ends it, its user starts it
 * again until it is done.
 */
import { systemClock } from '../../src/core/clock.ts'
import type { Summary, Workload } from '../../src/cli/index.ts'
import type { Crash, FilePlan, Scenario } from '../scenario/types.ts'
import type { Subject } from '../subjects/types.ts'
import { abortWork } from './abort-work.ts'
import { SimulatedAbort, type Client } from './client.ts'
import type { ClientProcess } from './client-process.ts'
import { readOutput, writeInput } from './output-file.ts'
import type { RunRecord } from './record.ts'
import type { SimDisk } from './sim-disk.ts'
import type { VirtualTime } from './time.ts'
import { createWorkFetch, workBaseUrl } from './work-fetch.ts'
import type { WorkEnd, WorkRecord, WorkStart } from './work-record.ts'

const inputPath = 'input.jsonl'
const outputPath = 'output.jsonl'
/** What a user needs to see that it has ended, and to start it again. */
const restartMs = 20_000
/** Nobody is that patient; an outage of half an hour takes fewer. */
const startsMax = 120

export interface FileRunParts {
  time: VirtualTime
  scenario: Scenario
  subject: Subject
  client: Client
  record: RunRecord
  work: WorkRecord
  plan: FilePlan
  disk: SimDisk
  onEnd: (end: WorkEnd, reason?: string) => void
}

/** A start that goes on. */
interface Going {
  start: WorkStart
  process: ClientProcess
  /** Nothing that was planned for it happens any more. */
  callOff: () => void
}

export class FileRun {
  readonly #parts: FileRunParts

  constructor(parts: FileRunParts) {
    this.#parts = parts
    parts.disk.put(inputPath, writeInput(parts.work))
  }

  /** Starts the command, now. */
  start(): void {
    const { client, time, record, work, disk } = this.#parts
    const { process, limiter } = client.beginProcess()
    const atMs = time.now()
    work.startedAtMs ??= atMs
    const { done, isTorn } = readOutput(work, disk.text(outputPath))
    const start: WorkStart = {
      atMs,
      process: process.number,
      done,
      isTorn,
      endedAtMs: undefined,
      end: undefined,
    }
    work.starts.push(start)
    record.line(atMs, `w${work.id} starts in p${process.number}, ${done.size} are done`)
    const controller = new AbortController()
    work.signal = controller.signal
    const going: Going = { start, process, callOff: () => {} }
    const cancels = [this.#crashLater(going), this.#abortLater(controller)]
    going.callOff = () => {
      for (const cancel of cancels) cancel()
    }
    this.#resume(process, limiter, controller.signal).then(
      (summary) => this.#ended(going, summary),
      (error: unknown) => this.#failed(going, error),
    )
  }

  async #resume(
    process: ClientProcess,
    limiter: Client['limiter'],
    signal: AbortSignal,
  ): Promise<Summary> {
    const { client, scenario, subject, work, disk } = this.#parts
    const { createFetch, workloads } = subject
    if (createFetch === undefined || workloads === undefined) throw new Error('no long runs')
    const fetch = createWorkFetch({ client, limiter, process, scenario, createFetch, work })
    const { inFlightMax, outageMsMax } = work.plan
    return workloads.resume({
      disk: disk.for(process),
      inputPath,
      outputPath,
      workload: this.#workload(workloads),
      retriesFailed: false,
      run: {
        fetch,
        inFlightMax,
        outageMsMax,
        signal,
        clock: process.clock,
        apiKey: 'simulated-key',
        baseURL: workBaseUrl,
      },
    })
  }

  #workload({ embedWorkload, runWorkload }: NonNullable<Subject['workloads']>): Workload {
    const { kind, model, batchSize, fallbackModels } = this.#parts.work.plan
    return kind === 'embed'
      ? embedWorkload({ model, batchSize })
      : runWorkload({ model, fallbackModels })
  }

  #crashLater(going: Going): () => void {
    const { plan, work } = this.#parts
    const crash = plan.crashes[work.starts.length - 1]
    if (crash === undefined) return () => {}
    return systemClock.setTimer(() => this.#crash(going, crash), crash.afterMs)
  }

  #crash(going: Going, { kind }: Crash): void {
    const { disk } = this.#parts
    going.process.die()
    if (kind === 'machine') disk.stop()
    else disk.lose()
    this.#over(going, 'crashed')
    this.#startAgain()
  }

  /** Only the first start: whoever ends it wants to see it end, and go on later. */
  #abortLater(controller: AbortController): () => void {
    const { work, record, time } = this.#parts
    const { abortAfterMs } = work.plan
    if (abortAfterMs === undefined || work.starts.length > 1) return () => {}
    return systemClock.setTimer(() => {
      abortWork(record, work, time.now())
      controller.abort(new SimulatedAbort())
    }, abortAfterMs)
  }

  #ended(going: Going, { end }: Summary): void {
    const { work, disk, record, time, onEnd } = this.#parts
    if (end !== undefined) {
      this.#over(going, reasonOf(end))
      this.#startAgain()
      return
    }
    this.#over(going, 'completed')
    const { results } = readOutput(work, disk.text(outputPath))
    work.results = results.map((result) => ({ ...result, atMs: time.now() }))
    for (const { index, value } of results) {
      record.line(time.now(), `w${work.id} has written ${index} ${value ?? 'as refused'}`)
    }
    onEnd('completed')
  }

  #failed(going: Going, error: unknown): void {
    const { name, message } = Object(error) as { name?: unknown; message?: unknown }
    this.#over(going, 'failed')
    this.#parts.onEnd('failed', `${String(name)}: ${String(message)}`)
  }

  #over({ start, callOff }: Going, end: string): void {
    const { record, time, work } = this.#parts
    callOff()
    start.endedAtMs = time.now()
    start.end = end
    record.line(time.now(), `w${work.id} in p${start.process}: ${end}`)
  }

  #startAgain(): void {
    const { work, onEnd } = this.#parts
    if (work.starts.length >= startsMax) onEnd('failed', `not done after ${startsMax} starts`)
    else systemClock.setTimer(() => this.start(), restartMs)
  }
}

function reasonOf(end: NonNullable<Summary['end']>): string {
  if (!('error' in end)) return 'aborted'
  const { error } = end
  return 'reason' in error ? error.reason : error.message
}
