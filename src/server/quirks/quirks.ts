/**
 * A server's quirks at work: what they do to a request that was admitted, to an answer, and to its headers.
 *
 * Chance comes from one seeded stream of their own, of which a site takes only where it can show.
 */

import { formatProblem, problemForStatus } from '../operations/problems.ts'
import { addUnknownFields, emptyBody, reshapeError, spaceJson } from './odd-bodies.ts'
import type { Random } from '../../core/random.ts'
import type { Exchange } from '../exchange.ts'
import type { Answer } from '../operations/operation.ts'
import type { ServerTime } from '../state/server-time.ts'
import type { Quirk, QuirkSite } from './quirk.ts'

/** How long the server has no capacity once it has none. */
const BURST_MS = 2_000
const SLOW_MS = { min: 500, max: 5_000 } as const
/** So far the server's clock may be away from the right time. */
const SKEW_MS_MAX = 300_000

/** @internal */
export class Quirks {
  readonly #quirks: readonly Quirk[]
  readonly #random: Random
  #burstUntilMs = -Infinity

  constructor(quirks: readonly Quirk[], random: Random) {
    this.#quirks = quirks
    this.#random = random
  }

  /** What an admitted request meets before it is acted on. Undefined where it goes on. */
  meet(exchange: Exchange): Answer | undefined {
    const { atMs, endpoint, request } = exchange
    if (atMs < this.#burstUntilMs || this.#shows('overload-burst', exchange)) {
      if (atMs >= this.#burstUntilMs) this.#burstUntilMs = atMs + BURST_MS
      return { status: 503, body: formatProblem(problemForStatus(503), endpoint) }
    }
    const startsJob = endpoint === 'fine-tunes' && request.method === 'POST'
    if (startsJob && this.#shows('conflict', exchange)) {
      return { status: 409, body: formatProblem(problemForStatus(409), endpoint) }
    }
    if (this.#shows('headers-slow', exchange)) exchange.delayMs += this.#drawMs(SLOW_MS)
    if (exchange.fate === undefined && this.#shows('body-cut', exchange)) {
      exchange.fate = { truncate: true }
    }
    return undefined
  }

  /** The answer as it leaves. Streams and the content of files are left alone. */
  reword(answer: Answer, exchange: Exchange): Answer {
    if (answer.parts !== undefined || answer.bytes !== undefined || answer.status === 0)
      return answer
    const { status } = answer
    if (status === 429 && this.#shows('refusal-empty', exchange)) return emptyBody(answer)
    if (status >= 400 && this.#shows('error-shape', exchange)) {
      return reshapeError(answer, this.#random)
    }
    let worded = answer
    if (this.#shows('fields-unknown', exchange)) worded = addUnknownFields(worded)
    if (this.#shows('json-spaced', exchange)) worded = spaceJson(worded)
    return worded
  }

  /** The headers as they leave. */
  twist(
    headers: Record<string, string>,
    exchange: Exchange,
    { status, time }: { status: number; time: ServerTime },
  ): void {
    const { atMs, delayMs } = exchange
    if (this.#shows('date-skewed', exchange)) {
      const skewMs = this.#drawMs({ min: -SKEW_MS_MAX, max: SKEW_MS_MAX })
      headers['date'] = time.httpDate(atMs + skewMs)
    }
    if (status < 400) return
    const seconds = headers['retry-after']
    if (seconds !== undefined && this.#shows('retry-after-missing', exchange)) {
      delete headers['retry-after']
    } else if (isWhole(seconds) && this.#shows('retry-after-date', exchange)) {
      const dueMs = atMs + delayMs + Number(seconds) * 1_000
      headers['retry-after'] = time.httpDateNotBefore(dueMs)
    }
    const reset = Number(headers['x-ratelimit-reset'])
    if (reset > 0 && this.#shows('reset-too-early', exchange)) {
      headers['x-ratelimit-reset'] = String(Math.floor(reset * 500) / 1_000)
    }
    this.#repeatHints(headers, exchange)
  }

  /** As two servers in a row do that each add their own. */
  #repeatHints(headers: Record<string, string>, exchange: Exchange): void {
    // An empty one, twice, is not what any parser of HTTP would give.
    const names = ['retry-after', 'x-ratelimit-reset'].filter(
      (name) => (headers[name] ?? '') !== '',
    )
    if (names.length === 0 || !this.#shows('hints-twice', exchange)) return
    for (const name of names) headers[name] = `${headers[name]}, ${headers[name]}`
  }

  #shows(site: QuirkSite, exchange: Exchange): boolean {
    let isShown = false
    for (const { site: own, perMille, fromMs = -Infinity, toMs = Infinity } of this.#quirks) {
      if (own !== site || exchange.atMs < fromMs || exchange.atMs >= toMs) continue
      if (this.#random.next() * 1_000 < perMille) isShown = true
    }
    if (isShown) {
      const id = `quirk-${site}`
      exchange.faultId = exchange.faultId === undefined ? id : `${exchange.faultId}+${id}`
    }
    return isShown
  }

  #drawMs({ min, max }: { min: number; max: number }): number {
    return min + Math.floor(this.#random.next() * (max - min + 1))
  }
}

function isWhole(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,9}$/.test(text)
}
