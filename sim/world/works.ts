/**
 * Sets off the long runs of a scenario, takes their results as their users would, and notes them.
 */
import { systemClock } from '../../src/core/clock.ts'
import type { FilePlan, Scenario, WorkPlan } from '../scenario/types.ts'
import type { Subject, Workloads } from '../subjects/types.ts'
import { abortWork } from './abort-work.ts'
import { SimulatedAbort, type Client } from './client.ts'
import { FileRun } from './file-run.ts'
import type { Network } from './network.ts'
import type { RunRecord } from './record.ts'
import { requestFor } from './requests.ts'
import { contentOf } from './served.ts'
import { SimDisk } from './sim-disk.ts'
import { takeResults, type Taking } from './take-results.ts'
import type { VirtualTime } from './time.ts'
import { createWorkFetch, workBaseUrl } from './work-fetch.ts'
import type { WorkEnd, WorkInput, WorkRecord } from './work-record.ts'

export interface WorksParts {
  time: VirtualTime
  scenario: Scenario
  subject: Subject
  client: Client
  network: Network
  record: RunRecord
}

export class Works {
  /** Runs that have not begun, or not ended. */
  open = 0
  readonly disks: SimDisk[] = []
  readonly #parts: WorksParts

  constructor(parts: WorksParts) {
    this.#parts = parts
  }

  start(): void {
    const { scenario, record, subject } = this.#parts
    const { createFetch, workloads } = subject
    for (const plan of scenario.works ?? []) {
      // Modules from outside have none, and are not asked for any.
      if (createFetch === undefined || workloads === undefined) continue
      const work = newWork(record.works.length, plan)
      record.works.push(work)
      this.open += 1
      for (const atMs of plan.othersAtMs ?? []) {
        const { network } = this.#parts
        systemClock.setTimer(
          () => network.ask(requestFor('fine-tunes', 'simulated/other-chat')),
          atMs,
        )
      }
      if (plan.file !== undefined) {
        this.#startFile(work, plan.file)
        continue
      }
      const { client, time } = this.#parts
      const { limiter } = client
      const fetch = createWorkFetch({ time, client, limiter, scenario, createFetch, work })
      systemClock.setTimer(() => void this.#run(work, { fetch, workloads }), plan.fromMs)
    }
  }

  #startFile(work: WorkRecord, plan: FilePlan): void {
    const disk = new SimDisk(this.#parts.scenario.seed, plan)
    this.disks.push(disk)
    const fileRun = new FileRun({
      ...this.#parts,
      work,
      plan,
      disk,
      onEnd: (end, reason) => this.#end(work, end, reason),
    })
    systemClock.setTimer(() => fileRun.start(), work.plan.fromMs)
  }

  async #run(
    work: WorkRecord,
    { fetch, workloads }: { fetch: typeof globalThis.fetch; workloads: Workloads },
  ): Promise<void> {
    const { time, record } = this.#parts
    const controller = new AbortController()
    work.signal = controller.signal
    work.startedAtMs = time.now()
    record.line(time.now(), `w${work.id} begins ${work.plan.kind} of ${work.inputs.length}`)
    const cancelAbort = this.#abortLater(work, controller)
    const taking: Taking = {
      work,
      workloads,
      ...this.#options(work, fetch),
      note: this.#noter(work),
    }
    try {
      this.#end(work, await takeResults(taking))
    } catch (error) {
      this.#fail(work, error)
    } finally {
      cancelAbort()
    }
  }

  #options({ signal }: WorkRecord, fetch: typeof globalThis.fetch): Pick<Taking, 'api'> {
    return { api: { fetch, signal, apiKey: 'simulated-key', baseURL: workBaseUrl } }
  }

  #noter(work: WorkRecord): Taking['note'] {
    const { time, record } = this.#parts
    return (result) => {
      const atMs = time.now()
      work.results.push({ ...result, atMs })
      const what = result.value === undefined ? `refused ${result.status}` : 'done'
      record.line(atMs, `w${work.id} hands out ${result.index} ${what}`)
    }
  }

  #abortLater(work: WorkRecord, controller: AbortController): () => void {
    const { abortAfterMs } = work.plan
    if (abortAfterMs === undefined) return () => {}
    const { record, time } = this.#parts
    return systemClock.setTimer(() => {
      abortWork(record, work, time.now())
      controller.abort(new SimulatedAbort())
    }, abortAfterMs)
  }

  #fail(work: WorkRecord, error: unknown): void {
    const { code, name, reason, done, failed } = Object(error) as Record<string, unknown>
    if (error instanceof SimulatedAbort) {
      this.#end(work, 'aborted')
    } else if (code === 'RUN_STOPPED') {
      work.claimed = { done: Number(done), failed: Number(failed) }
      this.#end(work, 'stopped', String(reason))
    } else {
      this.#end(work, 'failed', String(code ?? name))
    }
  }

  #end(work: WorkRecord, end: WorkEnd, reason?: string): void {
    const { time, record } = this.#parts
    work.endedAtMs = time.now()
    work.end = end
    work.reason = reason
    this.open -= 1
    record.line(time.now(), `w${work.id} ${end}${reason === undefined ? '' : ` ${reason}`}`)
  }
}

function newWork(id: number, plan: WorkPlan): WorkRecord {
  return {
    id,
    plan,
    inputs: inputsOf(id, plan),
    startedAtMs: undefined,
    abortedAtMs: undefined,
    endedAtMs: undefined,
    end: 'pending',
    reason: undefined,
    claimed: undefined,
    results: [],
    starts: [],
    signal: undefined,
  }
}

/** No two runs ask the same; in a corpus, now and then, a text is there twice. */
function inputsOf(id: number, { items, poisons, kind, file }: WorkPlan): WorkInput[] {
  const statuses = new Map(poisons.map(({ index, status }) => [index, status]))
  return Array.from({ length: items }, (_unused, index) => {
    const isCopy = kind === 'embed' && index % 10 === 9 && !statuses.has(index)
    const poison = statuses.get(index)
    const content = contentOf(`w${id} item ${isCopy ? index - 9 : index}`, poison)
    const isNamed = kind !== 'embed' || file !== undefined
    return { id: isNamed ? `w${id}-${index}` : '', content, poison }
  })
}
