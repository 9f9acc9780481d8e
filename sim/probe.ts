/** Asks an idle limiter for a whole window's requests at once: one that holds nothing back grants them in a window. */
import { systemClock } from '../src/core/clock.ts'
import { windowMs } from './quota.ts'
import type { Scenario } from './scenario/types.ts'
import { createScenarioLimiter } from './subjects/shipped.ts'
import type { Subject, SubjectLimiter, SubjectPermit } from './subjects/types.ts'
import type { VirtualTime } from './world/time.ts'

const givenUpMs = 3 * windowMs

export interface ProbeResult {
  probeMs: number
  freshProbeMs: number
  /** How much later than by the fresh limiter a grant came at the most, grant by grant. */
  probeLagMs: number
  probeHasRelease: boolean
}

/** The used limiter's time, and that of a fresh one of the same make. */
export async function probeLimiter(
  time: VirtualTime,
  subject: Subject,
  scenario: Scenario,
  limiter: SubjectLimiter,
): Promise<ProbeResult> {
  const used = await timeGrants(time, limiter, scenario)
  const unused = createScenarioLimiter(subject, scenario)
  const fresh = await timeGrants(time, unused, scenario)
  return {
    probeMs: used.tookMs,
    freshProbeMs: fresh.tookMs,
    probeLagMs: lagOf(used.grantedAfterMs, fresh.grantedAfterMs),
    probeHasRelease: used.hasRelease,
  }
}

/**
 * How long a window's grants take, asked for together and each released at once; infinite where they do not come. Where
 * tokens are limited, they take a window's tokens with them.
 */
async function timeGrants(
  time: VirtualTime,
  limiter: SubjectLimiter,
  { maxPerMinute: count, tokens }: Scenario,
): Promise<{ tookMs: number; grantedAfterMs: number[]; hasRelease: boolean }> {
  const startMs = time.now()
  const grantedAfterMs: number[] = []
  const request = tokens === undefined ? [] : [{ tokens: Math.floor(tokens.tokensMax / count) }]
  let hasRelease = false
  let isOver = false
  const stopTimer = systemClock.setTimer(() => {
    isOver = true
  }, givenUpMs)
  const ask = async (): Promise<void> => {
    const permit = (await limiter.acquire(...request)) as SubjectPermit | undefined
    grantedAfterMs.push(time.now() - startMs)
    hasRelease ||= typeof permit?.release === 'function'
    permit?.release?.()
  }
  // A refusal is a grant that does not come.
  for (let index = 0; index < count; index += 1) ask().catch(() => undefined)
  await time.run(() => isOver || grantedAfterMs.length === count)
  stopTimer()
  const tookMs =
    grantedAfterMs.length < count ? Number.POSITIVE_INFINITY : (grantedAfterMs.at(-1) ?? 0)
  return { tookMs, grantedAfterMs, hasRelease }
}

/** Infinite where a grant did not come that came from the fresh limiter. */
function lagOf(used: readonly number[], fresh: readonly number[]): number {
  return fresh.reduce(
    (lagMs, afterMs, index) => Math.max(lagMs, (used[index] ?? Number.POSITIVE_INFINITY) - afterMs),
    0,
  )
}
