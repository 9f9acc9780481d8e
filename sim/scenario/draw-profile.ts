/**
 * Draws what a seed does under another profile than the documented one.
 *
 * The numbers of calls are those that bind for some seconds under any limit: a hundred times the limit costs no more.
 */
import type { EndpointClass } from '../../src/core/profile.ts'
import { factsOf, isTier, maxPerMinuteOf, mixedProfiles, tierNames } from '../profiles.ts'
import type { Draw } from '../world/draw.ts'
import type { DrawnCalls } from './draw-calls.ts'
import type { CallStream, Scenario } from './types.ts'

type Theme = Scenario['theme']

/** Where profiles are mixed, the seeds that press on what every profile has, each class of profiles now and then. */
export function drawProfile(
  draw: Draw,
  wanted: string,
  { theme, usesFullInterface }: { theme: Theme; usesFullInterface: boolean },
): string {
  if (wanted !== mixedProfiles) return wanted
  const isGeneral = theme === 'quota' || theme === 'storm' || theme === 'outage'
  if (!usesFullInterface || !isGeneral || !draw.chance(400)) return 'documented'
  if (draw.chance(120)) return 'unlimited'
  // One a second is missed by whoever is a little late on the way.
  return draw.chance(400) ? 'tier-free' : draw.pick(tierNames)
}

/** The nearest that there is under a profile. */
export function themeUnder(profile: string, theme: Theme, usesFullInterface: boolean): Theme {
  if (profile === 'documented') return theme
  if (!isTier(profile) && profile !== 'unlimited' && usesFullInterface) return 'dynamic'
  return theme === 'quota' || theme === 'outage' ? theme : 'storm'
}

/** Of tiers, mostly as they are enforced; and by the minute, where no client that keeps to a second is ever refused. */
export function drawTierCounting(draw: Draw): Scenario['enforcement'] {
  return draw.pick<Scenario['enforcement']>([
    { kind: 'slices', sliceMs: 1_000 },
    { kind: 'slices', sliceMs: 1_000 },
    { kind: 'slices', sliceMs: 1_000 },
    { kind: 'sliding-log' },
    { kind: 'fixed-window', phaseMs: draw.int(0, 59_999) },
    { kind: 'token-bucket' },
  ])
}

export function drawProfileCalls(
  draw: Draw,
  profile: string,
  { theme, interface: used }: Pick<Scenario, 'theme' | 'interface'>,
): DrawnCalls {
  const perMinute = maxPerMinuteOf(profile)
  const isSlow = perMinute <= 60
  const count = isSlow ? draw.int(60, 150) : draw.int(200, 500)
  // So long it takes at the limit.
  const fullMs = Math.ceil((count * 60_000) / perMinute)
  const calls =
    theme === 'outage'
      ? [stream('chat', { count, overMs: 2 * fullMs + 60_000, spacing: 'even' })]
      : drawShape(draw, count, fullMs)
  const busyMs = Math.max(20_000, 2 * fullMs)
  if (used === 'contract') return { calls, busyMs }
  return { calls: [...calls, ...drawOthers(draw, profile, busyMs)], busyMs }
}

function drawShape(draw: Draw, count: number, fullMs: number): CallStream[] {
  const half = { count: count >> 1, overMs: 0, spacing: 'even' } as const
  switch (draw.pick(['flood', 'twice', 'poisson', 'idle-then-flood'])) {
    case 'flood':
      return [stream('chat', { count, overMs: 0, spacing: 'even' })]
    case 'twice':
      return [stream('chat', half), { ...stream('chat', half), fromMs: draw.int(1, fullMs) }]
    case 'poisson':
      return [stream('chat', { count, overMs: Math.floor(fullMs / 1.2), spacing: 'poisson' })]
    default:
      return [
        stream('chat', { count: 5, overMs: 1_000, spacing: 'even' }),
        { ...stream('chat', half), fromMs: draw.int(65_000, 130_000) },
      ]
  }
}

/** The other classes, and the model that has a limit of its own. */
function drawOthers(draw: Draw, profile: string, busyMs: number): CallStream[] {
  const { images, reasoning } = factsOf(profile)
  const others: CallStream[] = []
  const add = (endpoint: EndpointClass, count: number, model?: string): void => {
    const overMs = draw.pick([0, busyMs])
    const fields = { count, overMs, spacing: 'random' as const }
    others.push({ ...stream(endpoint, fields), ...(model === undefined ? {} : { model }) })
  }
  if (draw.chance(400)) add('embeddings', draw.int(100, 250))
  if (draw.chance(400)) add('images', Math.min(120, Math.max(3, 2 * images)))
  if (reasoning !== undefined && draw.chance(400)) {
    add('chat', Math.min(150, 3 * reasoning), 'deepseek-ai/DeepSeek-R1')
  }
  return others
}

function stream(
  endpoint: EndpointClass,
  fields: Pick<CallStream, 'count' | 'overMs' | 'spacing'>,
): CallStream {
  return { fromMs: 0, ...fields, endpoint }
}
