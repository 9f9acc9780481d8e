/** Draws how the server counts, where it is not one of the usual ways, and what becomes of its counts in the course of a run. */
import type { FaultRule } from '../../src/server/handler.ts'
import { isTier } from '../profiles.ts'
import { windowMs } from '../quota.ts'
import type { Draw } from '../world/draw.ts'
import { drawTierCounting } from './draw-profile.ts'
import type { FaultsFrame } from './draw-faults.ts'
import type { Scenario } from './types.ts'

/**
 * The generic cell rate with a window's burst is a token bucket by another name, of which the promise holds. Of the coarse
 * ones no promise can: they are for seeds in which refusals for rate are a matter of course.
 */
export function drawCounting(
  draw: Draw,
  { theme, profile }: Pick<Scenario, 'theme' | 'profile'>,
): Scenario['enforcement'] | undefined {
  if (isTier(profile)) return drawTierCounting(draw)
  const allowsCoarse = theme === 'storm' || theme === 'outage'
  if (allowsCoarse && draw.chance(250)) return drawCoarse(draw)
  return draw.chance(120) ? { kind: 'gcra', burstMs: windowMs } : undefined
}

function drawCoarse(draw: Draw): Scenario['enforcement'] {
  return draw.pick<Scenario['enforcement']>([
    { kind: 'sliding-counter', phaseMs: draw.int(0, 59_999) },
    { kind: 'slices', sliceMs: draw.pick([1_000, 1_000, 5_000]) },
    { kind: 'token-bucket', burstMs: draw.pick([1_000, 10_000]) },
    { kind: 'gcra', burstMs: draw.pick([1_000, 10_000]) },
  ])
}

/** A server that is started anew and has forgotten what it counted, and a quota that is cut and given back. */
export function drawQuotaFaults(draw: Draw, frame: FaultsFrame, toMs: number): FaultRule[] {
  if (frame.theme === 'work' || frame.theme === 'dynamic') return []
  const rules: FaultRule[] = []
  if (draw.chance(150)) {
    const match = { endpoint: 'chat', nth: draw.int(20, 400), toMs } as const
    rules.push({ id: 'counts-lost', match, do: { kind: 'forget' } })
  }
  const allowsRefusals = frame.theme !== 'quota' && frame.theme !== 'tokens'
  if (allowsRefusals && draw.chance(180)) {
    const fromMs = draw.int(0, toMs >> 1)
    const match = { fromMs, toMs: Math.min(toMs, fromMs + draw.int(20_000, 120_000)) }
    rules.push({ id: 'quota-cut', match, do: { kind: 'quota', share: draw.pick([0.2, 0.5, 0.8]) } })
  }
  return rules
}
