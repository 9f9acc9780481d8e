/**
 * With enough work waiting, the quota is filled, but for 1 % and what the promise costs: in stretches of at least two
 * windows without a pause, and without their first two windows, the requests fill an applicable quota on time average.
 *
 * While answers say that nothing is left where much is, a client that believes them still has to use half of it.
 */
import type { EndpointClass } from '../../src/core/profile.ts'
import type { Scenario } from '../scenario/types.ts'
import { countsPerWindow } from '../counting.ts'
import { namedDelayMs } from '../hints.ts'
import { meanFill, quotasOf, windowMs } from '../quota.ts'
import { meanTokenFill, tokenFillMin } from '../token-fill.ts'
import type { RunRecord } from '../world/record.ts'
import { notJudged, type Invariant, type Verdict } from './types.ts'
import { waitingStretches, without, type Stretch } from './waiting.ts'

/** A remainder shorter than this says more of its edges than of the limiter. */
const judgedMsMin = windowMs / 2
/** Of what is to be used, so much is while answers say that nothing is left. */
const believingShare = 0.5
/** How long a refusal without a named delay may keep a client quiet. */
const unnamedPauseMs = 60_000

export const usesTheQuota: Invariant = {
  name: 'uses-the-quota',
  judge: (record) => {
    // Of several processes, each has its own idea of the quota.
    if (record.processes > 0) return notJudged
    if (isRetryMute(record) || isHeldBack(record.scenario)) return notJudged
    // Of a server that takes more for used than was, a client that reads its headers believes it.
    if (readsHeaders(record) && !countsPerWindow(record.scenario.enforcement)) return notJudged
    const verdict: Verdict = { checks: 0, violations: [] }
    for (const endpoint of ['chat', 'embeddings', 'images'] as const) {
      for (const stretch of judgedStretches(record, endpoint))
        judge(record, endpoint, stretch, verdict)
    }
    return verdict
  },
}

function judge(
  record: RunRecord,
  endpoint: EndpointClass,
  stretch: Stretch,
  verdict: Verdict,
): void {
  verdict.checks += 1
  const share = isToldOfNothingLeft(record.scenario, stretch) ? believingShare : 1
  const fills = quotasOf(endpoint).map((quota) => ({
    id: quota.id,
    fill: meanFill(record, quota, stretch.fromMs, stretch.toMs),
    fillMin: share * (0.99 - 0.35 / Math.sqrt(quota.requestsMax)),
  }))
  const { tokens } = record.scenario
  if (tokens !== undefined && endpoint === 'chat') {
    const fill = meanTokenFill(record, tokens, stretch)
    fills.push({ id: 'tokens', fill, fillMin: share * tokenFillMin(record, tokens) })
  }
  if (fills.some(({ fill, fillMin }) => fill >= fillMin)) return
  const shown = fills
    .map(({ id, fill, fillMin }) => `${id} ${fill.toFixed(3)} of ${fillMin.toFixed(3)}`)
    .join(', ')
  const span = `from ${stretch.fromMs} to ${stretch.toMs}`
  verdict.violations.push({
    atMs: stretch.fromMs,
    message: `calls wait and the quota is not used ${span}: ${shown}`,
  })
}

/**
 * A limiter that spaces evenly needs a window to adapt: a stretch ends, and another begins, where the network or the faults
 * change, and, for a class with a tighter quota of its own, where it begins or ceases to compete for the shared one.
 */
function judgedStretches(record: RunRecord, endpoint: EndpointClass): Stretch[] {
  const endMs = record.attempts.at(-1)?.sentAtMs ?? 0
  const pauses = record.attempts.flatMap((attempt) => pauseOf(attempt, record))
  const rivals = endpoint === 'embeddings' ? waitingStretches(record, 'chat', endMs) : []
  const edges = [...rivals.flatMap(({ fromMs, toMs }) => [fromMs, toMs]), ...changesMs(record)]
  const cuts = edges.map((atMs) => ({ fromMs: atMs, toMs: atMs }))
  // Where tokens hold chat back, it competes for the shared quota by fits and starts.
  if (record.scenario.tokens !== undefined) cuts.push(...rivals)
  // What others use of the quota, nobody else can: a client that sees it, by the headers, is right to leave it to them.
  const shared = readsHeaders(record) ? record.scenario.tenants : []
  const interruptions = [...pauses, ...cuts, ...shared, ...withheld(record)]
  return without(waitingStretches(record, endpoint, endMs), interruptions)
    .map(({ fromMs, toMs }) => ({ fromMs: fromMs + 2 * windowMs, toMs }))
    .filter(({ fromMs, toMs }) => toMs - fromMs >= judgedMsMin)
}

/** Nobody can send while the process is busy, and nobody knows how much of a quota is left of it while it is cut. */
function withheld({ scenario }: RunRecord): Stretch[] {
  const stalls = (scenario.stalls ?? []).map(({ atMs, lastsMs }) => ({
    fromMs: atMs,
    toMs: atMs + lastsMs,
  }))
  const cuts = scenario.faults
    .filter((rule) => rule.do.kind === 'quota')
    .map(({ match }) => ({ fromMs: match?.fromMs ?? 0, toMs: match?.toMs ?? Infinity }))
  return [...stalls, ...cuts]
}

/** The instants at which the world becomes another one. */
function changesMs({ scenario }: RunRecord): number[] {
  const faults = scenario.faults.flatMap(({ match }) => [match?.fromMs ?? 0, match?.toMs ?? 0])
  return [scenario.faultsEndMs, ...faults, ...scenario.network.map(({ fromMs }) => fromMs)]
}

/** After a refusal for rate, its client is right to be quiet for as long as it was told. */
function pauseOf(attempt: RunRecord['attempts'][number], record: RunRecord): Stretch[] {
  if (attempt.status !== 429 || attempt.headersAtMs === undefined) return []
  const delayMs = namedDelayMs(attempt, record) ?? unnamedPauseMs
  // Jitter may be added to what was named.
  return [{ fromMs: attempt.headersAtMs, toMs: attempt.headersAtMs + delayMs + 1_000 }]
}

/** Something else may bind than a quota that is known. */
function isHeldBack({ settings, dynamic, profile }: Scenario): boolean {
  // Limits by the second are paced, at a margin, and not filled.
  return settings.concurrencyMax !== undefined || dynamic !== undefined || profile !== 'documented'
}

/** What was said before the stretch is forgotten in it: two windows are left out before each. */
function isToldOfNothingLeft({ lies = [] }: Scenario, { fromMs }: Stretch): boolean {
  return lies.some(({ tightens, toMs }) => tightens && toMs > fromMs - windowMs)
}

/** Through the interface that every subject has, no limiter sees any. */
function readsHeaders({ traits }: RunRecord): boolean {
  return traits.shippedLimiter && traits.shippedRetry
}

/** A retry that never tells the limiter of any answer leaves it nothing to free slots by. */
function isRetryMute({ traits, acquires }: RunRecord): boolean {
  const tellable = acquires.filter((acquire) => acquire.hasRelease)
  return !traits.shippedRetry && tellable.length > 0 && !tellable.some(({ released }) => released)
}
