/**
 * What any controller of a rate has to keep, as claims about the face that the experiments in `sim/dynamic` give it: so
 * that the shipped one can be seen to keep them, and broken ones to break them.
 */
import { expect } from 'vitest'
import { createSeededRandom } from '../../src/core/random.ts'
import type { RequestOutcome } from '../../src/limiter/adaptive-rate.ts'
import type { Controller, PerSecondBounds } from '../../sim/dynamic/controllers.ts'

/** @internal */
export type CreateController = (bounds: PerSecondBounds) => Controller

/** The claims, by their names. @internal */
export const controllerClaims: Record<string, (create: CreateController) => void> = {
  'a refusal lowers the rate': (create) => {
    const client = new Client(create({ min: 1, max: 100 }))
    client.succeedUntil(30)
    const before = client.rate
    client.answer('limited')
    expect(client.rate).toBeLessThan(before)
  },

  'a burst of refusals lowers it once': (create) => {
    const client = new Client(create({ min: 1, max: 100 }))
    client.succeedUntil(30)
    client.refuseBurst(1)
    const afterOne = client.rate
    const other = new Client(create({ min: 1, max: 100 }))
    other.succeedUntil(30)
    other.refuseBurst(20)
    expect(other.rate).toBe(afterOne)
  },

  'neither a lack of capacity nor a failure changes it': (create) => {
    const client = new Client(create({ min: 1, max: 100 }))
    client.succeedUntil(30)
    const before = client.rate
    for (let count = 0; count < 50; count += 1) {
      client.answer('overloaded')
      client.answer('failed')
    }
    expect(client.rate).toBe(before)
  },

  'it stays within its bounds, whatever comes': (create) => {
    const random = createSeededRandom(20_261_124, 'outcomes')
    const client = new Client(create({ min: 2, max: 50 }))
    for (let count = 0; count < 20_000; count += 1) {
      client.answer(random.next() < 0.002 ? 'limited' : 'succeeded')
      expect(client.rate).toBeGreaterThanOrEqual(2)
      expect(client.rate).toBeLessThanOrEqual(50)
    }
  },

  'it rises to a limit that nobody told': (create) => {
    const client = new Client(create({ min: 1, max: 100 }))
    client.succeedUntil(50)
    expect(client.nowMs).toBeLessThan(600_000)
  },

  'it remembers: back soon, and no further at once': (create) => {
    const client = new Client(create({ min: 1, max: 100 }))
    client.succeedUntil(50)
    const refused = client.rate
    client.refuseBurst(5)
    client.succeedFor(3_000)
    expect(client.rate).toBeGreaterThan(refused * 0.985)
    client.succeedFor(8_000)
    expect(client.rate).toBeLessThan(refused * 1.015)
  },
}

/** A client whose answers come at once, a second after a refusal. */
class Client {
  nowMs = 0
  readonly #controller: Controller

  constructor(controller: Controller) {
    this.#controller = controller
  }

  get rate(): number {
    return this.#controller.perSecond
  }

  /** Sends one request at the rate and hears of it. */
  answer(outcome: RequestOutcome): void {
    this.nowMs += 1_000 / this.rate
    this.#controller.learn({ nowMs: this.nowMs, grantedAtMs: this.nowMs, outcome })
  }

  succeedUntil(perSecond: number): void {
    const endMs = this.nowMs + 3_600_000
    while (this.rate < perSecond && this.nowMs < endMs) this.answer('succeeded')
    expect(this.rate).toBeGreaterThanOrEqual(perSecond)
  }

  succeedFor(ms: number): void {
    const endMs = this.nowMs + ms
    while (this.nowMs < endMs) this.answer('succeeded')
  }

  /** All of them were on their way before the first answer. */
  refuseBurst(count: number): void {
    const grantedAtMs = this.nowMs + 1
    this.nowMs += 200
    for (let refusal = 0; refusal < count; refusal += 1) {
      this.#controller.learn({ nowMs: this.nowMs, grantedAtMs, outcome: 'limited' })
    }
    this.nowMs += 1_000
  }
}
