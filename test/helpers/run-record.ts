/**
 * A run of the simulator made by hand: only what a test says happened has happened.
 *
 * Everything that is not said is the calmest there is: a scenario without faults, calls that resolve after 100 ms,
 * answers of 200 after 100 ms, permits that are granted at once and released.
 */
import type { Scenario } from '../../sim/scenario/types.ts'
import {
  RunRecord,
  type AcquireRecord,
  type Aftermath,
  type AttemptRecord,
  type CallRecord,
  type SubjectTraits,
} from '../../sim/world/record.ts'

/** 2026-01-01T00:00:00Z. */
export const epochMs = 1_767_225_600_000

const answerMs = 100

/** A scenario without faults, of one chat call, through the shipped module's own interface. */
export function makeScenario(changes: Partial<Scenario> = {}): Scenario {
  const way = { kind: 'fixed', ms: 50 } as const
  return {
    seed: 1,
    theme: 'quota',
    interface: 'full',
    profile: 'documented',
    maxPerMinute: 600,
    arrivalBoundMs: 5_000,
    maxRetries: 4,
    discardsPermits: false,
    settings: { pacing: 'even', attemptTimeoutMs: 30_000, serverDelayMsMax: 120_000 },
    enforcement: { kind: 'sliding-log' },
    countsRefused: false,
    driftPpm: 0,
    network: [{ fromMs: 0, out: way, service: way, back: way, body: way }],
    calls: [{ fromMs: 0, count: 1, overMs: 0, spacing: 'even', endpoint: 'chat' }],
    faults: [],
    tenants: [],
    wallJumps: [],
    jobDurationMs: { minMs: 5_000, maxMs: 20_000 },
    faultsEndMs: 0,
    ...changes,
  }
}

export class RunBuilder {
  readonly #scenario: Scenario
  readonly #traits: SubjectTraits
  readonly #calls: CallRecord[] = []
  readonly #attempts: AttemptRecord[] = []
  readonly #acquires: AcquireRecord[] = []
  #aftermath: Aftermath | undefined

  constructor(parts: { scenario?: Partial<Scenario>; traits?: Partial<SubjectTraits> } = {}) {
    this.#scenario = makeScenario(parts.scenario)
    this.#traits = { name: 'shipped', shippedLimiter: true, shippedRetry: true, ...parts.traits }
  }

  /** A call that begins; it resolves 100 ms later unless `changes` say otherwise. */
  call(startedAtMs = 0, changes: Partial<CallRecord> = {}): CallRecord {
    const call: CallRecord = {
      id: this.#calls.length,
      endpoint: 'chat',
      process: 0,
      work: undefined,
      contents: [],
      request: undefined,
      model: undefined,
      priority: 0,
      startedAtMs,
      deadlineAtMs: undefined,
      abortedAtMs: undefined,
      settledAtMs: startedAtMs + answerMs,
      outcome: 'resolved',
      error: undefined,
      reason: undefined,
      attempts: [],
      valueMatches: true,
      signal: undefined,
      size: undefined,
      tokens: 0,
      ...changes,
    }
    this.#calls.push(call)
    return call
  }

  /** A request and its answer: headers and the whole body 100 ms later unless `changes` say otherwise. */
  attempt(call: CallRecord, sentAtMs: number, changes: Partial<AttemptRecord> = {}): AttemptRecord {
    const answeredAtMs = 'headersAtMs' in changes ? changes.headersAtMs : sentAtMs + answerMs
    const attempt: AttemptRecord = {
      call,
      number: call.attempts.length + 1,
      sentAtMs,
      arrivedAtMs: sentAtMs + answerMs / 2,
      counted: true,
      refusedBy: undefined,
      fault: undefined,
      tokensUsed: undefined,
      status: 200,
      headersAtMs: answeredAtMs,
      failedAtMs: undefined,
      endedAtMs: answeredAtMs,
      whole: true,
      bodyDone: true,
      body: '{}',
      hints: {},
      ...changes,
    }
    call.attempts.push(attempt)
    this.#attempts.push(attempt)
    return attempt
  }

  /** A request that fails on the network: nothing of an answer comes. */
  lost(
    call: CallRecord,
    sentAtMs: number,
    failedAtMs: number = sentAtMs + answerMs,
  ): AttemptRecord {
    return this.attempt(call, sentAtMs, {
      status: undefined,
      headersAtMs: undefined,
      failedAtMs,
      endedAtMs: failedAtMs,
      whole: false,
    })
  }

  /** A call of the limiter, granted at once and released unless `changes` say otherwise. */
  acquire(calledAtMs: number, changes: Partial<AcquireRecord> = {}): AcquireRecord {
    const acquire: AcquireRecord = {
      id: this.#acquires.length,
      process: 0,
      call: undefined,
      lane: 'chat  0',
      endpoint: 'chat',
      calledAtMs,
      queuedAtMs: calledAtMs,
      grantedAtMs: calledAtMs,
      failedAtMs: undefined,
      hasArguments: false,
      hasRelease: true,
      released: true,
      ...changes,
    }
    this.#acquires.push(acquire)
    return acquire
  }

  /** What was measured at the end; nothing is left behind unless `changes` say otherwise. */
  aftermath(changes: Partial<Aftermath> = {}): this {
    this.#aftermath = {
      settled: true,
      timersLeft: 0,
      listenersLeft: 0,
      acquiresPending: 0,
      filesLeft: 0,
      unhandled: [],
      probeMs: 0,
      freshProbeMs: 0,
      probeLagMs: 0,
      probeHasRelease: true,
      counters: undefined,
      ...changes,
    }
    return this
  }

  /** The record, with everything in the order in which the simulator would have noted it. */
  build(): RunRecord {
    const record = new RunRecord(this.#scenario, this.#traits, { wallEpochMs: epochMs })
    record.calls.push(...this.#calls)
    record.attempts.push(...this.#attempts.toSorted((a, b) => a.sentAtMs - b.sentAtMs))
    record.acquires.push(...this.#acquires.toSorted((a, b) => a.calledAtMs - b.calledAtMs))
    const ended = this.#attempts.filter(({ endedAtMs }) => endedAtMs !== undefined)
    record.endings.push(...ended.toSorted((a, b) => (a.endedAtMs ?? 0) - (b.endedAtMs ?? 0)))
    record.aftermath = this.#aftermath
    return record
  }
}
