/** Draws a limit that moves, small and quick: what takes Together hours takes minutes here. */
import type { FaultRule } from '../../src/server/handler.ts'
import type { Draw } from '../world/draw.ts'
import type { CallStream, DynamicPlan } from './types.ts'

/** @param profile - Where it is a dynamic one, with its headers. */
export function drawDynamic(draw: Draw, profile: string): DynamicPlan {
  const headers = draw.pick(['dynamic-2026-01', 'dynamic'] as const)
  return {
    headers: profile === 'dynamic' || profile === 'dynamic-2026-01' ? profile : headers,
    basePerMinute: draw.int(40, 80),
    capPerMinute: draw.int(200, 360),
    memoryMs: draw.pick([60_000, 90_000, 120_000]),
  }
}

/** One model, and always more work than its limit lets through. */
export function drawDynamicCalls(draw: Draw): { calls: CallStream[]; busyMs: number } {
  const count = draw.int(700, 1_100)
  const flood = { fromMs: 0, count, overMs: 0, spacing: 'even', endpoint: 'chat' } as const
  return { calls: [{ ...flood, model: 'simulated/chat' }], busyMs: count * 300 }
}

/** Refusals that name no wait, a server that is short of capacity for seconds, and a few failures of the network. */
export function drawDynamicFaults(draw: Draw, toMs: number): FaultRule[] {
  const faults: FaultRule[] = []
  for (const index of [0, 1, 2, 3]) {
    const fromMs = draw.int(20_000, Math.max(20_000, toMs - 10_000))
    faults.push({
      id: `overload-${index}`,
      match: { fromMs, toMs: fromMs + draw.int(1_500, 4_000), perMille: draw.int(500, 1_000) },
      do: { kind: 'status', status: 503 },
    })
  }
  if (draw.chance(500))
    faults.push({ id: 'silent', match: { toMs }, do: { kind: 'hints', say: 'none' } })
  if (draw.chance(300))
    faults.push({
      id: 'refusal',
      match: { toMs, perMille: draw.int(2, 8) },
      do: { kind: 'status', status: 429 },
    })
  if (draw.chance(300))
    faults.push({
      id: 'lost',
      match: { toMs, perMille: draw.int(2, 10) },
      do: { kind: 'drop', when: 'after' },
    })
  return faults
}
