/** Draws how long messages take. What the promise needs is kept: no request is under way for longer than its bound. */
import type { Draw } from '../world/draw.ts'
import { windowMs } from '../quota.ts'
import type { Latency, NetworkPhase, Scenario } from './types.ts'

export interface NetworkFrame {
  arrivalBoundMs: number
  driftPpm: number
  /** Nothing changes in the course of the run. */
  isSteady: boolean
}

export function drawNetwork(draw: Draw, frame: NetworkFrame, busyMs: number): NetworkPhase[] {
  // A clock that drifts by 100 ppm moves 6 ms in a window: ways of 5 ms each, and a bound that is not met to the last
  // millisecond, leave a correct client its margin.
  const minMs = frame.driftPpm === 0 ? 0 : 5
  const maxMs = frame.driftPpm === 0 ? frame.arrivalBoundMs : frame.arrivalBoundMs - 50
  if (!frame.isSteady && draw.chance(200)) return drawSwing(draw, { minMs, maxMs, busyMs })
  const first = drawPhase(draw, minMs, maxMs)
  if (frame.isSteady || !draw.chance(400)) return [{ fromMs: 0, ...first }]
  // From slow to fast in the middle of the work is what bunches requests most.
  const changeMs = draw.int(1, Math.max(2, Math.floor(busyMs / 2)))
  return [
    { fromMs: 0, ...first },
    { fromMs: changeMs, ...drawPhase(draw, minMs, maxMs) },
  ]
}

/**
 * The worst that the promise allows: every way as long as it may be, and from one moment on as short as can be. What was
 * sent before arrives together with what is sent after.
 */
function drawSwing(
  draw: Draw,
  { minMs, maxMs, busyMs }: { minMs: number; maxMs: number; busyMs: number },
): NetworkPhase[] {
  const changeMs = draw.int(maxMs, Math.max(maxMs + 1, busyMs - windowMs))
  const quick: Latency = { kind: 'uniform', minMs, maxMs: minMs + 4 }
  const rest = { service: quick, back: quick, body: { kind: 'fixed', ms: 0 } } as const
  return [
    { fromMs: 0, out: { kind: 'fixed', ms: maxMs }, ...rest },
    { fromMs: changeMs, out: quick, ...rest },
  ]
}

/** Long generations: an answer is under way for as long as some clients have patience, and longer. */
export function lengthenAnswers(
  draw: Draw,
  { theme }: Pick<Scenario, 'theme'>,
  phases: NetworkPhase[],
): NetworkPhase[] {
  const isOwnAffair = theme === 'tokens' || theme === 'dynamic' || theme === 'work'
  if (isOwnAffair || !draw.chance(120)) return phases
  const body = {
    kind: 'uniform',
    minMs: draw.int(500, 4_000),
    maxMs: draw.int(4_000, 20_000),
  } as const
  return phases.map((phase) => ({ ...phase, body }))
}

function drawPhase(draw: Draw, minMs: number, maxMs: number): Omit<NetworkPhase, 'fromMs'> {
  return {
    out: drawWay(draw, minMs, maxMs),
    service: drawService(draw),
    back: drawWay(draw, minMs, Math.min(maxMs, 400)),
    body: draw.chance(500) ? { kind: 'fixed', ms: 0 } : { kind: 'uniform', minMs: 1, maxMs: 60 },
  }
}

function drawWay(draw: Draw, minMs: number, maxMs: number): Latency {
  switch (draw.pick(['fixed', 'uniform', 'lognormal', 'lognormal', 'wide'])) {
    case 'fixed':
      return { kind: 'fixed', ms: clamp(draw.int(1, 400), minMs, maxMs) }
    case 'uniform': {
      const fromMs = clamp(draw.int(1, 60), minMs, maxMs)
      return {
        kind: 'uniform',
        minMs: fromMs,
        maxMs: clamp(fromMs + draw.int(10, 1_500), minMs, maxMs),
      }
    }
    case 'wide':
      return { kind: 'uniform', minMs, maxMs }
    default:
      return {
        kind: 'lognormal',
        medianMs: draw.int(20, 300),
        sigma: draw.pick([0.5, 0.8, 1.2]),
        minMs,
        maxMs,
      }
  }
}

function drawService(draw: Draw): Latency {
  if (draw.chance(200)) return { kind: 'fixed', ms: draw.int(0, 300) }
  const isLong = draw.chance(200)
  const medianMs = isLong ? draw.int(2_000, 8_000) : draw.int(60, 900)
  return { kind: 'lognormal', medianMs, sigma: 0.6, minMs: 1, maxMs: 30_000 }
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value))
}
