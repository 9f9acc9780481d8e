/**
 * From a profile to lanes: which constraints a call of some endpoint class and model has to pass.
 *
 * Lanes, and quotas that each model has for itself, are made when they are first needed, and swept out once they hold
 * nothing, so that a caller who names ever new models does not fill the memory.
 */
import type { EndpointClass, Profile, RateLimit } from '../core/profile.ts'
import { Places } from './concurrency.ts'
import { Lane } from './lane.ts'
import { RateQuota, type RateQuotaOptions, slotsMaxOf } from './rate-quota.ts'
import type { Waiting } from './wait-queue.ts'

/** @internal */
export interface QuotaBookOptions extends RateQuotaOptions {
  readonly profile: Profile
  /** Lanes above this number are swept out when idle. */
  readonly laneCountMax: number
  readonly isPaused: (pauseKey: string) => boolean
}

/** @internal */
export class QuotaBook<T extends Waiting> {
  readonly places: readonly Places[]
  readonly #options: QuotaBookOptions
  /** By limit id; of limits that each model has for itself only what holds something, by model. */
  readonly #quotas = new Map<string, Map<string | undefined, RateQuota>>()
  readonly #slotsMax = new Map<string, number>()
  readonly #lanes = new Map<EndpointClass, Map<string | undefined, Lane<T>>>()
  #laneCount = 0
  #sweepAt: number

  constructor(options: QuotaBookOptions) {
    this.#options = options
    this.#sweepAt = options.laneCountMax
    this.places = options.profile.concurrencyLimits.map((limit) => new Places(limit))
    for (const limit of options.profile.rateLimits) {
      this.#quotas.set(limit.id, new Map())
      if (limit.scope !== 'model') this.#quotaOf(limit, undefined)
    }
  }

  /** The lane of an endpoint class and model; the same object while anything depends on it. */
  laneFor(endpoint: EndpointClass, model: string | undefined, nowMs: number): Lane<T> {
    const lane = this.#lanes.get(endpoint)?.get(model)
    return lane ?? this.#addLane(endpoint, model, nowMs)
  }

  *lanes(): Generator<Lane<T>> {
    for (const lanes of this.#lanes.values()) yield* lanes.values()
  }

  *quotas(): Generator<RateQuota> {
    for (const quotas of this.#quotas.values()) yield* quotas.values()
  }

  /** Changes a limit, for all models that have it for themselves, known and to come. Returns false for an unknown id. */
  setSlotsMax(nowMs: number, id: string, slotsMax: number): boolean {
    const quotas = this.#quotas.get(id)
    if (quotas === undefined) return false
    this.#slotsMax.set(id, slotsMax)
    for (const quota of quotas.values()) quota.setSlotsMax(nowMs, slotsMax)
    return true
  }

  #addLane(endpoint: EndpointClass, model: string | undefined, nowMs: number): Lane<T> {
    if (this.#laneCount >= this.#sweepAt) this.#sweep(nowMs)
    const quotas = this.#options.profile.rateLimits
      .filter((limit) => appliesTo(limit, endpoint, model))
      .map((limit) => this.#quotaOf(limit, limit.scope === 'model' ? model : undefined))
    const { concurrencyLimits } = this.#options.profile
    const requestQuotas = quotas.filter((quota) => quota.unit === 'requests')
    const lane = new Lane<T>(
      { endpoint, model },
      {
        windows: requestQuotas.flatMap((quota) => quota.window ?? []),
        pacers: requestQuotas.map((quota) => quota.pacer),
        ledgers: quotas.flatMap((quota) => quota.ledger ?? []),
        places: this.places.filter((_, at) => concurrencyLimits[at]?.endpoints.includes(endpoint)),
        quotas,
        adaptiveQuotas: quotas.filter(({ limit }) => limit.adaptive !== undefined),
      },
    )
    const lanes = this.#lanes.get(endpoint) ?? new Map<string | undefined, Lane<T>>()
    this.#lanes.set(endpoint, lanes.set(model, lane))
    this.#laneCount += 1
    return lane
  }

  #quotaOf(limit: RateLimit, model: string | undefined): RateQuota {
    const quotas = this.#quotas.get(limit.id)!
    let quota = quotas.get(model)
    if (quota === undefined) {
      const slotsMax = this.#slotsMax.get(limit.id) ?? slotsMaxOf(limit)
      quota = new RateQuota({ limit, model, slotsMax }, this.#options)
      quotas.set(model, quota)
    }
    return quota
  }

  /** The next sweep comes when as many lanes again were added, so sweeping costs O(1) a lane. */
  #sweep(nowMs: number): void {
    const modelsKept = new Set<string | undefined>([undefined])
    for (const lanes of this.#lanes.values()) {
      for (const [model, lane] of lanes) {
        if (lane.queue.length > 0 || this.#options.isPaused(lane.pauseKey)) modelsKept.add(model)
        else lanes.delete(model)
      }
    }
    for (const quotas of this.#quotas.values()) {
      for (const [model, quota] of quotas) {
        // A lane that stays must share its quota with lanes of the same model that are made later.
        if (!modelsKept.has(model) && quota.isIdleAt(nowMs)) quotas.delete(model)
      }
    }
    this.#laneCount = [...this.lanes()].length
    this.#sweepAt = Math.max(this.#options.laneCountMax, this.#laneCount * 2)
  }
}

function appliesTo(limit: RateLimit, endpoint: EndpointClass, model: string | undefined): boolean {
  if (!limit.endpoints.includes(endpoint)) return false
  return limit.models === undefined || (model !== undefined && limit.models.includes(model))
}
