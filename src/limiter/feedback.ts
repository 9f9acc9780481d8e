/**
 * What a server says is left of a quota, turned into slots that somebody else has taken. Pure.
 *
 * It can only tighten. All that comes of a reading is a number of slots, 0 or more, that the window takes as used by
 * others for as long as the server can remember them; nothing is given back for it, and no limit is raised.
 *
 * It does not mistake our own requests for those of others. When the server wrote `remaining`, it had counted `limit -
 * remaining` in its window. Of ours these are only such as held their slot then, for a slot is held until the server must
 * have forgotten its request. So what exceeds the slots that we can have held at that moment, `ownMax`, is not ours, and
 * a client that is alone, with the limit that the server has, sees 0. Which slots those are is known well enough: the
 * server wrote it after the request was granted and before its answer came, so they are still held or have come back
 * since the grant.
 *
 * It does not starve. Half of the limit is always left, whatever the server says, and what it says wears off.
 *
 * `reset` is not used: it is the end of a window with one server, the time until everything is back with the next
 * (when a slot may be free in a second), and the wait until the next slot on a 429. Whoever took it for the end of a wait
 * would stand still for a minute where a second is enough.
 */
import type { RateReading } from '../core/headers/rate-readings.ts'
import type { RateLimit } from '../core/profile.ts'
import type { Unit } from './constraint.ts'

/** A limit as a reading is compared with it. @internal */
export interface ReadableQuota {
  readonly limit: RateLimit
  readonly unit: Unit
  /** Requests or tokens per window in force. */
  readonly slotsMax: number
}

/**
 * This share of a limit is left to us, and one slot, whatever an answer says. With less, the first of two limiters that
 * do the same to each other keeps what it has, and one that comes later gets no more than this share.
 */
const OWN_SHARE_MIN = 0.5
/**
 * Who has sent will send on, while our requests are on their way. So where others have slots, this share of the limit is
 * left to them besides, or as much again as they have, if that is less. Measured against the mock's sliding log, beside
 * another client that asks for half of 600 a minute, over twenty minutes: 149 refusals without feedback, 82 with it and
 * without this share, 7 with a hundredth. In slots, not as a multiple of theirs, which would drive two limiters that do
 * the same to each other apart.
 */
const MARGIN_SHARE = 0.02

/**
 * The limit that a reading is about; undefined unless there is no doubt.
 *
 * Headers do not name limits, and most not even their window: Together has sent `x-ratelimit-limit` per second and per
 * minute. So a reading is about a limit of the same unit if it names the same number (and, where it names a window, the
 * same one), or names the window of a single limit. If several have the same number and window, it is taken to be about
 * the one that counts all that the others count: whichever of them is meant, that one has at most as much left.
 *
 * @internal
 */
export function findQuotaMeant<T extends ReadableQuota>(
  reading: RateReading,
  quotas: readonly T[],
): T | undefined {
  let meant: T | undefined
  let hasOtherNumber = false
  for (const quota of quotas) {
    if (!isOfSameKind(reading, quota)) continue
    if (reading.limit !== quota.slotsMax) hasOtherNumber = true
    else if (meant === undefined || countsAllOf(quota.limit, meant.limit)) meant = quota
    else if (!countsAllOf(meant.limit, quota.limit)) return undefined
  }
  if (meant !== undefined || !hasOtherNumber || reading.windowMs === undefined) return meant
  const ofWindow = quotas.filter((quota) => isOfSameKind(reading, quota))
  return ofWindow.length === 1 ? ofWindow[0] : undefined
}

/**
 * The slots of a window that others have, as far as a reading shows it.
 *
 * So many are left to us that the server's limit is kept, and that fewer are free than remain at the server.
 *
 * @param slotsMax - The limit in force here: a whole number, at least 1.
 * @param ownMax - Slots of our own that the server can have counted when it wrote the reading, at the most.
 * @returns A whole number from 0 to `slotsMax` less what is always left; 0 where the reading makes no sense.
 * @internal
 */
export function slotsOfOthers(
  { limit, remaining }: Pick<RateReading, 'limit' | 'remaining'>,
  { slotsMax, ownMax }: { slotsMax: number; ownMax: number },
): number {
  if (limit === undefined || !isCount(limit) || limit === 0) return 0
  const left = remaining ?? limit
  if (!isCount(left) || left > limit) return 0
  const limitMax = Math.min(slotsMax, Math.floor(limit))
  const seen = Math.max(0, limitMax - ownMax - Math.floor(left))
  const margin = Math.min(seen, Math.ceil(slotsMax * MARGIN_SHARE))
  const ownMin = Math.max(1, Math.ceil(slotsMax * OWN_SHARE_MIN))
  return Math.min(slotsMax - limitMax + seen + margin, slotsMax - ownMin)
}

function isCount(value: number): boolean {
  return value >= 0 && Number.isFinite(value)
}

function isOfSameKind({ unit, windowMs }: RateReading, quota: ReadableQuota): boolean {
  return unit === quota.unit && (windowMs === undefined || windowMs === quota.limit.windowMs)
}

/** Whatever is counted in `part` is counted in `whole`, and both forget it at the same time. */
function countsAllOf(whole: RateLimit, part: RateLimit): boolean {
  if (whole.windowMs !== part.windowMs) return false
  if (whole.scope === 'model' && part.scope !== 'model') return false
  const { models } = whole
  if (models !== undefined && part.models?.every((model) => models.includes(model)) !== true) {
    return false
  }
  return part.endpoints.every((endpoint) => whole.endpoints.includes(endpoint))
}
