/**
 * Ways to count, drawn: windows and bursts of a few dozen milliseconds, phases in quarters of one.
 *
 * A quarter of a millisecond is exact in floating point: an oracle may compare with equality.
 */

import * as fc from 'fast-check'
import type { Enforcement } from '../../src/server/handler.ts'

const phases = fc.integer({ min: -1_000, max: 1_000 }).map((quarters) => quarters / 4)
const spans = fc.integer({ min: 1, max: 120 })

/** @internal */
export const enforcements: fc.Arbitrary<Enforcement> = fc.oneof(
  phases.map((phaseMs) => ({ kind: 'fixed-window' as const, phaseMs })),
  fc.constant({ kind: 'sliding-log' as const }),
  phases.map((phaseMs) => ({ kind: 'sliding-counter' as const, phaseMs })),
  fc.constant({ kind: 'token-bucket' as const }),
  spans.map((burstMs) => ({ kind: 'token-bucket' as const, burstMs })),
  spans.map((burstMs) => ({ kind: 'gcra' as const, burstMs })),
  spans.map((sliceMs) => ({ kind: 'slices' as const, sliceMs })),
)
