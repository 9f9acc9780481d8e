/**
 * What a server's quota has to decide, worked out from the whole history at every step.
 *
 * Slow on purpose and written from the description of each way to count, without a look at the counters: nothing is
 * carried from one step to the next but the history itself.
 */

import type {
  Enforcement,
  ServerDynamicRule,
  ServerEndpoint,
  ServerProfile,
  ServerRateLimit,
} from '../../src/server/handler.ts'

/** A request as the quota sees it. @internal */
export interface OracleRequest {
  readonly atMs: number
  readonly key: string
  readonly endpoint: ServerEndpoint
  readonly model: string
  readonly promptTokens: number
  readonly completionTokens: number
}

/** A request that was decided on. @internal */
export interface OracleEvent extends OracleRequest {
  readonly replica: number
  readonly isCounted: boolean
  readonly isAdmitted: boolean
  /** When its answer ends, and what it used: used tokens are counted then. */
  readonly endMs: number
  readonly usedTokens: number
}

interface Units {
  readonly atMs: number
  readonly units: number
}

/** The limits of the profile that refuse a request at a replica. @internal */
export function refusingLimits(
  profile: ServerProfile,
  history: readonly OracleEvent[],
  request: OracleRequest,
  replica: number,
): readonly ServerRateLimit[] {
  return profile.rateLimits.filter(
    (limit) => applies(limit, request) && !passes(profile, limit, { history, request, replica }),
  )
}

function applies(limit: ServerRateLimit, { endpoint, model }: OracleRequest): boolean {
  if (!limit.endpoints.includes(endpoint)) return false
  return (limit.models?.includes(model) ?? true) && limit.exceptModels?.includes(model) !== true
}

function passes(
  profile: ServerProfile,
  limit: ServerRateLimit,
  {
    history,
    request,
    replica,
  }: { history: readonly OracleEvent[]; request: OracleRequest; replica: number },
): boolean {
  const nowMs = request.atMs
  const isShared = (event: OracleEvent): boolean =>
    event.replica === replica &&
    applies(limit, event) &&
    (limit.scope === 'server' || event.key === request.key) &&
    (limit.perModel !== true || event.model === request.model)
  const mine = history.filter(isShared)
  const need = costOf(profile, limit, request)
  if (need === 0) return true
  const counted = unitsOf(profile, limit, mine, nowMs)
  const max = Math.ceil((limit.requestsMax ?? limit.tokensMax ?? 0) / (profile.replicas ?? 1))
  if (limit.dynamic !== undefined) {
    const successes = mine
      .filter(({ isAdmitted }) => isAdmitted)
      .map(({ atMs, usedTokens }) => ({
        atMs,
        units: limit.tokensMax === undefined ? 1 : usedTokens,
      }))
    const base = { max, windowMs: limit.windowMs }
    return passesDynamic({ counted, successes }, base, limit.dynamic, { nowMs, need })
  }
  const enforcement = limit.enforcement ?? profile.enforcement
  const counter = { max, windowMs: limit.windowMs }
  return passesFixed(counted, counter, enforcement ?? { kind: 'fixed-window', phaseMs: 0 }, {
    nowMs,
    need,
  })
}

function costOf(
  { tokenAccounting }: ServerProfile,
  { tokensMax }: ServerRateLimit,
  { promptTokens, completionTokens }: OracleRequest,
): number {
  if (tokensMax === undefined) return 1
  return tokenAccounting === 'used' ? promptTokens : promptTokens + completionTokens
}

/** What was counted, in the order in which it was counted. */
function unitsOf(
  profile: ServerProfile,
  limit: ServerRateLimit,
  events: readonly OracleEvent[],
  nowMs: number,
): readonly Units[] {
  if (limit.tokensMax !== undefined && profile.tokenAccounting === 'used') {
    return events
      .filter(({ isAdmitted, endMs, usedTokens }) => isAdmitted && endMs <= nowMs && usedTokens > 0)
      .map(({ endMs, usedTokens }) => ({ atMs: endMs, units: usedTokens }))
      .toSorted((left, right) => left.atMs - right.atMs)
  }
  return events
    .filter(({ isCounted }) => isCounted)
    .map((event) => ({ atMs: event.atMs, units: costOf(profile, limit, event) }))
}

interface Counter {
  readonly max: number
  readonly windowMs: number
}

interface Ask {
  readonly nowMs: number
  readonly need: number
}

function passesFixed(
  counted: readonly Units[],
  { max, windowMs }: Counter,
  enforcement: Enforcement,
  { nowMs, need }: Ask,
): boolean {
  const sum = (fromMs: number, toMs: number): number =>
    total(counted.filter(({ atMs }) => atMs >= fromMs && atMs < toMs))
  const fitsIn = (capacity: number, used: number): boolean =>
    used + Math.min(need, capacity) <= capacity
  switch (enforcement.kind) {
    case 'fixed-window': {
      const startMs = windowStart(nowMs, enforcement.phaseMs, windowMs)
      return fitsIn(max, sum(startMs, startMs + windowMs))
    }
    case 'sliding-log':
      return fitsIn(max, total(counted.filter(({ atMs }) => atMs > nowMs - windowMs)))
    case 'sliding-counter': {
      const startMs = windowStart(nowMs, enforcement.phaseMs, windowMs)
      const previous = sum(startMs - windowMs, startMs)
      const room = max - Math.min(need, max) - sum(startMs, startMs + windowMs)
      // previous * overlap / window must fit into the room, told without a division.
      return previous * (startMs + windowMs - nowMs) <= room * windowMs
    }
    case 'slices': {
      const unitMs = Math.min(enforcement.sliceMs, windowMs)
      let sliceMs = unitMs
      while (sliceMs * max < windowMs) sliceMs += unitMs
      const index = Math.floor(nowMs / sliceMs)
      const sumBefore = (slices: number): number => Math.floor((slices * sliceMs * max) / windowMs)
      const capacity = sumBefore(index + 1) - sumBefore(index)
      return fitsIn(capacity, sum(index * sliceMs, (index + 1) * sliceMs))
    }
    default: {
      // GCRA is a token bucket told by the time at which it would be full: one model for both.
      const { burstMs = windowMs } = enforcement
      return passesBucket(
        counted,
        { max, windowMs, sizeMs: Math.max(burstMs * max, windowMs) },
        {
          nowMs,
          need,
        },
      )
    }
  }
}

/** A bucket's content in units of 1 / windowMs of a unit: exact wherever instants are quarters of a millisecond. */
function passesBucket(
  counted: readonly Units[],
  { max, windowMs, sizeMs }: Counter & { sizeMs: number },
  { nowMs, need }: Ask,
): boolean {
  const capacity = Math.floor(sizeMs / windowMs)
  let level = sizeMs
  let lastMs = 0
  for (const { atMs, units } of counted) {
    level = Math.min(sizeMs, level + (atMs - lastMs) * max)
    const left = level - units * windowMs
    // Debt is for what never fits; what is counted although it was refused only empties the bucket.
    level = units > capacity ? left : Math.max(Math.min(0, level), left)
    lastMs = atMs
  }
  level = Math.min(sizeMs, level + (nowMs - lastMs) * max)
  return level >= Math.min(need, capacity) * windowMs
}

function passesDynamic(
  { counted, successes }: { counted: readonly Units[]; successes: readonly Units[] },
  { max: base, windowMs }: Counter,
  { factor, cap, memoryMs }: ServerDynamicRule,
  { nowMs, need }: Ask,
): boolean {
  const sliceMs = Math.max(1_000, Math.ceil(windowMs / base))
  const index = Math.floor(nowMs / sliceMs)
  const startMs = index * sliceMs
  const partMs = memoryMs / 60
  const partsAgo = (atMs: number): number =>
    Math.floor(startMs / partMs) - Math.floor(atMs / partMs)
  const past = total(successes.filter(({ atMs }) => atMs < startMs && partsAgo(atMs) < 60))
  const rate = Math.min(Math.max((factor * past * windowMs) / memoryMs, base), Math.max(cap, base))
  const perSlice = (rate * sliceMs) / windowMs
  const sumBefore = (slices: number): number => Math.floor(slices * perSlice)
  const capacity = Math.max(1, sumBefore(index + 1) - sumBefore(index))
  const used = total(counted.filter(({ atMs }) => atMs >= startMs))
  return used + Math.min(need, capacity) <= capacity
}

function windowStart(atMs: number, phaseMs: number, windowMs: number): number {
  return Math.floor((atMs - phaseMs) / windowMs) * windowMs + phaseMs
}

function total(list: readonly Units[]): number {
  return list.reduce((sum, { units }) => sum + units, 0)
}
