/**
 * What happened in a run, as plain data: the invariants judge this record and nothing else.
 *
 * Every entry is also a line of the trace, whose hash identifies the run.
 */
import type { EndpointClass } from '../../src/core/profile.ts'
import type { ChatSize, Scenario } from '../scenario/types.ts'
import type { TimerCounts } from './process-timers.ts'
import { Trace } from './trace.ts'
import type { ServedRecord, WorkRecord } from './work-record.ts'

/** What a call is limited as; `other` is not limited: lists, files, looks at jobs. */
export type CallClass = EndpointClass | 'other'

/** A call of the workload: one invocation of the subject's retry. */
export interface CallRecord {
  id: number
  endpoint: CallClass
  /** The number of the process that made it. */
  process: number
  /** The long run that made it. */
  work: WorkRecord | undefined
  /** What it asks for that run: one thing, or several texts. */
  contents: readonly string[]
  /** Of a long run: method and path. */
  request: string | undefined
  model: string | undefined
  priority: number
  startedAtMs: number
  deadlineAtMs: number | undefined
  abortedAtMs: number | undefined
  settledAtMs: number | undefined
  /** `killed`: its process died before it ended. */
  outcome: 'pending' | 'resolved' | 'rejected' | 'killed'
  /** The error's code or name. */
  error: string | undefined
  /** Why the shipped module gave up, where it says so. */
  reason: string | undefined
  attempts: AttemptRecord[]
  /** Whether the value it resolved with is the parsed body of one of its good answers. */
  valueMatches: boolean | undefined
  signal: AbortSignal | undefined
  /** Of a chat that spends tokens. */
  size: ChatSize | undefined
  /** Tokens that it is estimated to come to; 0 where they are not limited. */
  tokens: number
}

/** A request that was sent. */
export interface AttemptRecord {
  call: CallRecord
  /** 1 for the first. */
  number: number
  sentAtMs: number
  arrivedAtMs: number | undefined
  /** The server took it into account for a quota. */
  counted: boolean
  /** The limit by which the server refused it. */
  refusedBy: string | undefined
  /** The fault rule that applied. */
  fault: string | undefined
  /** Tokens of prompt and answer, where the server gave one. */
  tokensUsed: number | undefined
  status: number | undefined
  headersAtMs: number | undefined
  failedAtMs: number | undefined
  /** When the subject knew how it ended: failed, or its body was there. */
  endedAtMs: number | undefined
  /** The body is whole. */
  whole: boolean
  /** The body was read or cancelled, or there was none to read. */
  bodyDone: boolean
  /** The body as the server wrote it; undefined until headers came. */
  body: string | undefined
  /** What the answer says of waiting, by header name. */
  hints: Readonly<Record<string, string>>
}

/** A call of the subject's limiter. */
export interface AcquireRecord {
  id: number
  /** The number of the process whose limiter it is. */
  process: number
  /** The call it was made for, where that is known. */
  call: CallRecord | undefined
  /** The lane in which order is promised: class, model and priority. */
  lane: string
  endpoint: EndpointClass
  calledAtMs: number
  /** Since when it says that it has been waiting: a retry, since its call began. */
  queuedAtMs: number
  grantedAtMs: number | undefined
  failedAtMs: number | undefined
  /** The retry told the limiter something. */
  hasArguments: boolean
  hasRelease: boolean
  released: boolean
}

/** What was measured after all calls had settled and it had been quiet for two windows. */
export interface Aftermath {
  /** Every call settled before the simulator lost patience. */
  settled: boolean
  timersLeft: number
  listenersLeft: number
  acquiresPending: number
  /** Files that are open, and locks that are held. */
  filesLeft: number
  unhandled: string[]
  /** Milliseconds until the limit's number of calls was granted, by the used limiter and by a fresh one. */
  probeMs: number | undefined
  freshProbeMs: number | undefined
  /** How much later than by the fresh limiter a grant came at the most. */
  probeLagMs: number | undefined
  probeHasRelease: boolean
  /** The subject's own counts, by name, where it keeps them. */
  counters: Readonly<Record<string, number>> | undefined
}

/** Which parts are the shipped ones, and so what may be expected of them. */
export interface SubjectTraits {
  name: string
  shippedLimiter: boolean
  shippedRetry: boolean
}

export interface RecordOptions {
  /** Wall time at virtual time 0, Unix milliseconds. */
  wallEpochMs: number
  /** Whoever shows a run needs the lines, whoever judges it only their hash. */
  keepsTrace?: boolean
}

export class RunRecord {
  readonly scenario: Scenario
  readonly traits: SubjectTraits
  /** Wall time at virtual time 0, Unix milliseconds. */
  readonly wallEpochMs: number
  readonly calls: CallRecord[] = []
  readonly attempts: AttemptRecord[] = []
  readonly acquires: AcquireRecord[] = []
  /** Attempts in the order in which they ended. */
  readonly endings: AttemptRecord[] = []
  /** Long runs, in the order of their plans. */
  readonly works: WorkRecord[] = []
  readonly served: ServedRecord = new Map()
  /** By custom id, how many batches with it the server has taken in. */
  readonly batchTries: Map<string, number> = new Map()
  /** Processes that can die, so far. */
  processes = 0
  /** What became of the timers of a disturbed process. */
  timers: TimerCounts = { early: 0, late: 0 }
  readonly #trace: Trace
  aftermath: Aftermath | undefined

  constructor(scenario: Scenario, traits: SubjectTraits, options: RecordOptions) {
    this.scenario = scenario
    this.traits = traits
    this.wallEpochMs = options.wallEpochMs
    this.#trace = new Trace(options.keepsTrace === true)
  }

  /** The lines of the trace; empty where they are not kept. */
  get trace(): readonly string[] {
    return this.#trace.lines
  }

  /** Adds a line to the trace. */
  line(nowMs: number, text: string): void {
    this.#trace.add(`${nowMs} ${text}`)
  }

  /** The run's identity in 16 hexadecimal digits; the trace is over with it. */
  traceHash(): string {
    return this.#trace.hash()
  }
}
