/**
 * The mock Together server as a pure handler: `handle(request, nowMs) -> response`.
 *
 * No clock, no timer, no socket: the simulator drives it in virtual time, the fastify shell over HTTP. Its arithmetic
 * shares nothing with the limiter, so that each can be judged by the other. Equal options and equal sequences of
 * requests and instants give equal answers.
 */

import { createSeededRandom } from '../core/random.ts'
import { admit, type Gate } from './admission.ts'
import { createGate } from './create-gate.ts'
import { describeGate, type MockState } from './describe-state.ts'
import { createExchange, readBody, refuse, type Exchange } from './exchange.ts'
import { FaultPlan } from './faults/fault-plan.ts'
import {
  meetFault,
  quotaShareFor,
  readOwnFault,
  spoilAnswer,
  spoilHints,
  type FaultScene,
} from './faults/meet-fault.ts'
import { fillRecord } from './fill-record.ts'
import { Journal, JournalRecord } from './state/journal.ts'
import { Totals } from './state/totals.ts'
import { Latency } from './latency/latency.ts'
import { notFound, problemForStatus } from './operations/problems.ts'
import { Quirks } from './quirks/quirks.ts'
import { addRateHeaders } from './quota/rate-headers.ts'
import { parseServerProfile } from './profiles/check-profile.ts'
import type { ServerProfile } from './profiles/server-profile.ts'
import { findRoute } from './operations/routes.ts'
import { resolveSettings, type Settings } from './settings.ts'
import type {
  FaultRule,
  JournalEntry,
  MockRequest,
  MockResponse,
  MockTogetherOptions,
} from './contract.ts'
import type { Answer, Operation } from './operations/operation.ts'

export type {
  Delivery,
  Enforcement,
  FaultAction,
  FaultHint,
  FaultHintHeader,
  FaultMatch,
  FaultRule,
  HintNonsense,
  JournalEntry,
  MalformedForm,
  MockFile,
  MockForm,
  MockRequest,
  MockResponse,
  MockStream,
  MockTogetherOptions,
  RangeMs,
} from './contract.ts'
export type { MockJobCount, MockLimitUse, MockState } from './describe-state.ts'
export type { MockTotals } from './state/totals.ts'
export { quirkSites, type Quirk, type QuirkSite } from './quirks/quirk.ts'
export { parseFaultRules } from './faults/fault-rules.ts'
export type { FilePurpose } from './state/file-store.ts'
export { parseLatency } from './latency/check-latency.ts'
export type { LatencyFigures, LatencyLoad, LatencyModel } from './latency/latency-model.ts'
export { findLatencyPreset, latencyPresets } from './latency/presets.ts'
export {
  defaultModels,
  type MockModel,
  type MockModelType,
  type MockPricing,
} from './state/models.ts'
export { parseServerProfile } from './profiles/check-profile.ts'
export { documentedServerProfile } from './profiles/documented.ts'
export { findServerProfile, serverProfiles } from './profiles/index.ts'
export {
  serverEndpoints,
  type ServerConcurrencyLimit,
  type ServerDynamicRule,
  type ServerEndpoint,
  type ServerHeaderPlan,
  type ServerProfile,
  type ServerRateHeader,
  type ServerRateLimit,
  type TokenAccounting,
} from './profiles/server-profile.ts'
export { mockTogetherDefaults } from './settings.ts'

const JSON_TYPE = 'application/json; charset=utf-8'
const STREAM_TYPE = 'text/event-stream;charset=utf-8'

/**
 * A Together server without a network.
 *
 * Memory is bounded: by the journal's length, the jobs kept or unfinished, and the keys active within a window.
 *
 * @example
 * const mock = new MockTogether({ enforcement: { kind: 'sliding-log' } })
 * const headers = { authorization: 'Bearer key' }
 * mock.handle({ method: 'GET', path: '/v1/models', headers }, 0).status // => 200
 * @public
 */
export class MockTogether {
  /** Called with the journal's entry of each request, also where the journal is off. It must not throw. */
  onRequest: ((entry: JournalEntry) => void) | undefined = undefined
  /** Called with the record of each request, which is written over by a later one. It must not throw. @internal */
  onRecord: ((record: JournalRecord) => void) | undefined = undefined
  /** The record where the journal keeps none. */
  readonly #unkeptRecord = new JournalRecord()
  readonly #settings: Settings
  #gate: Gate
  readonly #faults: FaultPlan
  readonly #journal: Journal
  readonly #totals = new Totals()
  readonly #latency: Latency
  /** Undefined, which is the common case, where the server has none. */
  readonly #quirks: Quirks | undefined
  #requestCount = 0

  /** @throws {InvalidOptionError} Where an option cannot be used. */
  constructor(options: MockTogetherOptions = {}) {
    const settings = resolveSettings(options)
    const { seed } = settings
    this.#settings = settings
    this.#gate = createGate(settings)
    this.#faults = new FaultPlan(settings.faults, createSeededRandom(seed, 'faults'))
    this.#journal = new Journal(settings.journalLengthMax)
    this.#latency = new Latency(settings.latency, seed)
    const { quirks } = settings
    this.#quirks =
      quirks.length === 0 ? undefined : new Quirks(quirks, createSeededRandom(seed, 'quirks'))
  }

  /**
   * Answers one request.
   *
   * @param nowMs - Milliseconds on any scale; an instant before the latest seen counts as that one.
   * @returns The answer, and how to deliver it. It never throws, whatever the request holds, and the text of an answer
   *   has at most 24 million characters and 8 more for each character of the request. The bytes of a file are its own.
   */
  handle(request: MockRequest, nowMs: number): MockResponse {
    const exchange = createExchange(request, this.#gate.state.time.advance(nowMs))
    const plain = this.#answer(exchange)
    const answer = this.#quirks === undefined ? plain : this.#quirks.reword(plain, exchange)
    const response = this.#respond(exchange, answer)
    this.#record(exchange, answer.status)
    return response
  }

  /**
   * Answers a request that the transport has turned away, as it would one of its own: too large, of a type that cannot
   * be read, with a broken path. Nothing of it is checked or counted; it is journalled like any other.
   *
   * @param status - 400 to 499.
   * @param nowMs - As for `handle`.
   */
  turnAway(request: MockRequest, status: number, nowMs: number): MockResponse {
    const exchange = createExchange(request, this.#gate.state.time.advance(nowMs))
    const route = findRoute(request.method, withoutQuery(request.path))
    if (route.kind === 'found') exchange.endpoint = route.operation.endpoint
    const answer = refuse(exchange, problemForStatus(status))
    this.#record(exchange, answer.status)
    return this.#respond(exchange, answer)
  }

  /** The newest requests, the oldest first: a copy. */
  journal(): readonly JournalEntry[] {
    return this.#journal.read()
  }

  /** Empties the journal; totals and counts stay. */
  clearJournal(): void {
    this.#journal.clear()
  }

  /** Who has used up what, and what is under way: a copy without whole API keys. @param nowMs - As for `handle`. */
  state(nowMs: number): MockState {
    const atMs = this.#gate.state.time.advance(nowMs)
    const journalLength = this.#journal.length
    return { ...describeGate(this.#gate, atMs), journalLength, totals: this.#totals.read() }
  }

  /** Replaces the fault plan. @throws {InvalidOptionError} Naming the rule and the field. */
  setFaults(rules: readonly FaultRule[]): void {
    this.#faults.replace(rules)
  }

  /** The fault plan in force. */
  faults(): readonly FaultRule[] {
    return this.#faults.rules
  }

  /** What is enforced now. */
  get profile(): ServerProfile {
    return this.#gate.settings.profile
  }

  /** Enforces another profile from now on; all counts begin at zero, jobs and files stay. @throws {InvalidOptionError} */
  setProfile(profile: ServerProfile): void {
    parseServerProfile(profile)
    const { settings, state } = this.#gate
    this.#gate = createGate({ ...settings, profile }, state)
  }

  /** Forgets counts, jobs, files, totals and the journal; profile and fault plan are those of the beginning again. */
  reset(): void {
    const { time } = this.#gate.state
    this.#gate = createGate(this.#settings)
    // Time does not begin anew: the caller's instants go on.
    this.#gate = { ...this.#gate, state: { ...this.#gate.state, time } }
    this.#faults.replace(this.#settings.faults)
    this.#journal.clear()
    this.#totals.clear()
  }

  #answer(exchange: Exchange): Answer {
    const { method, path } = exchange.request
    const route = findRoute(method, withoutQuery(path))
    if (route.kind === 'unknown') {
      return refuse(exchange, notFound('there is nothing at this path', 'not_found'))
    }
    if (route.kind === 'wrong-method') {
      exchange.endpoint = route.endpoint
      const message = `this path takes ${route.allow}`
      const problem = { status: 405, message, type: 'invalid_request_error' }
      return refuse(exchange, problem, { allow: route.allow })
    }
    return this.#operate(exchange, route.operation, route.id)
  }

  #operate(exchange: Exchange, operation: Operation, id: string): Answer {
    readBody(exchange, operation)
    const scene = this.#scene()
    const early =
      (this.#settings.acceptsFaultHeader ? readOwnFault(exchange) : undefined) ??
      meetFault('before', exchange, scene)
    if (early !== undefined) return early
    const share = quotaShareFor(exchange, scene)
    const admitted = admit(exchange, operation, { gate: this.#gate, id, share })
    if ('answer' in admitted) {
      if (exchange.refusedBy !== undefined) meetFault('refused', exchange, scene)
      return admitted.answer
    }
    const late = meetFault('after', exchange, scene)
    if (late !== undefined) return late
    const odd = this.#quirks?.meet(exchange)
    if (odd !== undefined) return odd
    const { batchFate } = exchange
    const call = batchFate === undefined ? admitted.call : { ...admitted.call, batchFate }
    const result = operation.act(call, this.#gate.state)
    if ('message' in result) return refuse(exchange, result)
    const answer = spoilAnswer(result, exchange, scene)
    this.#settle(exchange, answer, operation)
    return answer
  }

  #scene(): FaultScene {
    const { quota, state } = this.#gate
    return { plan: this.#faults, quota, state }
  }

  /** Sets the answer's times, and tells the quota what it came to and when it ends. */
  #settle(exchange: Exchange, { usage, parts }: Answer, { endpoint }: Operation): void {
    const { atMs: nowMs, delayMs: heldMs, fate, verdict } = exchange
    const { endMs, delayMs, partDelayMs } = this.#latency.begin({
      atMs: nowMs,
      endpoint,
      heldMs,
      usage,
      partCount: parts?.length,
      partsSent: fate?.cutAfterParts,
    })
    exchange.delayMs = delayMs
    exchange.partDelayMs = partDelayMs
    if (usage !== undefined) exchange.tokens = usage.promptTokens + usage.completionTokens
    if (verdict === undefined) return
    this.#gate.quota.succeed(verdict, {
      nowMs,
      endMs,
      ...(usage === undefined ? undefined : { used: usage }),
    })
  }

  #record(exchange: Exchange, status: number): void {
    this.#totals.add(exchange, status)
    const isHeard = this.onRequest !== undefined || this.onRecord !== undefined
    const record = this.#journal.next() ?? (isHeard ? this.#unkeptRecord : undefined)
    if (record === undefined) return
    fillRecord(record, exchange, { status, profile: this.profile })
    this.onRecord?.(record)
    this.onRequest?.(record.toEntry())
  }

  #respond(exchange: Exchange, answer: Answer): MockResponse {
    const { status, body, headers: own, bytes, parts } = answer
    this.#requestCount += 1
    const { atMs, key, endpoint, delayMs, partDelayMs, fate } = exchange
    const headers: Record<string, string> = {
      'content-type': parts === undefined ? JSON_TYPE : STREAM_TYPE,
      date: this.#gate.state.time.httpDate(atMs),
      'x-request-id': `req-${this.#requestCount.toString(36)}`,
    }
    if (exchange.isAuthorised && endpoint !== undefined) {
      const { quota, state } = this.#gate
      const subject = { key, endpoint, model: exchange.modelId }
      const verdict = exchange.verdict ?? quota.peek(subject, atMs)
      if (verdict !== undefined) {
        addRateHeaders(headers, verdict, { plan: state.profile.headers, nowMs: atMs })
      }
    }
    if (own !== undefined) Object.assign(headers, own)
    spoilHints(headers, exchange, this.#scene())
    this.#quirks?.twist(headers, exchange, { status, time: this.#gate.state.time })
    const delivery = fate === undefined ? { delayMs } : { delayMs, ...fate }
    // No spread where most requests pass: it would be a good part of the time that they take.
    if (bytes !== undefined) return { status, headers, body, bytes, delivery }
    if (parts === undefined) return { status, headers, body, delivery }
    return { status, headers, body, stream: { parts, partDelayMs }, delivery }
  }
}

function withoutQuery(path: string): string {
  const end = path.indexOf('?')
  return end === -1 ? path : path.slice(0, end)
}
