/**
 * What a limiter may do, written down a second time: a log of grants, scanned from end to end for every question.
 *
 * It shares no code and no data structure with the limiter. It does not decide; it judges what it is told, and says which
 * waiting call the limiter owes a grant.
 */
import type { Profile, RateLimit } from '../../src/core/profile.ts'

/** A call that waits. @internal */
export interface ModelCall {
  readonly id: number
  readonly endpoint: string
  readonly model: string | undefined
  readonly cost: number
  readonly tokens: number
  readonly rank: number
}

interface LoggedGrant {
  readonly call: ModelCall
  readonly atMs: number
  settledAtMs: number
  /** When the answer's tokens were told, and how many. */
  toldAtMs: number
  usedTokens: number
  isAbandoned: boolean
  isReleased: boolean
}

/** @internal */
export interface ModelOptions {
  readonly profile: Profile
  readonly arrivalBoundMs: number
  readonly answerBoundMs: number
  readonly burstOf: (limit: RateLimit, slotsMax: number) => number
}

const EPSILON = 1e-6

/** A bucket that fills by requests and leaks at the rate: the pacer's rule in its other form. @internal */
export class LeakyBucket {
  level = 0
  atMs = 0
  /** Refunds leave so much in it, which leaks like the rest. */
  floor = 0
  intervalMs: number
  size: number

  constructor(intervalMs: number, size: number) {
    this.intervalMs = intervalMs
    this.size = size
  }

  leak(nowMs: number): void {
    this.level = Math.max(0, this.level - (nowMs - this.atMs) / this.intervalMs)
    this.floor = Math.max(0, this.floor - (nowMs - this.atMs) / this.intervalMs)
    this.atMs = nowMs
  }

  /** Positive: fits with so much to spare. Negative: so much is missing. */
  spare(nowMs: number, cost: number): number {
    this.leak(nowMs)
    return Math.max(0, this.size - cost) - this.level
  }

  fill(nowMs: number, cost: number): void {
    this.leak(nowMs)
    this.level += cost
  }

  drain(nowMs: number, cost: number): void {
    this.leak(nowMs)
    this.level = Math.max(Math.min(this.level, this.floor), this.level - cost)
  }
}

/** @internal */
export class LimiterModel {
  readonly waiting: ModelCall[] = []
  readonly log: LoggedGrant[] = []
  readonly #options: ModelOptions
  readonly #slotsMax = new Map<string, number>()
  readonly #buckets = new Map<
    string,
    { limit: RateLimit; bucket: LeakyBucket; keys: Set<string> }
  >()
  readonly #pauses = new Map<string, number>()

  constructor(options: ModelOptions) {
    this.#options = options
    for (const limit of options.profile.rateLimits) {
      this.#slotsMax.set(limit.id, limit.requestsMax ?? limit.tokensMax ?? Number.NaN)
    }
  }

  slotsMax(id: string): number {
    return this.#slotsMax.get(id) ?? Number.NaN
  }

  /** A pause began; its end empties the buckets of who was held by it. */
  pause(key: string, untilMs: number): void {
    this.#pauses.set(key, Math.max(untilMs, this.#pauses.get(key) ?? 0))
  }

  setSlotsMax(nowMs: number, id: string, slotsMax: number): void {
    this.endPauses(nowMs)
    this.#slotsMax.set(id, slotsMax)
    for (const { limit, bucket } of this.#buckets.values()) {
      if (limit.id !== id) continue
      bucket.leak(nowMs)
      const intervalMs = limit.windowMs / slotsMax
      const debtMs = bucket.level * bucket.intervalMs
      bucket.level = Math.min(bucket.level, debtMs / intervalMs)
      bucket.floor = Math.min(bucket.level, (bucket.floor * bucket.intervalMs) / intervalMs)
      bucket.intervalMs = intervalMs
      bucket.size = this.#options.burstOf(limit, slotsMax)
    }
  }

  /** Slots of a limit that are taken at `nowMs`, of one model where each has its own. */
  slotsHeld(limit: RateLimit, model: string | undefined, nowMs: number): number {
    let held = 0
    for (const grant of this.log) {
      if (!limit.endpoints.some((endpoint) => endpoint === grant.call.endpoint)) continue
      if (limit.scope === 'model' && grant.call.model !== model) continue
      const holdMs = limit.windowMs + 1 + limit.windowMs / 2_000
      if (limit.tokensMax !== undefined) held += this.#tokensHeld(grant, holdMs, nowMs)
      else {
        const countedAtMs = Math.min(grant.settledAtMs, grant.atMs + this.#options.arrivalBoundMs)
        if (nowMs < countedAtMs + holdMs) held += grant.call.cost
      }
    }
    return held
  }

  /** The estimate until the answer has ended, what the server counted after that, and a late answer beside it. */
  #tokensHeld(grant: LoggedGrant, holdMs: number, nowMs: number): number {
    const { call, atMs, toldAtMs, usedTokens } = grant
    const isUsedKind = this.#options.profile.tokenAccounting === 'used'
    const boundAtMs = atMs + this.#options.answerBoundMs
    const excess = Math.max(0, usedTokens - call.tokens)
    const isToldHeld = nowMs < toldAtMs + holdMs
    if (toldAtMs < boundAtMs) {
      if (nowMs < toldAtMs) return call.tokens
      return isToldHeld ? (isUsedKind ? usedTokens : call.tokens + excess) : 0
    }
    const late = toldAtMs <= nowMs && isToldHeld ? (isUsedKind ? usedTokens : excess) : 0
    return late + (nowMs < boundAtMs + holdMs ? call.tokens : 0)
  }

  /** Tells the model what an answer came to. */
  settleTokens(index: number, nowMs: number, usedTokens: number): void {
    this.settle(index, nowMs)
    const grant = this.log[index]
    if (grant === undefined || grant.isAbandoned || grant.toldAtMs < Infinity) return
    this.endPauses(nowMs)
    grant.toldAtMs = nowMs
    grant.usedTokens = usedTokens
    const excess = usedTokens - grant.call.tokens
    const isRefunded =
      this.#options.profile.tokenAccounting === 'used' &&
      nowMs < grant.atMs + this.#options.answerBoundMs
    for (const { limit, bucket } of this.#bucketsOf(grant.call)) {
      if (limit.tokensMax === undefined) continue
      if (excess > 0) bucket.fill(nowMs, excess)
      else if (isRefunded) bucket.drain(nowMs, -excess)
    }
  }

  /** Tells the model of a grant. Returns what is wrong with it. */
  grant(id: number, atMs: number): string[] {
    this.endPauses(atMs)
    const index = this.waiting.findIndex((call) => call.id === id)
    const call = this.waiting[index]
    if (call === undefined) return [`call ${id} is granted and did not wait`]
    const wrongs = this.#obstacles(call, atMs).filter(({ spare }) => spare < -EPSILON)
    const first = this.#firstOfLane(call)
    this.waiting.splice(index, 1)
    for (const { limit, bucket } of this.#bucketsOf(call)) bucket.fill(atMs, amountOf(limit, call))
    const open = { settledAtMs: Infinity, toldAtMs: Infinity, usedTokens: 0 }
    this.log.push({ call, atMs, ...open, isAbandoned: false, isReleased: false })
    const texts = wrongs.map(({ what, spare }) => `call ${id} at ${atMs}: ${what} lacks ${-spare}`)
    return first === call ? texts : [...texts, `call ${id} overtakes call ${first?.id}`]
  }

  /**
   * Calls that should have gone by `nowMs`: first in their lane, everything they need is there, and no older head of
   * another lane wants any of it.
   */
  owed(nowMs: number): ModelCall[] {
    this.endPauses(nowMs)
    const heads = this.waiting.filter((call) => this.#firstOfLane(call) === call)
    const unpaused = heads.filter((call) => !this.#isPaused(call, nowMs))
    return unpaused.filter((call) => {
      if (this.#obstacles(call, nowMs).some(({ spare }) => spare < EPSILON)) return false
      return unpaused.every((other) => !isOlder(other, call) || !this.#shareLimits(other, call))
    })
  }

  settle(index: number, nowMs: number): void {
    const grant = this.log[index]
    if (grant === undefined || grant.isAbandoned) return
    grant.settledAtMs = Math.min(grant.settledAtMs, nowMs)
  }

  release(index: number, nowMs: number): void {
    const grant = this.log[index]
    if (grant === undefined || grant.isAbandoned) return
    this.settle(index, nowMs)
    grant.isReleased = true
  }

  abandon(index: number): void {
    const grant = this.log[index]
    if (grant !== undefined) grant.isAbandoned = true
  }

  endPauses(nowMs: number): void {
    for (const [key, untilMs] of this.#pauses) {
      if (untilMs > nowMs) continue
      this.#pauses.delete(key)
      for (const { bucket, keys } of this.#buckets.values()) {
        if (!keys.has(key)) continue
        // One request's room is left at the pause's end; what has gone since then counts on top.
        const levelThen = bucket.size - 1 - (bucket.atMs - untilMs) / bucket.intervalMs
        bucket.level = Math.max(bucket.level, levelThen)
        bucket.floor = Math.max(bucket.floor, levelThen)
      }
    }
  }

  /** Notes that calls of this kind exist, as a pause does even where nobody calls. */
  touch(call: Pick<ModelCall, 'endpoint' | 'model'>): void {
    this.#bucketsOf(call)
  }

  #obstacles(call: ModelCall, nowMs: number): { what: string; spare: number }[] {
    const obstacles = this.#placesLeft(call)
    if (this.#isPaused(call, nowMs)) obstacles.push({ what: 'the pause', spare: -1 })
    for (const { limit, bucket } of this.#bucketsOf(call)) {
      const held = this.slotsHeld(limit, call.model, nowMs)
      const slotsMax = this.slotsMax(limit.id)
      const amount = amountOf(limit, call)
      // A call's tokens cannot be split: where they are more than the limit, they need all of it.
      const needed = limit.tokensMax === undefined ? amount : Math.min(amount, slotsMax)
      const free = slotsMax - held - needed
      obstacles.push({ what: `window ${limit.id}`, spare: free < 0 ? free : Infinity })
      const spare = bucket.spare(nowMs, amount)
      obstacles.push({ what: `pace of ${limit.id}`, spare: Math.abs(spare) < EPSILON ? 0 : spare })
    }
    return obstacles
  }

  #placesLeft(call: ModelCall): { what: string; spare: number }[] {
    return this.#options.profile.concurrencyLimits
      .filter(({ endpoints }) => endpoints.some((endpoint) => endpoint === call.endpoint))
      .map(({ id, endpoints, concurrentMax, heldUntil }) => {
        const holders = this.log.filter((grant) => {
          const isOver = heldUntil === 'job' ? grant.isReleased : grant.settledAtMs < Infinity
          const isOfLimit = endpoints.some((endpoint) => endpoint === grant.call.endpoint)
          return isOfLimit && !isOver && !grant.isAbandoned
        })
        const used = holders.reduce((sum, grant) => sum + grant.call.cost, 0)
        const free = concurrentMax - used - call.cost
        return { what: `places ${id}`, spare: free < 0 ? free : Infinity }
      })
  }

  #bucketsOf(
    call: Pick<ModelCall, 'endpoint' | 'model'>,
  ): { limit: RateLimit; bucket: LeakyBucket }[] {
    const { rateLimits } = this.#options.profile
    const limits = rateLimits.filter(({ endpoints }) =>
      endpoints.some((each) => each === call.endpoint),
    )
    return limits.map((limit) => {
      const key = limit.scope === 'model' ? `${limit.id}/${call.model}` : limit.id
      const slotsMax = this.slotsMax(limit.id)
      const size = this.#options.burstOf(limit, slotsMax)
      const entry = this.#buckets.get(key) ?? {
        limit,
        bucket: new LeakyBucket(limit.windowMs / slotsMax, size),
        keys: new Set<string>(),
      }
      this.#buckets.set(key, entry)
      entry.keys.add(pauseKey(call))
      return entry
    })
  }

  #isPaused(call: ModelCall, nowMs: number): boolean {
    return (this.#pauses.get(pauseKey(call)) ?? -Infinity) > nowMs
  }

  #firstOfLane(call: ModelCall): ModelCall | undefined {
    return this.waiting
      .filter(({ endpoint, model }) => endpoint === call.endpoint && model === call.model)
      .reduce<ModelCall | undefined>(
        (first, each) => (first === undefined || isOlder(each, first) ? each : first),
        undefined,
      )
  }

  #shareLimits(left: ModelCall, right: ModelCall): boolean {
    const { rateLimits, concurrencyLimits } = this.#options.profile
    return [...rateLimits, ...concurrencyLimits].some(({ endpoints }) =>
      [left, right].every((call) => endpoints.some((endpoint) => endpoint === call.endpoint)),
    )
  }
}

/** As the limiter documents it. @internal */
export function pauseKey(call: { endpoint: string; model: string | undefined }): string {
  return call.model === undefined ? `endpoint:${call.endpoint}` : `model:${call.model}`
}

function amountOf(limit: RateLimit, call: ModelCall): number {
  return limit.tokensMax === undefined ? call.cost : call.tokens
}

function isOlder(left: ModelCall, right: ModelCall): boolean {
  return left.rank < right.rank || (left.rank === right.rank && left.id < right.id)
}
