/**
 * A scenario: everything that a run of the simulator depends on, as one JSON value.
 *
 * It is drawn from a seed, printed whole, and enough to run it again. Times are virtual milliseconds since the run began,
 * shares are per mille, so that no probability depends on how a float prints.
 */
import type { EndpointClass, TokenAccounting } from '../../src/core/profile.ts'
import type { Enforcement, FaultRule, Quirk } from '../../src/server/handler.ts'

/** How long something takes, drawn anew for each request; always whole milliseconds. */
export type Latency =
  | { kind: 'fixed'; ms: number }
  | { kind: 'uniform'; minMs: number; maxMs: number }
  | { kind: 'lognormal'; medianMs: number; sigma: number; minMs: number; maxMs: number }

/** The network and the server's speed from a moment on. */
export interface NetworkPhase {
  fromMs: number
  /** From the client to the server's counter: at most `arrivalBoundMs`. */
  out: Latency
  /** From being counted to the headers of a good answer. */
  service: Latency
  /** From the server back to the client. */
  back: Latency
  /** From the headers to the end of the body. */
  body: Latency
}

/** Calls of one kind. */
export interface CallStream {
  fromMs: number
  count: number
  /** The calls begin within this time; 0: all at once. */
  overMs: number
  /** `poisson`: each by itself, at the mean rate; the last may come later. */
  spacing: 'even' | 'random' | 'poisson'
  endpoint: EndpointClass
  model?: string
  priority?: number
  /** While it is drawn: the chance of a call to be aborted, and when after its start at the latest. */
  abortPerMille?: number
  abortAfterMsMax?: number
  /** Which calls are aborted, by their place in the stream, from 1, and when after their start. */
  aborts?: { nth: number; afterMs: number }[]
  /** Every call's own deadline. */
  deadlineMs?: number
}

/** Keeps calls waiting from the end of the faults on, until the throughput is back or had time enough to be. */
export interface TopUp {
  waitingMin: number
}

/** Somebody else who spends the same key's quota. */
export interface Tenant {
  fromMs: number
  toMs: number
  everyMs: number
}

export interface WallJump {
  atMs: number
  byMs: number
}

/** The client's process is busy, or its machine asleep: nothing of it happens, while server and network go on. */
export interface Stall {
  atMs: number
  lastsMs: number
}

/** The client's process dies, with calls waiting and under way, and a new one begins them anew, with a limiter of its own. */
export interface Restart {
  atMs: number
  /** What the new limiter is told that its predecessor has used: 0 to 1. */
  initialUsage: number
}

/** A host that fires some timers before their time, as Node does by up to a millisecond. */
export interface EarlyTimers {
  perMille: number
  byMsMax: number
}

/** What the shipped module is set to; a subject from outside gets `maxPerMinute`, `arrivalBoundMs` and `maxRetries` only. */
export interface ModuleSettings {
  pacing: 'even' | 'burst'
  concurrencyMax?: number
  attemptTimeoutMs: number
  serverDelayMsMax: number
}

/** A chat request's size. */
export interface ChatSize {
  promptLength: number
  tokensMax: number
}

/** A limit in tokens for chat, beside the documented ones in requests. */
export interface TokenPlan {
  /** Per minute. */
  tokensMax: number
  accounting: TokenAccounting
  /** An estimate is so many thousandths of what the server would reserve, at least 1,000. */
  estimatePerMille: number
  /** Each chat call has one of these. */
  sizes: [ChatSize, ...ChatSize[]]
  /** Until the end of an answer, at the server. */
  answerMs: { min: number; max: number }
}

/** A limit for each model that moves with its use, between two bounds; the client knows the bounds. */
export interface DynamicPlan {
  /** Which headers the server sends. */
  headers: 'dynamic-2026-01' | 'dynamic'
  basePerMinute: number
  capPerMinute: number
  /** How far back the server looks at what succeeded. */
  memoryMs: number
}

/** Headers that are put into good answers on their way, in the place of what the server said. */
export interface HeaderLie {
  /** From the beginning until this instant. */
  toMs: number
  /** While it is drawn: the chance of an answer to tell it. */
  perMille?: number
  /** Told by every so many good answers. @defaultValue 1 */
  every?: number
  headers: Record<string, string>
  /** A client that believes it sends less than it may. */
  tightens: boolean
}

/** A long run of `together-rate-limits/batch`, with texts or requests of its own. */
export interface WorkPlan {
  kind: 'embed' | 'requests' | 'batch' | 'fine-tunes'
  /** Whether its results are taken one by one, all at its end, or written into a file by a process that can die. */
  form: 'iterate' | 'promise' | 'file'
  fromMs: number
  /** At least 1. */
  items: number
  /** Texts in a request; 1 for requests of other kinds. */
  batchSize: number
  inFlightMax: number
  outageMsMax: number
  model: string
  fallbackModels: string[]
  /** What no server takes: places, and the status with which each is refused. */
  poisons: { index: number; status: number }[]
  /** How long the consumer is busy with each result. */
  takingMs: number
  /** The caller aborts it so long after its beginning. */
  abortAfterMs?: number
  /** The consumer takes so many results and leaves. */
  leavesAfter?: number
  /** Only for files. */
  file?: FilePlan
  /** Of batches and fine-tunes: the shortest wait between two looks. */
  pollMs?: number
  /** Of fine-tunes: when somebody else starts one with the same key. */
  othersAtMs?: number[]
}

/** What happens to a long run whose output is its checkpoint; whatever ends it, it is started again. */
export interface FilePlan {
  /** One a start, in order; later starts meet none. */
  crashes: Crash[]
  /** How long a write takes. */
  writeMs: { minMs: number; maxMs: number }
  /** When nothing can be written. */
  full: { fromMs: number; toMs: number }[]
}

/** The process dies, or its machine does: of what was written and not synced, a part is then lost. */
export interface Crash {
  kind: 'process' | 'machine'
  /** After the beginning of the start. */
  afterMs: number
}

export interface Scenario {
  seed: number
  /** What the seed was drawn to press on. */
  theme: 'quota' | 'storm' | 'outage' | 'recovery' | 'tokens' | 'dynamic' | 'work'
  /** `contract`: only the interface that every subject has; `full`: the shipped module's own. */
  interface: 'contract' | 'full'
  /** Calls go through the shipped fetch, with a client in front of it as the SDKs are. */
  viaFetch?: true
  profile: string
  maxPerMinute: number
  arrivalBoundMs: number
  maxRetries: number
  /** The limiter's permits are thrown away, as drop-in code does. */
  discardsPermits: boolean
  settings: ModuleSettings
  /** Only where they are limited. */
  tokens?: TokenPlan
  /** In place of the documented limits. */
  dynamic?: DynamicPlan
  enforcement: Enforcement
  countsRefused: boolean
  /** How much faster the server's clock runs than the client's. */
  driftPpm: number
  network: NetworkPhase[]
  calls: CallStream[]
  /** Beside the calls, through the same limiter. */
  works?: WorkPlan[]
  topUp?: TopUp
  faults: FaultRule[]
  /** What is odd about the server. */
  quirks?: Quirk[]
  /** What answers say of the limits that is not true. */
  lies?: HeaderLie[]
  tenants: Tenant[]
  wallJumps: WallJump[]
  /** In order, and apart. */
  stalls?: Stall[]
  earlyTimers?: EarlyTimers
  /** In order; of the calls of streams, in processes that can die. */
  restarts?: Restart[]
  jobDurationMs: { minMs: number; maxMs: number }
  /** From here on nothing goes wrong any more. */
  faultsEndMs: number
}
