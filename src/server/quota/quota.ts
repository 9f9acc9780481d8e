/**
 * The rate limits of all API keys: which of them a request draws on, and whether it may.
 *
 * A request is charged to all its limits at the same instant or to none; where the profile counts used tokens, those are
 * charged when its answer ends.
 */

import { BinaryHeap } from '../../core/binary-heap.ts'
import { createSeededRandom, type Random } from '../../core/random.ts'
import { BoundsTable, type Bound, type Bounds, type QuotaSubject } from './bounds.ts'
import { DynamicRate } from './dynamic-rate.ts'
import type { Enforcement } from '../contract.ts'
import type { ServerRateLimit, TokenAccounting } from '../profiles/server-profile.ts'

/** How a quota counts. @internal */
export interface QuotaRules {
  readonly limits: readonly ServerRateLimit[]
  readonly enforcement: Enforcement
  readonly countsRefused: boolean
  readonly tokenAccounting: TokenAccounting
  /** Servers that do not share their counters; each enforces its part of every limit. */
  readonly replicas: number
  readonly seed: number
}

/** What a request may cost. @internal */
export interface TokenEstimate {
  readonly promptTokens: number
  readonly completionTokens: number
}

/** One limit as an answer tells of it. @internal */
export interface LimitState {
  readonly limit: ServerRateLimit
  /** What the counter holds where nothing is counted. */
  readonly capacity: number
  readonly remaining: number
  /** When everything counted is forgotten. */
  readonly resetAtMs: number
  /** For a dynamic limit: its base rate, in the same terms. */
  readonly base?: { readonly capacity: number; readonly remaining: number }
}

/** What the quota says to one request. @internal */
export interface QuotaVerdict {
  readonly isAllowed: boolean
  /** The limit that refuses; the tightest one where none does. */
  readonly limit: ServerRateLimit
  /** The limits that the request was counted in, or would have been. */
  readonly ids: readonly string[]
  /** When the same request passes, if none comes before. */
  readonly allowAtMs: number
  readonly replica: number
  /** The tightest limits of the key, for the headers. */
  readonly requests: LimitState | undefined
  readonly tokens: LimitState | undefined
  readonly bounds: Bounds
}

/** A counter, for whoever looks at the state. @internal */
export interface QuotaUse extends Omit<LimitState, 'limit'> {
  readonly limit: string
  readonly key: string
  readonly model: string
  readonly replica: number
  /** When one more unit passes, if nothing else comes. */
  readonly allowAtMs: number
}

interface PendingTokens {
  readonly dueMs: number
  readonly order: number
  readonly bounds: Bounds
  readonly tokens: number
}

const NOTHING: TokenEstimate = Object.freeze({ promptTokens: 0, completionTokens: 0 })

/** Counts requests and tokens. @internal */
export class Quota {
  readonly #rules: QuotaRules
  readonly #table: BoundsTable
  readonly #random: Random
  readonly #pending = new BinaryHeap<PendingTokens>(
    (left, right) =>
      left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.order < right.order),
  )
  #pendingCount = 0

  constructor(rules: QuotaRules) {
    this.#rules = rules
    this.#table = new BoundsTable(rules.limits, rules.enforcement, rules.replicas)
    this.#random = createSeededRandom(rules.seed, 'replicas')
  }

  /** Counters that are remembered. */
  get size(): number {
    return this.#table.size
  }

  /**
   * Decides on one request and counts it. Undefined where no limit applies.
   *
   * @param share - The part of every limit that is in force, above 0 and at most 1.
   */
  decide(
    subject: QuotaSubject,
    nowMs: number,
    { estimate = NOTHING, share = 1 }: { estimate?: TokenEstimate; share?: number } = {},
  ): QuotaVerdict | undefined {
    if (this.#table.isUnlimited(subject.endpoint)) return undefined
    this.#settle(nowMs)
    const replica = this.#pickReplica()
    const bounds = this.#table.find(subject, replica, nowMs)
    if (bounds === undefined) return undefined
    for (const bound of bounds.all) shrink(bound, share)
    // Known before any is charged, for a charge may empty the others.
    const refusing = bounds.all.filter((bound) => this.#allowAtMs(bound, nowMs, estimate) > nowMs)
    const isAllowed = refusing.length === 0
    if (isAllowed || this.#rules.countsRefused) this.#charge(bounds, nowMs, estimate)
    const limit = isAllowed ? undefined : this.#lastToFree(refusing, nowMs, estimate)
    let allowAtMs = nowMs
    // Where refusals are counted, a limit that had room may be the last to free afterwards: all are asked.
    for (const bound of bounds.all) {
      allowAtMs = Math.max(allowAtMs, this.#allowAtMs(bound, nowMs, estimate))
    }
    return describe(bounds, { nowMs, replica, limit, allowAtMs })
  }

  /** The state of the limits without counting anything. Undefined where no limit applies. */
  peek(subject: QuotaSubject, nowMs: number): QuotaVerdict | undefined {
    if (this.#table.isUnlimited(subject.endpoint)) return undefined
    this.#settle(nowMs)
    const bounds = this.#table.find(subject, 0, nowMs)
    if (bounds === undefined) return undefined
    return describe(bounds, { nowMs, replica: 0, limit: undefined, allowAtMs: nowMs })
  }

  /** Tells what an admitted request came to: dynamic rates grow with it, and used tokens are counted when it ends. */
  succeed(
    { bounds }: QuotaVerdict,
    { nowMs, endMs, used = NOTHING }: { nowMs: number; endMs: number; used?: TokenEstimate },
  ): void {
    const tokens = used.promptTokens + used.completionTokens
    for (const { counter, limit } of bounds.all) {
      if (counter instanceof DynamicRate) {
        counter.succeed(nowMs, limit.tokensMax === undefined ? 1 : tokens)
      }
    }
    if (this.#rules.tokenAccounting !== 'used' || tokens === 0) return
    if (!bounds.all.some(({ limit }) => limit.tokensMax !== undefined)) return
    for (const bound of bounds.all) bound.awaited += 1
    this.#pendingCount += 1
    this.#pending.push({ dueMs: endMs, order: this.#pendingCount, bounds, tokens })
  }

  /** Forgets everything counted, as a server does that is started anew. */
  forget(): void {
    this.#table.clear()
    this.#pending.retain(() => false)
  }

  /** All counters in use. */
  list(nowMs: number): readonly QuotaUse[] {
    this.#settle(nowMs)
    const uses: QuotaUse[] = []
    for (const bound of this.#table.list()) {
      const { limit, ...state } = stateOf(bound, nowMs)
      uses.push({
        limit: limit.id,
        key: bound.key,
        model: bound.model,
        replica: bound.replica,
        allowAtMs: bound.counter.allowAtMs(nowMs, 1),
        ...state,
      })
    }
    return uses
  }

  #pickReplica(): number {
    const { replicas } = this.#rules
    return replicas === 1 ? 0 : Math.floor(this.#random.next() * replicas)
  }

  /** Units that there must be room for. */
  #needed({ limit }: Bound, { promptTokens, completionTokens }: TokenEstimate): number {
    if (limit.tokensMax === undefined) return 1
    // Who counts what was used knows no more than the prompt when the request arrives.
    if (this.#rules.tokenAccounting === 'used') return promptTokens
    return promptTokens + completionTokens
  }

  #allowAtMs(bound: Bound, nowMs: number, estimate: TokenEstimate): number {
    const needed = this.#needed(bound, estimate)
    // What costs nothing passes also where used tokens have gone beyond the limit.
    return needed === 0 ? nowMs : bound.counter.allowAtMs(nowMs, needed)
  }

  #charge(bounds: Bounds, nowMs: number, estimate: TokenEstimate): void {
    const isLater = this.#rules.tokenAccounting === 'used'
    for (const bound of bounds.all) {
      if (isLater && bound.limit.tokensMax !== undefined) continue
      bound.counter.charge(nowMs, this.#needed(bound, estimate))
    }
  }

  /** Of the limits that refuse, the key's own before the server's, and of those the one that frees last. */
  #lastToFree(
    refusing: readonly Bound[],
    nowMs: number,
    estimate: TokenEstimate,
  ): ServerRateLimit | undefined {
    const own = refusing.filter(({ limit }) => limit.scope !== 'server')
    let found: ServerRateLimit | undefined
    let untilMs = -Infinity
    for (const bound of own.length > 0 ? own : refusing) {
      const atMs = this.#allowAtMs(bound, nowMs, estimate)
      if (atMs <= untilMs) continue
      untilMs = atMs
      found = bound.limit
    }
    return found
  }

  /** Counts the tokens of the answers that have ended, each at its end. */
  #settle(nowMs: number): void {
    for (let next = this.#pending.peek(); next !== undefined && next.dueMs <= nowMs;) {
      this.#pending.pop()
      for (const bound of next.bounds.all) {
        bound.awaited -= 1
        if (bound.limit.tokensMax !== undefined) bound.counter.charge(next.dueMs, next.tokens)
      }
      next = this.#pending.peek()
    }
  }
}

function shrink(bound: Bound, share: number): void {
  if (bound.share === share) return
  bound.share = share
  bound.counter.resize(Math.max(1, Math.floor(bound.max * share)))
}

function describe(
  bounds: Bounds,
  about: {
    nowMs: number
    replica: number
    limit: ServerRateLimit | undefined
    allowAtMs: number
  },
): QuotaVerdict {
  const { nowMs, replica, limit, allowAtMs } = about
  const requests = tightest(bounds, nowMs, isRequestLimit, limit)
  const tokens = tightest(bounds, nowMs, isTokenLimit, limit)
  const named = limit ?? requests?.limit ?? tokens?.limit ?? bounds.all[0].limit
  return {
    isAllowed: limit === undefined,
    limit: named,
    ids: bounds.ids,
    allowAtMs,
    replica,
    requests,
    tokens,
    bounds,
  }
}

function isRequestLimit({ tokensMax, scope }: ServerRateLimit): boolean {
  return tokensMax === undefined && scope !== 'server'
}

function isTokenLimit({ tokensMax, scope }: ServerRateLimit): boolean {
  return tokensMax !== undefined && scope !== 'server'
}

/** The limit with the least left, as it is now; the one that refuses before others with as little. */
function tightest(
  { all }: Bounds,
  nowMs: number,
  isWanted: (limit: ServerRateLimit) => boolean,
  refusing: ServerRateLimit | undefined,
): LimitState | undefined {
  let found: Bound | undefined
  let least = Infinity
  for (const bound of all) {
    if (!isWanted(bound.limit)) continue
    const remaining = bound.counter.remaining(nowMs)
    if (remaining > least || (remaining === least && bound.limit !== refusing)) continue
    least = remaining
    found = bound
  }
  return found === undefined ? undefined : stateOf(found, nowMs)
}

function stateOf({ limit, counter }: Bound, nowMs: number): LimitState {
  const state = {
    limit,
    capacity: counter.capacity(nowMs),
    remaining: counter.remaining(nowMs),
    resetAtMs: counter.resetAtMs(nowMs),
  }
  if (!(counter instanceof DynamicRate)) return state
  const base = { capacity: counter.baseCapacity(), remaining: counter.baseRemaining(nowMs) }
  return { ...state, base }
}
