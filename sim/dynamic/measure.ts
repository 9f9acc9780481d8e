/** One run of the world, in figures. */
import type { ServerProfile } from '../../src/server/handler.ts'
import { Draw } from '../world/draw.ts'
import type { ControllerName } from './controllers.ts'
import { acceptedShare, drawDips, isInDip } from './dips.ts'
import { idealCapAtS, LimitLog, type DynamicLimit } from './limit-log.ts'
import { createSender } from './senders.ts'
import { World } from './world.ts'

export interface MeasureOptions {
  controller: ControllerName | 'limiter'
  profile: ServerProfile
  seed: number
  hours: number
  /** The server's 429 names no wait. @defaultValue false */
  isSilent?: boolean
  /** The most that the client allows itself, in requests a minute. @defaultValue as much as the server's cap */
  maxPerMinute?: number
}

export interface Measure {
  sent: number
  accepted: number
  /** Requests accepted, by what the server's limit allowed; dips excluded. */
  usedShare: number
  /** Of all that was answered. */
  limitedShare: number
  /** Requests sent during dips, by what the limit allowed then: a lack of capacity is no reason to send less. */
  dipShare: number
  overloaded: number
  /** When the limit was at its cap, in seconds; `Infinity` for never. */
  capAtS: number
  /** By the time of a client that always sends exactly the whole limit. */
  capTimeRatio: number
  /** The most that was sent in a second, by the client's maximum. */
  peakShare: number
}

const model = 'Qwen/Qwen2.5-7B-Instruct-Turbo'

export function measure(options: MeasureOptions): Measure {
  const limit = dynamicLimitOf(options.profile)
  const maxPerMinute = options.maxPerMinute ?? limit.capPerMinute
  const tally = new TallyOfAnswers(options, limit)
  const world = new World({
    ...options,
    model,
    isSilent: options.isSilent ?? false,
    endMs: options.hours * 3_600_000,
    network: drawNetwork(options.seed),
    dips: tally.dips,
    sender: createSender(options.controller, { ...limit, maxPerMinute, model }),
    onAnswer: (atMs, status) => tally.note(atMs, status),
  })
  world.run()
  return tally.figures(maxPerMinute)
}

class TallyOfAnswers {
  readonly dips
  readonly #limit: DynamicLimit
  readonly #log: LimitLog
  readonly #hours: number
  #second = -1
  #allowed = 0
  #allowedInDips = 0
  #sentInDips = 0
  #used = 0
  #sent = 0
  #accepted = 0
  #limited = 0
  #overloaded = 0
  #inSecond = 0
  #peak = 0
  #capAtS = Infinity

  constructor({ seed, hours }: MeasureOptions, limit: DynamicLimit) {
    this.dips = drawDips(seed, hours)
    this.#limit = limit
    this.#log = new LimitLog(limit)
    this.#hours = hours
  }

  note(atMs: number, status: number): void {
    this.#passTo(Math.floor(atMs / 1_000))
    this.#sent += 1
    this.#inSecond += 1
    if (this.#isExcluded(this.#second)) this.#sentInDips += 1
    if (status === 429) this.#limited += 1
    if (status === 503) this.#overloaded += 1
    if (status !== 200) return
    this.#accepted += 1
    this.#log.accept(atMs)
    if (!this.#isExcluded(this.#second)) this.#used += 1
  }

  figures(maxPerMinute: number): Measure {
    this.#passTo(this.#hours * 3_600 - 1)
    return {
      sent: this.#sent,
      accepted: this.#accepted,
      usedShare: this.#used / this.#allowed,
      limitedShare: this.#limited / this.#sent,
      dipShare: this.#sentInDips / this.#allowedInDips,
      overloaded: this.#overloaded,
      capAtS: this.#capAtS,
      capTimeRatio:
        this.#capAtS /
        idealCapAtS(this.#limit, this.#hours * 3_600, (second, perSecond) =>
          acceptedShare(this.dips, second * 1_000, perSecond),
        ),
      peakShare: this.#peak / (maxPerMinute / 60),
    }
  }

  #passTo(second: number): void {
    while (this.#second < second) {
      this.#second += 1
      this.#peak = Math.max(this.#peak, this.#inSecond)
      this.#inSecond = 0
      const perSecond = this.#log.perSecondAt(this.#second * 1_000)
      if (this.#isExcluded(this.#second)) this.#allowedInDips += perSecond
      else this.#allowed += perSecond
      if (perSecond >= this.#limit.capPerMinute / 60) {
        this.#capAtS = Math.min(this.#capAtS, this.#second)
      }
    }
  }

  #isExcluded(second: number): boolean {
    return isInDip(this.dips, second * 1_000)
  }
}

/** From the server's profile as data; none of its counting. */
function dynamicLimitOf(profile: ServerProfile): DynamicLimit {
  const limit = profile.rateLimits.find((found) => found.dynamic && found.requestsMax)
  if (limit?.requestsMax === undefined || limit.dynamic === undefined) {
    throw new Error(`profile ${profile.name} has no dynamic limit of requests`)
  }
  return { basePerMinute: limit.requestsMax, capPerMinute: limit.dynamic.cap }
}

function drawNetwork(seed: number) {
  const draw = new Draw(seed, 'dynamic/figures')
  const way = (): {
    kind: 'lognormal'
    medianMs: number
    sigma: number
    minMs: number
    maxMs: number
  } => ({
    kind: 'lognormal',
    medianMs: draw.int(20, 80),
    sigma: draw.pick([0.3, 0.5, 0.8]),
    minMs: 5,
    maxMs: 2_000,
  })
  const service = {
    kind: 'lognormal',
    medianMs: draw.int(100, 800),
    sigma: 0.5,
    minMs: 10,
    maxMs: 20_000,
  } as const
  return { out: way(), service, back: way() }
}

/** The profile with another cap, and base, of requests: what Together's cap is, it does not say. */
export function withCap(profile: ServerProfile, cap: number, base?: number): ServerProfile {
  const rateLimits = profile.rateLimits.map((limit) =>
    limit.dynamic && limit.requestsMax
      ? { ...limit, requestsMax: base ?? limit.requestsMax, dynamic: { ...limit.dynamic, cap } }
      : limit,
  )
  return { ...profile, rateLimits }
}
