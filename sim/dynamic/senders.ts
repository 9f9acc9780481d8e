/** Who sends: the shipped limiter itself, or a controller in the simplest limiter there is, a pacer and a pause. */
import type { Clock } from '../../src/core/clock.ts'
import { dynamicProfile } from '../../src/core/profile.ts'
import type { RequestOutcome } from '../../src/limiter/adaptive-rate.ts'
import { GcraPacer, type PacerRate } from '../../src/limiter/gcra-pacer.ts'
import { TogetherRateLimiter } from '../../src/limiter/limiter.ts'
import type { Permit } from '../../src/limiter/permit.ts'
import { createController, type Controller, type ControllerName } from './controllers.ts'

export interface Ticket {
  grantedAtMs: number
  permit?: Permit
}

export interface Sender {
  /** Requests a second at present. */
  readonly perSecond: number
  /** A ticket, or how long to wait before asking again. */
  ask(nowMs: number): Ticket | number
  answered(nowMs: number, ticket: Ticket, outcome: RequestOutcome): void
  pause(nowMs: number, delayMs: number): void
}

export interface SenderOptions {
  basePerMinute: number
  /** The most that the client allows itself. */
  maxPerMinute: number
  model: string
}

export function createSender(name: ControllerName | 'limiter', options: SenderOptions): Sender {
  return name === 'limiter' ? new LimiterSender(options) : new PlainSender(name, options)
}

/** The limiter as it is shipped, asked by `tryAcquire` so that no promise has to run. */
class LimiterSender implements Sender {
  readonly #limiter: TogetherRateLimiter
  readonly #model: string
  #nowMs = 0

  constructor({ basePerMinute, maxPerMinute, model }: SenderOptions) {
    const now = (): number => this.#nowMs
    const clock: Clock = { now, wallNow: now, setTimer: () => () => undefined }
    const profile = dynamicProfile({ baseRequests: basePerMinute, requestsMax: maxPerMinute })
    this.#limiter = new TogetherRateLimiter({ profile, clock })
    this.#model = model
  }

  get perSecond(): number {
    const { rateLimits } = this.#limiter.snapshot({ model: this.#model })
    return (rateLimits[0]?.requestsNow ?? 0) / 60
  }

  ask(nowMs: number): Ticket | number {
    this.#nowMs = nowMs
    const attempt = this.#limiter.tryAcquire({ model: this.#model })
    if (!attempt.granted) return attempt.retryAfterMs
    return { grantedAtMs: nowMs, permit: attempt.permit }
  }

  answered(nowMs: number, { permit }: Ticket, outcome: RequestOutcome): void {
    this.#nowMs = nowMs
    permit?.report(outcome)
    permit?.release()
  }

  pause(nowMs: number, delayMs: number): void {
    this.#nowMs = nowMs
    this.#limiter.pause({ model: this.#model, delayMs })
  }
}

class PlainSender implements Sender {
  readonly #controller: Controller
  readonly #pacer: GcraPacer
  #pausedUntilMs = -Infinity

  constructor(name: ControllerName, { basePerMinute, maxPerMinute }: SenderOptions) {
    const bounds = { min: basePerMinute / 60, max: maxPerMinute / 60 }
    this.#controller = createController(name, bounds)
    this.#pacer = new GcraPacer('rate', this.#pace())
  }

  get perSecond(): number {
    return this.#controller.perSecond
  }

  ask(nowMs: number): Ticket | number {
    const atMs = Math.max(this.#pausedUntilMs, this.#pacer.allowAtMs(nowMs, 1))
    if (atMs > nowMs) return Math.max(1, atMs - nowMs)
    this.#pacer.take({ grantedAtMs: nowMs, cost: 1, isSettled: false })
    return { grantedAtMs: nowMs }
  }

  answered(nowMs: number, { grantedAtMs }: Ticket, outcome: RequestOutcome): void {
    const before = this.#controller.perSecond
    this.#controller.learn({ nowMs, grantedAtMs, outcome })
    if (this.#controller.perSecond !== before) this.#pacer.setRate(nowMs, this.#pace())
  }

  pause(nowMs: number, delayMs: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + delayMs)
    this.#pacer.empty(this.#pausedUntilMs)
  }

  #pace(): PacerRate {
    const emissionIntervalMs = 1_000 / this.#controller.perSecond
    return { emissionIntervalMs, burst: 1 + 20 / emissionIntervalMs, costMax: 1 }
  }
}
