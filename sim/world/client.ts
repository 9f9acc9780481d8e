/**
 * The subject's side of a run: its limiter, its retry, and the calls that go through them. The requests of long runs are
 * calls, too, which those runs make themselves.
 *
 * Under the `contract` interface a call is `retry(limiter, fn, maxRetries)` and nothing more; under the `full` one it
 * uses what the shipped module offers beyond that.
 */
import { systemClock } from '../../src/core/clock.ts'
import type { EndpointClass } from '../../src/core/profile.ts'
import type { MockRequest } from '../../src/server/handler.ts'
import type { CallStream, Scenario } from '../scenario/types.ts'
import type { RetryOptions } from '../../src/retry/index.ts'
import { observeLimiter } from '../subjects/observe.ts'
import { createScenarioLimiter } from '../subjects/shipped.ts'
import type { Subject, SubjectLimiter, SubjectPermit } from '../subjects/types.ts'
import { ClientProcess } from './client-process.ts'
import { Draw } from './draw.ts'
import { callThroughFetch, type FetchCall } from './fetch-client.ts'
import { followJob } from './jobs.ts'
import type { Network } from './network.ts'
import type { AttemptRecord, CallRecord, RunRecord } from './record.ts'
import { requestFor, reservedTokens } from './requests.ts'
import type { VirtualTime } from './time.ts'

export interface ClientParts {
  time: VirtualTime
  scenario: Scenario
  subject: Subject
  /** The subject's limiter as it was made, before it is put under observation. */
  limiter: SubjectLimiter
  network: Network
  record: RunRecord
}

export class Client {
  /** Calls that have begun and not ended. */
  unsettled = 0
  /** Jobs and batches that were started and not seen to end. */
  openJobs = 0
  readonly #parts: ClientParts
  /** The subject's, under observation. */
  readonly limiter: SubjectLimiter
  /** Where the calls of streams are made, if that can die. */
  #host: Host | undefined
  /** What was begun there. */
  readonly #begun: { call: CallRecord; stream: CallStream }[] = []
  readonly #draw: Draw
  #starting: CallRecord | undefined
  /** By stream, how many of its calls have begun. */
  readonly #startedOf = new Map<CallStream, number>()

  constructor(parts: ClientParts) {
    this.#parts = parts
    this.#draw = new Draw(parts.scenario.seed, 'client')
    this.limiter = observeLimiter(parts.limiter, {
      record: parts.record,
      now: () => parts.time.now(),
      startingCall: () => this.#starting,
      discardsPermits: parts.scenario.discardsPermits,
    })
  }

  /**
   * The process in which calls of streams are made dies, if there is one, and a new one takes its place: it begins anew what
   * had not ended, and makes the calls from now on, with a limiter that knows nothing of the other but what it is told.
   */
  restart(initialUsage?: number): void {
    const { record, time } = this.#parts
    this.#host?.process.die()
    const killed = this.#begun.splice(0).filter(({ call }) => call.outcome === 'killed')
    this.#host = this.beginProcess(initialUsage)
    record.line(time.now(), `p${this.#host.process.number} begins`)
    for (const { stream } of killed) this.start(stream)
  }

  /** The newest limiter, as it was made. */
  get lastLimiter(): SubjectLimiter {
    return this.#host?.made ?? this.#parts.limiter
  }

  /** Begins one call of a stream, now. */
  start(stream: CallStream): void {
    const host = this.#host
    const call = this.#open(stream, host?.process)
    if (host !== undefined) this.#begun.push({ call, stream })
    const nth = (this.#startedOf.get(stream) ?? 0) + 1
    this.#startedOf.set(stream, nth)
    const abort = stream.aborts?.find((each) => each.nth === nth)
    if (abort !== undefined) this.#abortLater(call, abort.afterMs)
    void this.begin(call, () => this.#begin(call, host)).then(
      (value) => this.settle(call, 'resolved', value),
      (error: unknown) => this.settle(call, 'rejected', error),
    )
  }

  /** A process that can die, with a limiter of its own. */
  beginProcess(initialUsage?: number): Host {
    const { record, scenario, subject, time } = this.#parts
    record.processes += 1
    const process = new ClientProcess(record.processes)
    const made = createScenarioLimiter(subject, scenario, {
      clock: process.clock,
      ...(initialUsage === undefined ? {} : { initialUsage }),
    })
    const limiter = observeLimiter(made, {
      record,
      process,
      now: () => time.now(),
      startingCall: () => this.#starting,
      discardsPermits: false,
    })
    return { process, limiter, made }
  }

  /** A call from now on. @param by - Its process, where that may die. */
  open(facts: CallFacts, by?: ClientProcess): CallRecord {
    const { record, time } = this.#parts
    const call = newCall(facts, record.calls.length, time.now())
    if (by !== undefined) call.process = by.number
    record.calls.push(call)
    this.unsettled += 1
    record.line(call.startedAtMs, `c${call.id} begins ${call.endpoint}`)
    by?.onDeath(() => this.#kill(call))
    return call
  }

  /** Sets a call off: what asks the limiter in this very turn asks for it. */
  begin<T>(call: CallRecord, start: () => Promise<T>): Promise<T> {
    this.#starting = call
    try {
      return Promise.resolve(start())
    } catch (error) {
      return Promise.reject(error)
    } finally {
      this.#starting = undefined
    }
  }

  #begin(call: CallRecord, host: Host | undefined): Promise<unknown> {
    const { scenario, subject } = this.#parts
    if (scenario.viaFetch === true && subject.createFetch !== undefined) {
      return this.#fetch(call, subject.createFetch, host)
    }
    const options = scenario.interface === 'full' ? this.#options(call) : scenario.maxRetries
    const sent = async (context?: {
      signal?: AbortSignal
      permit?: unknown
    }): Promise<Response> => {
      const response = await this.send(call, requestOf(call), context?.signal, host?.process)
      const permit = context?.permit as SubjectPermit | undefined
      this.#follow(call, response, { permit, by: host?.process })
      return response
    }
    return subject.retry(host?.limiter ?? this.limiter, sent, options)
  }

  #fetch(
    call: CallRecord,
    createFetch: FetchCall['createFetch'],
    host: Host | undefined,
  ): Promise<unknown> {
    const { signal, tokens } = call
    const { endpoint: _endpoint, model: _model, ...retry } = this.#options(call)
    return callThroughFetch({
      createFetch,
      limiter: host?.limiter ?? this.limiter,
      request: requestOf(call),
      signal,
      retry,
      tokens,
      send: (attemptSignal) => this.send(call, requestOf(call), attemptSignal, host?.process),
      onJob: (response, permit) => this.#follow(call, response, { permit, by: host?.process }),
    })
  }

  #open(stream: CallStream, by: ClientProcess | undefined): CallRecord {
    const { endpoint, model, priority = 0, deadlineMs } = stream
    const deadlineAtMs = deadlineMs === undefined ? undefined : this.#parts.time.now() + deadlineMs
    const facts = { endpoint, model, priority, deadlineAtMs, ...this.#drawTokens(stream) }
    return this.open(facts, by)
  }

  /** The size of a call that spends tokens, and the estimate that it goes with. */
  #drawTokens({ endpoint }: CallStream): Pick<CallRecord, 'size' | 'tokens'> {
    const { tokens } = this.#parts.scenario
    if (tokens === undefined || endpoint !== 'chat') return { size: undefined, tokens: 0 }
    const size = this.#draw.pick(tokens.sizes)
    return { size, tokens: Math.ceil((reservedTokens(size) * tokens.estimatePerMille) / 1_000) }
  }

  #abortLater(call: CallRecord, delayMs: number): void {
    const controller = new AbortController()
    call.signal = controller.signal
    systemClock.setTimer(() => {
      if (call.outcome !== 'pending') return
      const nowMs = this.#parts.time.now()
      call.abortedAtMs = nowMs
      this.#parts.record.line(nowMs, `c${call.id} aborted`)
      controller.abort(new SimulatedAbort())
    }, delayMs)
  }

  /** The shipped retry's own options. */
  #options(call: CallRecord): RetryOptions {
    const { scenario, time } = this.#parts
    return {
      endpoint: limitedClass(call),
      ...(call.model === undefined ? {} : { model: call.model }),
      ...(call.size === undefined ? {} : { tokens: call.tokens }),
      priority: call.priority,
      maxRetries: scenario.maxRetries,
      attemptTimeoutMs: scenario.settings.attemptTimeoutMs,
      serverDelayMsMax: scenario.settings.serverDelayMsMax,
      ...(call.signal === undefined ? {} : { signal: call.signal }),
      ...(call.deadlineAtMs === undefined ? {} : { deadlineMs: call.deadlineAtMs - time.now() }),
    }
  }

  #kill(call: CallRecord): void {
    if (call.outcome !== 'pending') return
    this.unsettled -= 1
    call.settledAtMs = this.#parts.time.now()
    call.outcome = 'killed'
  }

  /** Sends an attempt of a call. @param by - Its process, where that may die. */
  send(
    call: CallRecord,
    request: MockRequest,
    signal: AbortSignal | undefined,
    by?: ClientProcess,
  ): Promise<Response> {
    const { network, record, time } = this.#parts
    const attempt = newAttempt(call, time.now())
    call.attempts.push(attempt)
    record.attempts.push(attempt)
    record.line(attempt.sentAtMs, `c${call.id}/${attempt.number} sent`)
    return network.send(request, attempt, { signal, by })
  }

  /** Watches what a good answer has started, where that is a job, for as long as its process lives. */
  #follow(
    { endpoint }: CallRecord,
    response: Response,
    { permit, by }: { permit: SubjectPermit | undefined; by: ClientProcess | undefined },
  ): void {
    if (!response.ok || (endpoint !== 'fine-tunes' && endpoint !== 'batches')) return
    let isFollowed = true
    const stop = (): void => {
      if (isFollowed) this.openJobs -= 1
      isFollowed = false
    }
    this.openJobs += 1
    by?.onDeath(stop)
    const watch = { network: this.#parts.network, clock: by?.clock ?? systemClock }
    followJob(endpoint, response.clone(), watch, () => {
      if (!isFollowed) return
      stop()
      permit?.release?.()
    })
  }

  /** A call has ended. @param value - What it resolved with, or rejected with. */
  settle(call: CallRecord, outcome: 'resolved' | 'rejected', value: unknown): void {
    // What a dead process still learns in its last turn is told to nobody.
    if (call.outcome === 'killed') return
    const { record, time } = this.#parts
    this.unsettled -= 1
    call.settledAtMs = time.now()
    call.outcome = outcome
    if (outcome === 'resolved') {
      call.valueMatches = isBodyOf(call, value)
    } else {
      const { code, name, reason } = Object(value) as {
        code?: unknown
        name?: unknown
        reason?: unknown
      }
      call.error = String(typeof code === 'string' ? code : name)
      call.reason = typeof reason === 'string' ? reason : undefined
    }
    record.line(
      call.settledAtMs,
      `c${call.id} ${outcome}${call.error === undefined ? '' : ` ${call.error}`}`,
    )
  }
}

/** A process that can die, and its limiter: under observation, and as it was made. */
interface Host {
  process: ClientProcess
  limiter: SubjectLimiter
  made: SubjectLimiter
}

/** What whoever opens a call says of it; the rest is not known yet. */
export type CallFacts = Pick<CallRecord, 'endpoint' | 'model'> &
  Partial<
    Pick<
      CallRecord,
      'work' | 'contents' | 'request' | 'priority' | 'deadlineAtMs' | 'signal' | 'size' | 'tokens'
    >
  >

/** Field by field: spreading objects costs more than all else that a call costs here. */
function newCall(facts: CallFacts, id: number, startedAtMs: number): CallRecord {
  return {
    id,
    endpoint: facts.endpoint,
    process: 0,
    work: facts.work,
    contents: facts.contents ?? [],
    request: facts.request,
    model: facts.model,
    priority: facts.priority ?? 0,
    startedAtMs,
    deadlineAtMs: facts.deadlineAtMs,
    abortedAtMs: undefined,
    settledAtMs: undefined,
    outcome: 'pending',
    error: undefined,
    reason: undefined,
    attempts: [],
    valueMatches: undefined,
    signal: facts.signal,
    size: facts.size,
    tokens: facts.tokens ?? 0,
  }
}

/** Of a call of a stream, which are all limited. */
function requestOf(call: CallRecord): MockRequest {
  return requestFor(limitedClass(call), call.model, call.size)
}

function limitedClass({ endpoint }: CallRecord): EndpointClass {
  if (endpoint === 'other') throw new Error('a stream has calls of limited classes only')
  return endpoint
}

/** The server writes its bodies with JSON.stringify, but for one that spaces them: what was parsed prints as what was sent. */
function isBodyOf(call: CallRecord, value: unknown): boolean {
  const good = call.attempts.filter(({ whole, status }) => whole && (status ?? 500) < 300)
  if (good.length === 0) return false
  try {
    const text = JSON.stringify(value)
    return good.some(({ body = '' }) => body === text || JSON.stringify(JSON.parse(body)) === text)
  } catch {
    // A cycle, a big integer: nothing that a body can hold; or a body that holds nothing.
    return false
  }
}

/** The reason with which the simulator aborts calls and long runs. */
export class SimulatedAbort extends Error {
  override readonly name = 'SimulatedAbort'
}

function newAttempt(call: CallRecord, sentAtMs: number): AttemptRecord {
  return {
    call,
    number: call.attempts.length + 1,
    sentAtMs,
    arrivedAtMs: undefined,
    counted: false,
    refusedBy: undefined,
    fault: undefined,
    tokensUsed: undefined,
    status: undefined,
    headersAtMs: undefined,
    failedAtMs: undefined,
    endedAtMs: undefined,
    whole: false,
    bodyDone: false,
    body: undefined,
    hints: {},
  }
}
