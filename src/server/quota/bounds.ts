/**
 * Which limits bound a request: those of its endpoint and model, each with the counter of whoever the limit is for.
 *
 * Counters are made when they are first needed and forgotten once they say nothing, so that memory is bounded by those
 * who were active within a window.
 */

import { createCounter } from './create-counter.ts'
import type { RateCounter } from './rate-counter.ts'
import type { Enforcement } from '../contract.ts'
import type { ServerEndpoint, ServerRateLimit } from '../profiles/server-profile.ts'

/** A limit and the counter that holds it. @internal */
export interface Bound {
  readonly limit: ServerRateLimit
  readonly counter: RateCounter
  /** Units at full quota: the limit's, or a replica's part of it. */
  readonly max: number
  /** Whose quota it is, for whoever looks at the state. */
  readonly key: string
  readonly model: string
  readonly replica: number
  /** The share of the limit that the counter holds now. */
  share: number
  /** Answers under way whose tokens will be counted here: until then the counter is not forgotten. */
  awaited: number
}

/** The bounds of one request, and their names. @internal */
export interface Bounds {
  readonly all: readonly [Bound, ...Bound[]]
  readonly ids: readonly string[]
}

/** Whose request it is. @internal */
export interface QuotaSubject {
  readonly key: string
  readonly endpoint: ServerEndpoint
  readonly model: string | undefined
}

const SWEEP_LENGTH_MIN = 1_024
/** Joins names; it cannot stand in a header or a JSON text, so that two names never run together. */
const GLUE = '\u0000'

/** All counters of a server. @internal */
export class BoundsTable {
  readonly #enforcement: Enforcement
  readonly #replicas: number
  readonly #limitsOf = new Map<ServerEndpoint, readonly ServerRateLimit[]>()
  readonly #isByModel: boolean
  readonly #bounds = new Map<string, Bound>()
  readonly #found = new Map<string, Bounds | undefined>()
  #sweepLength = SWEEP_LENGTH_MIN

  constructor(limits: readonly ServerRateLimit[], enforcement: Enforcement, replicas: number) {
    this.#enforcement = enforcement
    this.#replicas = replicas
    this.#isByModel = limits.some(
      (limit) => limit.perModel === true || limit.models !== undefined || limit.exceptModels,
    )
    for (const limit of limits) {
      for (const endpoint of limit.endpoints) {
        this.#limitsOf.set(endpoint, [...(this.#limitsOf.get(endpoint) ?? []), limit])
      }
    }
  }

  /** Counters that are remembered. */
  get size(): number {
    return this.#bounds.size
  }

  /** True where no limit can apply, whoever asks. */
  isUnlimited(endpoint: ServerEndpoint): boolean {
    return !this.#limitsOf.has(endpoint)
  }

  /** The bounds of a request at one replica. Undefined where no limit applies. */
  find(subject: QuotaSubject, replica: number, nowMs: number): Bounds | undefined {
    const { key, endpoint } = subject
    const model = this.#isByModel ? (subject.model ?? '') : ''
    const name = `${replica}${GLUE}${endpoint}${GLUE}${model}${GLUE}${key}`
    const known = this.#found.get(name)
    if (known !== undefined || this.#found.has(name)) return known
    this.#sweep(nowMs)
    const all = (this.#limitsOf.get(endpoint) ?? [])
      .filter((limit) => isFor(limit, model))
      .map((limit) => this.#boundOf(limit, { key, model, replica }))
    const [first, ...rest] = all
    const ids = all.map(({ limit }) => limit.id)
    const bounds: Bounds | undefined =
      first === undefined ? undefined : { all: [first, ...rest], ids }
    this.#found.set(name, bounds)
    return bounds
  }

  /** All counters. */
  list(): Iterable<Bound> {
    return this.#bounds.values()
  }

  clear(): void {
    this.#bounds.clear()
    this.#found.clear()
  }

  #boundOf(limit: ServerRateLimit, who: { key: string; model: string; replica: number }): Bound {
    const key = limit.scope === 'server' ? '' : who.key
    const model = limit.perModel === true ? who.model : ''
    const name = `${who.replica}${GLUE}${limit.id}${GLUE}${model}${GLUE}${key}`
    let bound = this.#bounds.get(name)
    if (bound === undefined) {
      const max = Math.ceil((limit.requestsMax ?? limit.tokensMax ?? 1) / this.#replicas)
      const counter = createCounter(limit, this.#enforcement, max)
      bound = { limit, counter, max, key, model, replica: who.replica, share: 1, awaited: 0 }
      this.#bounds.set(name, bound)
    }
    return bound
  }

  /** Forgets what is idle each time the number of names has doubled: constant time per name, amortised. */
  #sweep(nowMs: number): void {
    if (this.#found.size < this.#sweepLength) return
    for (const [name, { counter, awaited }] of this.#bounds) {
      if (awaited === 0 && counter.isIdle(nowMs)) this.#bounds.delete(name)
    }
    // Found bounds may hold counters that are forgotten now: they are put together anew when somebody asks.
    this.#found.clear()
    this.#sweepLength = Math.max(SWEEP_LENGTH_MIN, 2 * this.#bounds.size)
  }
}

function isFor({ models, exceptModels }: ServerRateLimit, model: string): boolean {
  if (models !== undefined && !models.includes(model)) return false
  return exceptModels === undefined || !exceptModels.includes(model)
}
