/** What is behind every plot of a run: when somebody had been told to wait, and where the faults end. */
import * as Plot from '@observablehq/plot'
import { namedDelayMs } from '../../hints.ts'
import type { Stretch } from '../../invariants/waiting.ts'
import type { RunRecord } from '../../world/record.ts'
import type { LegendEntry } from './figure.ts'
import type { TimeAxis } from './time-axis.ts'

/** After a refusal for rate, for as long as it named; those that overlap are one. */
export function pausesOf(record: RunRecord): Stretch[] {
  const pauses = record.attempts.flatMap((attempt) => {
    const { status, headersAtMs: fromMs } = attempt
    const delayMs = status === 429 ? namedDelayMs(attempt, record) : undefined
    return fromMs === undefined || delayMs === undefined ? [] : [{ fromMs, toMs: fromMs + delayMs }]
  })
  const merged: Stretch[] = []
  for (const pause of pauses.toSorted((one, two) => one.fromMs - two.fromMs)) {
    const last = merged.at(-1)
    if (last === undefined || pause.fromMs > last.toMs) merged.push({ ...pause })
    else last.toMs = Math.max(last.toMs, pause.toMs)
  }
  return merged
}

export function drawBackdrop(record: RunRecord, axis: TimeAxis): Plot.Markish[] {
  const pauses = pausesOf(record)
    .filter(({ fromMs }) => fromMs < axis.endMs)
    .map(({ fromMs, toMs }) => ({
      x1: axis.toUnit(fromMs),
      x2: axis.toUnit(Math.min(axis.endMs, toMs)),
    }))
  return [
    Plot.rect(pauses, { x1: 'x1', x2: 'x2', fill: 'var(--amber)', fillOpacity: 0.18 }),
    ...(endsWithin(record, axis)
      ? [
          Plot.ruleX([axis.toUnit(record.scenario.faultsEndMs)], {
            stroke: 'var(--muted)',
            strokeDasharray: '3 3',
          }),
        ]
      : []),
  ]
}

export function backdropLegend(record: RunRecord, axis: TimeAxis): LegendEntry[] {
  return [
    ...(pausesOf(record).length > 0
      ? [
          {
            words: 'a 429 has named a wait, for its model',
            colour: 'var(--amber)',
            shape: 'band' as const,
          },
        ]
      : []),
    ...(endsWithin(record, axis)
      ? [{ words: 'the faults end', colour: 'var(--muted)', shape: 'dashes' as const }]
      : []),
  ]
}

function endsWithin({ scenario }: RunRecord, { endMs }: TimeAxis): boolean {
  return scenario.faultsEndMs > 0 && scenario.faultsEndMs < endMs
}
