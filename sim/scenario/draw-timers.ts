/** Draws what befalls the timers of the client's process: times in which it is busy, and a host that fires them early. */
import type { Draw } from '../world/draw.ts'
import type { EarlyTimers, Scenario, Stall } from './types.ts'

export interface TimersFrame {
  theme: Scenario['theme']
  interface: Scenario['interface']
  /** Nothing changes in the course of the run. */
  isSteady: boolean
  busyMs: number
}

export function drawTimers(
  draw: Draw,
  frame: TimersFrame,
): Pick<Scenario, 'stalls' | 'earlyTimers'> {
  // How far requests are apart is judged there to a hundredth.
  if (frame.theme === 'dynamic') return {}
  // Most where the quota is judged: what piles up meanwhile must not go out at once.
  const stallsPerMille = frame.theme === 'quota' ? 450 : 150
  const stalls =
    !frame.isSteady && draw.chance(stallsPerMille) ? drawStalls(draw, frame.busyMs) : []
  return {
    ...(stalls.length === 0 ? {} : { stalls }),
    ...(draw.chance(200) ? { earlyTimers: drawEarly(draw, frame) } : {}),
  }
}

/** From a collection of garbage to a lid that is closed; in the middle of the work, each after the one before. */
function drawStalls(draw: Draw, busyMs: number): Stall[] {
  const stalls: Stall[] = []
  let fromMs = 1
  for (let count = draw.int(1, 3); count > 0; count -= 1) {
    const atMs = draw.int(fromMs, fromMs + Math.max(1, Math.floor(busyMs / 3)))
    const lastsMs = draw.pick([
      draw.int(50, 500),
      draw.int(500, 5_000),
      draw.int(5_000, 30_000),
      draw.int(5_000, 30_000),
      draw.int(60_000, 200_000),
    ])
    stalls.push({ atMs, lastsMs })
    fromMs = atMs + lastsMs + 1
  }
  return stalls
}

/** Node's own millisecond; some hosts are worse, which only the shipped module has to stand. */
function drawEarly(draw: Draw, frame: TimersFrame): EarlyTimers {
  const byMsMax = draw.pick([1, 1, 3])
  return {
    perMille: draw.pick([50, 300, 1_000]),
    byMsMax: frame.interface === 'full' ? byMsMax : 1,
  }
}
