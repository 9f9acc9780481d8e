/** The time of one run as the plots show it: cut into slices, in units that read well. */
import { lastEndMs } from '../../digest.ts'
import type { Slices } from '../../levels.ts'
import type { RunRecord } from '../../world/record.ts'

export interface TimeAxis {
  endMs: number
  slices: Slices
  unit: 's' | 'min' | 'h'
  /** Milliseconds in the axis' unit. */
  toUnit: (ms: number) => number
  /** Options of the x scale. */
  scale: { domain: [number, number]; label: string; labelAnchor: 'right'; ticks: number }
}

/** About two pixels of a narrow plot each. */
const slicesMax = 150

export function timeAxisOf(record: RunRecord): TimeAxis {
  const endMs = Math.max(1_000, lastEndMs(record))
  const sliceMs = Math.max(1, Math.ceil(endMs / slicesMax))
  const [unit, unitMs] = unitFor(endMs)
  const toUnit = (ms: number): number => ms / unitMs
  return {
    endMs,
    slices: { sliceMs, count: Math.floor(endMs / sliceMs) + 1 },
    unit,
    toUnit,
    scale: {
      domain: [0, toUnit(endMs)],
      label: `virtual time, ${unit}`,
      labelAnchor: 'right',
      ticks: 5,
    },
  }
}

function unitFor(endMs: number): ['s' | 'min' | 'h', number] {
  if (endMs < 900_000) return ['s', 1_000]
  return endMs < 4 * 3_600_000 ? ['min', 60_000] : ['h', 3_600_000]
}
