/**
 * Controllers to compare with the shipped one, all behind one face. The first are from the literature, the last are
 * broken on purpose: the measurement has to find each of them out.
 */
import {
  adaptRate,
  startAdaptiveRate,
  type AdaptiveBounds,
  type AdaptiveRate,
} from '../../src/limiter/adaptive-rate.ts'
import type { RequestOutcome } from '../../src/limiter/adaptive-rate.ts'

export interface Answered {
  nowMs: number
  grantedAtMs: number
  outcome: RequestOutcome
}

export interface Controller {
  /** Requests a second at present. */
  readonly perSecond: number
  learn(answered: Answered): void
}

export interface PerSecondBounds {
  min: number
  max: number
}

/** The shipped curve, on its own: without the limiter around it. */
class Shipped implements Controller {
  readonly #bounds: AdaptiveBounds
  #rate: AdaptiveRate

  constructor({ min, max }: PerSecondBounds) {
    this.#bounds = { requestsMin: min, requestsMax: max, windowMs: 1_000 }
    this.#rate = startAdaptiveRate(min, this.#bounds)
  }

  get perSecond(): number {
    return this.#rate.requests
  }

  learn({ nowMs, grantedAtMs, outcome }: Answered): void {
    const event = { grantedAtMs, outcome, cost: 1 }
    this.#rate = adaptRate(this.#rate, nowMs, { event, bounds: this.#bounds })
  }
}

/** What the others have in common: a fall once a round trip, and bounds. */
abstract class Simple implements Controller {
  readonly bounds: PerSecondBounds
  perSecond: number
  fellAtMs = -Infinity

  constructor(bounds: PerSecondBounds) {
    this.bounds = bounds
    this.perSecond = bounds.min
  }

  learn({ nowMs, grantedAtMs, outcome }: Answered): void {
    if (!this.isNews(grantedAtMs)) return
    if (this.isFall(outcome)) {
      this.fellAtMs = nowMs
      this.fall()
    } else if (outcome === 'succeeded') this.rise()
    this.perSecond = this.clamp(this.perSecond)
  }

  isNews(grantedAtMs: number): boolean {
    return grantedAtMs > this.fellAtMs
  }

  isFall(outcome: RequestOutcome): boolean {
    return outcome === 'limited'
  }

  clamp(perSecond: number): number {
    return Math.min(this.bounds.max, Math.max(this.bounds.min, perSecond))
  }

  abstract fall(): void
  abstract rise(): void
}

/** Never more than the base. */
class Constant extends Simple {
  fall(): void {}
  rise(): void {}
}

/** Chiu and Jain 1989, the increase in relative terms as in the issue: x 0.9 on a 429, x 1.0006 on a success. */
class Aimd extends Simple {
  fall(): void {
    this.perSecond *= 0.9
  }

  rise(): void {
    this.perSecond *= 1.0006
  }
}

/** The same, growing by the same share in each second, however many successes that second has. */
class TimedAimd extends Simple {
  fall(): void {
    this.perSecond *= 0.96
  }

  rise(): void {
    this.perSecond += 0.003
  }
}

/** The same with a memory: quickly back to 98 % of the rate refused last, slowly beyond. */
class AimdWithMemory extends Simple {
  #goodPerSecond = 0

  fall(): void {
    this.#goodPerSecond = this.perSecond
    this.perSecond *= 0.96
  }

  rise(): void {
    const isBelow = this.perSecond < 0.98 * this.#goodPerSecond
    this.perSecond += isBelow ? 0.01 : 0.001
  }
}

/** Broken: a refusal raises the rate. */
class RisesOnRefusal extends Aimd {
  override fall(): void {
    this.perSecond *= 1.05
  }
}

/** Broken: every refused request of a burst lowers the rate. */
class FallsPerCall extends Shipped {
  override learn(answered: Answered): void {
    const isRefusal = answered.outcome === 'limited'
    super.learn(isRefusal ? { ...answered, grantedAtMs: answered.nowMs + 1 } : answered)
  }
}

/** Broken: takes a lack of capacity for a limit. */
class FallsOnOverload extends Shipped {
  override learn(answered: Answered): void {
    const isOverload = answered.outcome === 'overloaded'
    super.learn(isOverload ? { ...answered, outcome: 'limited' } : answered)
  }
}

/** Broken: goes above what its user allows. */
class Unbounded extends Shipped {
  constructor({ min, max }: PerSecondBounds) {
    super({ min, max: max * 10 })
  }
}

const controllers: Record<ControllerName, new (bounds: PerSecondBounds) => Controller> = {
  shipped: Shipped,
  constant: Constant,
  aimd: Aimd,
  'timed-aimd': TimedAimd,
  'aimd-with-memory': AimdWithMemory,
  'rises-on-refusal': RisesOnRefusal,
  'falls-per-call': FallsPerCall,
  'falls-on-overload': FallsOnOverload,
  unbounded: Unbounded,
}

export type ControllerName =
  | 'shipped'
  | 'constant'
  | 'aimd'
  | 'timed-aimd'
  | 'aimd-with-memory'
  | 'rises-on-refusal'
  | 'falls-per-call'
  | 'falls-on-overload'
  | 'unbounded'

export const controllerNames = Object.keys(controllers) as ControllerName[]

export function createController(name: ControllerName, bounds: PerSecondBounds): Controller {
  return new controllers[name](bounds)
}
