/** Draws deaths of the client's process, with calls waiting and under way; another takes its place at once. */
import type { Draw } from '../world/draw.ts'
import type { Restart, Scenario } from './types.ts'

export interface RestartsFrame {
  theme: Scenario['theme']
  /** Nothing changes in the course of the run. */
  isSteady: boolean
  busyMs: number
}

export function drawRestarts(draw: Draw, { theme, isSteady, busyMs }: RestartsFrame): Restart[] {
  const isGeneral = theme === 'quota' || theme === 'storm' || theme === 'outage'
  if (!isGeneral || isSteady || !draw.chance(theme === 'quota' ? 700 : 400)) return []
  // Where the quota is judged, each process knows that it is not the first.
  const initialUsage = theme === 'quota' ? 1 : draw.pick([0, 0, 1])
  const restarts: Restart[] = []
  // A process that dies may well die again as soon as it has begun.
  const gapMsMax = draw.pick([Math.floor(busyMs / 2), 10_000])
  let atMs = draw.int(1_000, Math.floor(busyMs / 2))
  for (let count = draw.int(1, 4); count > 0; count -= 1) {
    restarts.push({ atMs, initialUsage })
    atMs += draw.int(500, gapMsMax)
  }
  return restarts
}
