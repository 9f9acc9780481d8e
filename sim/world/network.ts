/**
 * Carries requests to the mock server's handler and answers back, in virtual time.
 *
 * The server's clock may drift and starts with the run's; a request is counted at the instant it arrives, and an answer
 * or a failure reaches the client only after that: a client that is told of a failure knows that nothing of the request
 * will be counted later.
 */
import type {
  JournalEntry,
  MockRequest,
  MockResponse,
  MockTogether,
} from '../../src/server/handler.ts'
import type { NetworkPhase, Scenario } from '../scenario/types.ts'
import type { ClientProcess } from './client-process.ts'
import { Draw } from './draw.ts'
import { networkError } from './light-response.ts'
import type { AttemptRecord, RunRecord } from './record.ts'
import { markPoison, Notary } from './served.ts'
import type { VirtualTime } from './time.ts'
import { DirectTransport } from './transports/direct.ts'
import type { Carried, Transport } from './transports/transport.ts'

/** A request that hangs is ended by the client's own fetch after this time. */
const hangMs = 60_000

export class Network {
  readonly #time: VirtualTime
  readonly #scenario: Scenario
  readonly #server: MockTogether
  readonly #transport: Transport
  readonly #record: RunRecord
  readonly #draw: Draw
  readonly #notary: Notary
  #lastEntry: JournalEntry | undefined
  #goodAnswers = 0

  constructor(parts: {
    time: VirtualTime
    scenario: Scenario
    server: MockTogether
    record: RunRecord
    /** @defaultValue the direct one */
    transport?: Transport
  }) {
    this.#time = parts.time
    this.#scenario = parts.scenario
    this.#server = parts.server
    this.#transport = parts.transport ?? new DirectTransport(parts.server)
    this.#record = parts.record
    this.#notary = new Notary(parts.record)
    this.#draw = new Draw(parts.scenario.seed, 'network')
    this.#server.onRequest = (entry) => {
      this.#lastEntry = entry
    }
  }

  /** The server's monotonic time now. */
  serverNowMs(): number {
    const nowMs = this.#time.now()
    return nowMs + (nowMs * this.#scenario.driftPpm) / 1e6
  }

  /** The server's answer to a request that takes no time and that nobody judges: another tenant's, or a poll. */
  ask(request: MockRequest): MockResponse {
    return this.#server.handle(request, this.serverNowMs())
  }

  /**
   * Sends a request of the subject's.
   *
   * @param by - The process that it is of, where that may die: the request goes on its way all the same, and nobody is
   *   told of the answer.
   * @returns The response when its headers are here.
   * @throws {TypeError} With a `cause.code` when the network failed; the signal's reason when it was aborted.
   */
  send(
    request: MockRequest,
    attempt: AttemptRecord,
    { signal, by }: { signal: AbortSignal | undefined; by?: ClientProcess | undefined },
  ): Promise<Response> {
    const phase = this.#phase()
    const outMs = this.#draw.latency(phase.out)
    return new Promise<Response>((resolve, reject) => {
      const exchange = new Exchange(attempt, this.#record, this.#time, { resolve, reject })
      exchange.watch(signal)
      by?.onDeath(() => exchange.orphan())
      // What is on its way does not wait for a process that is busy.
      this.#time.setWorldTimer(() => this.#arrive(request, exchange, phase), outMs)
    })
  }

  #arrive(request: MockRequest, exchange: Exchange, phase: NetworkPhase): void {
    this.#lastEntry = undefined
    const sent = exchange.attempt.call.work === undefined ? request : markPoison(request)
    this.#transport.carry(sent, this.serverNowMs(), (carried) => {
      this.#answer(request, exchange, { phase, carried })
    })
  }

  /** In the instant in which the request arrived. */
  #answer(
    request: MockRequest,
    exchange: Exchange,
    { phase, carried }: { phase: NetworkPhase; carried: Carried },
  ): void {
    const { work } = exchange.attempt.call
    const { answer } = carried
    if (work !== undefined) this.#notary.note(work, request, answer)
    this.#falsify(answer)
    exchange.arrived(this.#lastEntry, answer)
    const { delayMs, drop, hang } = answer.delivery
    const backMs = this.#draw.latency(phase.back)
    const serviceMs = answer.status < 300 ? this.#draw.latency(phase.service) : 1
    const headersInMs = serviceMs + delayMs + backMs
    const untilHangMs = exchange.attempt.sentAtMs + hangMs - this.#time.now()
    if (drop !== undefined) {
      const code = drop === 'before' ? 'ECONNRESET' : 'UND_ERR_SOCKET'
      this.#time.setArrival(() => exchange.fail(code), backMs)
    } else if (hang === true || headersInMs >= untilHangMs) {
      this.#time.setArrival(() => exchange.fail('UND_ERR_HEADERS_TIMEOUT'), untilHangMs)
    } else {
      const bodyMs = this.#draw.latency(phase.body)
      this.#time.setArrival(() => exchange.headers(carried, bodyMs), headersInMs)
    }
  }

  /** Puts into a good answer what the scenario has told of the limits in place of the truth. */
  #falsify({ status, headers }: MockResponse): void {
    if (status >= 300) return
    this.#goodAnswers += 1
    for (const { toMs, every = 1, headers: told } of this.#scenario.lies ?? []) {
      if (this.#time.now() >= toMs || this.#goodAnswers % every !== 0) continue
      Object.assign(headers, told)
    }
  }

  #phase(): NetworkPhase {
    const nowMs = this.#time.now()
    const phase = this.#scenario.network.findLast((candidate) => candidate.fromMs <= nowMs)
    if (phase === undefined) throw new Error('the scenario has no network at time 0')
    return phase
  }
}

/** One request and its answer, as its client sees them. */
class Exchange {
  readonly attempt: AttemptRecord
  readonly #record: RunRecord
  readonly #time: VirtualTime
  readonly #outcome: { resolve: (response: Response) => void; reject: (reason: unknown) => void }
  #watched: AbortSignal | undefined
  #aborted = false
  #isOrphaned = false

  constructor(
    attempt: AttemptRecord,
    record: RunRecord,
    time: VirtualTime,
    outcome: { resolve: (response: Response) => void; reject: (reason: unknown) => void },
  ) {
    this.attempt = attempt
    this.#record = record
    this.#time = time
    this.#outcome = outcome
  }

  /** Ends the request for the client, not on its way to the server, when the signal is aborted. */
  watch(signal: AbortSignal | undefined): void {
    if (signal === undefined) return
    this.#watched = signal
    if (signal.aborted) this.handleEvent()
    else signal.addEventListener('abort', this, { once: true })
  }

  /** The watched signal is aborted: the exchange itself listens, which takes no function of its own. */
  handleEvent(): void {
    this.#aborted = true
    this.attempt.bodyDone = true
    if (this.attempt.endedAtMs === undefined) this.#end('aborted')
    this.#outcome.reject(this.#watched?.reason)
  }

  #stopWatching(): void {
    this.#watched?.removeEventListener('abort', this)
  }

  /** The answer's body has been dealt with. */
  onDone(): void {
    this.attempt.bodyDone = true
  }

  /** Nobody is there any more who could be told of anything. */
  orphan(): void {
    this.#stopWatching()
    this.#aborted = true
    this.#isOrphaned = true
    this.attempt.bodyDone = true
    if (this.attempt.endedAtMs === undefined) this.#end('orphaned')
  }

  arrived(entry: JournalEntry | undefined, answer: MockResponse): void {
    const { attempt } = this
    attempt.arrivedAtMs = this.#time.now()
    attempt.counted = entry?.counted ?? false
    attempt.refusedBy = entry?.refusedBy
    attempt.fault = entry?.fault
    attempt.tokensUsed = entry?.tokens
    this.#line(`arrives ${answer.delivery.drop === 'before' ? 'never' : answer.status}`)
  }

  fail(code: string): void {
    this.#stopWatching()
    if (this.#aborted) return
    this.attempt.failedAtMs = this.#time.now()
    this.attempt.bodyDone = true
    this.#end(`fails ${code}`)
    this.#outcome.reject(networkError('fetch failed', `simulated ${code}`, code))
  }

  headers(carried: Carried, bodyMs: number): void {
    if (this.#aborted) {
      this.#stopWatching()
      return
    }
    const { attempt } = this
    const { answer } = carried
    const whole = answer.delivery.truncate !== true
    attempt.headersAtMs = this.#time.now()
    attempt.status = answer.status
    attempt.hints = answer.headers
    attempt.body = answer.body
    this.#line(`answered ${answer.status}`)
    const arrived = this.#awaitBody(bodyMs, whole)
    this.#outcome.resolve(carried.respond({ arrived, events: this }))
  }

  #awaitBody(bodyMs: number, whole: boolean): Promise<void> | undefined {
    if (bodyMs === 0) {
      this.#completeBody(whole)
      return this.#isOrphaned ? new Promise(() => {}) : undefined
    }
    return new Promise((resolve) => {
      this.#time.setArrival(() => {
        this.#completeBody(whole)
        if (!this.#isOrphaned) resolve()
      }, bodyMs)
    })
  }

  #completeBody(whole: boolean): void {
    this.#stopWatching()
    if (this.#aborted) return
    this.attempt.whole = whole
    this.#end(whole ? 'complete' : 'cut')
  }

  #end(how: string): void {
    this.attempt.endedAtMs = this.#time.now()
    this.#record.endings.push(this.attempt)
    this.#line(how)
  }

  #line(text: string): void {
    this.#record.line(this.#time.now(), `c${this.attempt.call.id}/${this.attempt.number} ${text}`)
  }
}
