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
  probeHasRelease: boolean
}

/** The used limiter's time, and that of a fresh one of the same make. */
export async function probeLimiter(
  time: VirtualTime,
  subject: Subject,
  scenario: Scenario,
  limiter: SubjectLimiter,
): Promise<ProbeResult> {
  const used = await timeGrants(time, limiter, scenario.maxPerMinute)
  const unused = createScenarioLimiter(subject, scenario)
  const fresh = await timeGrants(time, unused, scenario.maxPerMinute)
  return {
    probeMs: used.tookMs,
    freshProbeMs: fresh.tookMs,
    probeHasRelease: used.hasRelease,
  }
}

/** How long `count` grants take, asked for together and each released at once; infinite where they do not come. */
async function timeGrants(
  time: VirtualTime,
  limiter: SubjectLimiter,
  count: number,
): Promise<{ tookMs: number; hasRelease: boolean }> {
  const startMs = time.now()
  let granted = 0
  let lastMs = startMs
  let hasRelease = false
  let isOver = false
  const stopTimer = systemClock.setTimer(() => {
    isOver = true
  }, givenUpMs)
  const ask = async (): Promise<void> => {
    const permit = (await limiter.acquire()) as SubjectPermit | undefined
    granted += 1
    lastMs = time.now()
    hasRelease ||= typeof permit?.release === 'function'
    permit?.release?.()
  }
  // A refusal is a grant that does not come.
  for (let index = 0; index < count; index += 1) ask().catch(() => undefined)
  await time.drain()
  while (!isOver && granted < count) await time.step()
  stopTimer()
  return { tookMs: granted < count ? Number.POSITIVE_INFINITY : lastMs - startMs, hasRelease }
}
