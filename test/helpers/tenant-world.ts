/**
 * A limiter of ours that never runs out of work, and another tenant on the same key, against the mock's handler: an event
 * loop of its own, without promises, so that windows by the dozen take no time.
 */
import { BinaryHeap } from '../../src/core/binary-heap.ts'
import type { Clock } from '../../src/core/clock.ts'
import { createSeededRandom, type Random } from '../../src/core/random.ts'
import { TogetherRateLimiter, type LimiterOptions, type Permit } from '../../src/limiter/index.ts'
import { MockTogether, type MockTogetherOptions } from '../../src/server/handler.ts'

/** @internal */
export interface TenantWorldOptions {
  readonly seed: number
  readonly endMs: number
  readonly limiter?: LimiterOptions
  readonly mock?: MockTogetherOptions
  /** From when to when the other one sends, and how often. @defaultValue none */
  readonly tenant?: { readonly fromMs: number; readonly toMs: number; readonly everyMs: number }
  /** How long the server works on what it allows. */
  readonly serviceMs?: { readonly min: number; readonly max: number }
  /** What comes of an answer's headers on the way. */
  readonly rewrite?: (headers: Record<string, string>, random: Random) => Record<string, string>
}

/** @internal */
export interface TenantWorldResult {
  readonly answered: number
  readonly refused: number
  readonly tenantAnswered: number
  readonly answeredAtMs: readonly number[]
  /** The most slots that others were taken to have. */
  readonly othersMax: number
}

interface Event {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

const body = JSON.stringify({
  model: 'meta-llama/Llama-3.3-70B-Instruct-Turbo',
  messages: [{ role: 'user', content: 'Hi' }],
  max_tokens: 1,
})
const request = {
  method: 'POST',
  path: '/v1/chat/completions',
  headers: { authorization: 'Bearer key', 'content-type': 'application/json' },
  body,
}

/** Runs it to its end. @internal */
export function runTenantWorld(options: TenantWorldOptions): TenantWorldResult {
  return new TenantWorld(options).run()
}

class TenantWorld {
  readonly #options: TenantWorldOptions
  readonly #mock: MockTogether
  readonly #limiter: TogetherRateLimiter
  readonly #random: Random
  readonly #events = new BinaryHeap<Event>(
    (left, right) =>
      left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order),
  )
  readonly #answeredAtMs: number[] = []
  #refused = 0
  #tenantAnswered = 0
  #othersMax = 0
  #order = 0
  #nowMs = 0

  constructor(options: TenantWorldOptions) {
    this.#options = options
    const { seed } = options
    this.#mock = new MockTogether({ seed, journalLengthMax: 0, ...options.mock })
    const clock: Clock = {
      now: () => this.#nowMs,
      wallNow: () => this.#nowMs,
      setTimer: () => () => undefined,
    }
    this.#limiter = new TogetherRateLimiter({ ...options.limiter, clock })
    this.#random = createSeededRandom(seed, 'tenant-world')
  }

  run(): TenantWorldResult {
    this.#at(0, () => this.#send())
    const { tenant, endMs } = this.#options
    if (tenant !== undefined) this.#at(tenant.fromMs, () => this.#sendAsTenant(tenant))
    for (;;) {
      const event = this.#events.pop()
      if (event === undefined || event.atMs >= endMs) break
      this.#nowMs = event.atMs
      event.run()
    }
    return {
      answered: this.#answeredAtMs.length,
      refused: this.#refused,
      tenantAnswered: this.#tenantAnswered,
      answeredAtMs: this.#answeredAtMs,
      othersMax: this.#othersMax,
    }
  }

  #send(): void {
    for (;;) {
      const asked = this.#limiter.tryAcquire()
      if (!asked.granted) {
        this.#at(this.#nowMs + asked.retryAfterMs, () => this.#send())
        return
      }
      this.#at(this.#nowMs + this.#between(20, 120), () => this.#arrive(asked.permit))
    }
  }

  #arrive(permit: Permit): void {
    const { serviceMs = { min: 100, max: 800 } } = this.#options
    const { status, headers } = this.#mock.handle(request, this.#nowMs)
    const workMs = status === 200 ? this.#between(serviceMs.min, serviceMs.max) : 0
    const backAtMs = this.#nowMs + workMs + this.#between(20, 120)
    this.#at(backAtMs, () => this.#answer(permit, status, headers))
  }

  #answer(permit: Permit, status: number, headers: Record<string, string>): void {
    const shown = this.#options.rewrite?.(headers, this.#random) ?? headers
    permit.observe({ get: (name) => shown[name] ?? null })
    permit.settle()
    const [limit] = this.#limiter.snapshot().rateLimits
    this.#othersMax = Math.max(this.#othersMax, limit?.usedByOthers ?? 0)
    if (status === 200) this.#answeredAtMs.push(this.#nowMs)
    if (status !== 429) return
    this.#refused += 1
    const delayMs = Number(headers['retry-after'] ?? 1) * 1_000
    this.#limiter.pause({ delayMs: delayMs + this.#between(0, Math.min(1_000, delayMs / 10)) })
  }

  #sendAsTenant(tenant: NonNullable<TenantWorldOptions['tenant']>): void {
    const { status } = this.#mock.handle(request, this.#nowMs)
    if (status === 200) this.#tenantAnswered += 1
    const nextMs = this.#nowMs + tenant.everyMs * this.#between(0.5, 1.5)
    if (nextMs < tenant.toMs) this.#at(nextMs, () => this.#sendAsTenant(tenant))
  }

  #between(min: number, max: number): number {
    return min + this.#random.next() * (max - min)
  }

  #at(atMs: number, run: () => void): void {
    this.#order += 1
    this.#events.push({ atMs, order: this.#order, run })
  }
}
