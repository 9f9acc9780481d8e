/**
 * Hours of a client that never runs out of work, against the mock's handler, in an event loop of its own: one heap of
 * instants, no timers and no promises, so that a million requests take seconds.
 */
import { BinaryHeap } from '../../src/core/binary-heap.ts'
import { readServerDelayMs } from '../../src/core/headers/server-delay.ts'
import { createSeededRandom, type Random } from '../../src/core/random.ts'
import type { RequestOutcome } from '../../src/limiter/adaptive-rate.ts'
import { pauseDelayMs } from '../../src/retry/decide.ts'
import { retryDefaults } from '../../src/retry/settings.ts'
import { MockTogether, type MockRequest, type ServerProfile } from '../../src/server/handler.ts'
import type { Latency } from '../scenario/types.ts'
import { Draw } from '../world/draw.ts'
import { capacityFaults, type Dip } from './dips.ts'
import { LightHeaders } from '../world/light-response.ts'
import type { Sender, Ticket } from './senders.ts'

export interface WorldOptions {
  seed: number
  profile: ServerProfile
  model: string
  endMs: number
  /** The server's 429 names no wait. */
  isSilent: boolean
  network: { out: Latency; service: Latency; back: Latency }
  dips: readonly Dip[]
  sender: Sender
  /** Called for each answer of the server to the client, when the server gives it. */
  onAnswer: (atMs: number, status: number) => void
}

/** What happens at an instant. */
interface Event {
  atMs: number
  order: number
  run(): void
}

export class World {
  readonly #options: WorldOptions
  readonly #mock: MockTogether
  readonly #network: Draw
  readonly #jitter: Random
  readonly #events = new BinaryHeap<Event>(
    (left, right) =>
      left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order),
  )
  #order = 0
  #nowMs = 0

  constructor(options: WorldOptions) {
    this.#options = options
    const { seed, profile, dips, model, isSilent } = options
    const faults = capacityFaults(dips, model)
    if (isSilent) faults.push({ do: { kind: 'hints', say: 'none' } })
    this.#mock = new MockTogether({ seed, profile, faults, journalLengthMax: 0 })
    this.#network = new Draw(seed, 'dynamic/network')
    this.#jitter = createSeededRandom(seed, 'dynamic/jitter')
  }

  run(): void {
    this.#at(0, () => this.#send())
    for (const dip of this.#options.dips) this.#crowd(dip, dip.fromMs, 0)
    for (;;) {
      const event = this.#events.pop()
      if (event === undefined || event.atMs >= this.#options.endMs) return
      this.#nowMs = event.atMs
      event.run()
    }
  }

  /** Sends all that may be sent now, and comes back when there is more. */
  #send(): void {
    const { sender, network } = this.#options
    for (;;) {
      const ticket = sender.ask(this.#nowMs)
      if (typeof ticket === 'number') {
        this.#at(this.#nowMs + ticket, () => this.#send())
        return
      }
      const arrivesAtMs = this.#nowMs + this.#network.latency(network.out)
      this.#at(arrivesAtMs, () => this.#arrive(ticket))
    }
  }

  #arrive(ticket: Ticket): void {
    const { model, network, onAnswer } = this.#options
    const { status, headers } = this.#mock.handle(requestOf('own', model), this.#nowMs)
    onAnswer(this.#nowMs, status)
    const serviceMs = status === 200 ? this.#network.latency(network.service) : 0
    const backAtMs = this.#nowMs + serviceMs + this.#network.latency(network.back)
    this.#at(backAtMs, () => this.#answer(ticket, status, headers))
  }

  /** As `togetherRetry` does: the permit learns first, then everybody is paused. */
  #answer(ticket: Ticket, status: number, headers: Record<string, string>): void {
    const { sender } = this.#options
    sender.answered(this.#nowMs, ticket, outcomeOf(status))
    if (status !== 429) return
    const hintMs = readServerDelayMs(new LightHeaders(headers), this.#nowMs)
    const unit = this.#jitter.next()
    sender.pause(this.#nowMs, pauseDelayMs(hintMs, { attempt: 1, unit, settings }))
  }

  /** Other tenants of the server, each with a key and a base rate of its own. */
  #crowd(dip: Dip, atMs: number, tenant: number): void {
    if (dip.tenants === 0 || atMs >= dip.toMs) return
    this.#at(atMs, () => {
      this.#mock.handle(requestOf(`tenant-${tenant}`, this.#options.model), atMs)
      this.#crowd(dip, atMs + 1_000 / dip.tenants, (tenant + 1) % dip.tenants)
    })
  }

  #at(atMs: number, run: () => void): void {
    this.#order += 1
    this.#events.push({ atMs, order: this.#order, run })
  }
}

const settings = { ...retryDefaults, attemptsMax: 5 }

function outcomeOf(status: number): RequestOutcome {
  if (status === 429) return 'limited'
  return status === 200 ? 'succeeded' : 'overloaded'
}

const requests = new Map<string, MockRequest>()

function requestOf(key: string, model: string): MockRequest {
  const known = requests.get(key)
  if (known !== undefined) return known
  const messages = [{ role: 'user', content: 'Hi' }]
  const body = JSON.stringify({ model, messages, max_tokens: 1 })
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const request = { method: 'POST', path: '/v1/chat/completions', headers, body }
  requests.set(key, request)
  return request
}
