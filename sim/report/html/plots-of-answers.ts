/** What came of the requests of one run, and how long it took. */
import * as Plot from '@observablehq/plot'
import { endingOf, type Ending } from '../../digest.ts'
import type { AttemptRecord, RunRecord } from '../../world/record.ts'
import { backdropLegend, drawBackdrop } from './backdrop.ts'
import { draw } from './canvas.ts'
import { endingStyles, type EndingStyle } from './endings.ts'
import type { Figure } from './figure.ts'
import type { TimeAxis } from './time-axis.ts'

/** Wide enough for an eye to see a single bar. */
const barsMax = 50

/** Requests by when they were sent and how they ended. */
export function plotAnswers(record: RunRecord, axis: TimeAxis): Figure {
  const barMs = axis.endMs / barsMax
  const counts = new Map<string, { slice: number; ending: Ending; requests: number }>()
  for (const attempt of record.attempts) {
    const slice = Math.min(barsMax - 1, Math.floor(attempt.sentAtMs / barMs))
    const ending = endingOf(attempt)
    const key = `${slice} ${ending}`
    const bar = counts.get(key) ?? { slice, ending, requests: 0 }
    bar.requests += 1
    counts.set(key, bar)
  }
  const bars = [...counts.values()].map(({ slice, ...bar }) => ({
    ...bar,
    x1: axis.toUnit(slice * barMs),
    x2: axis.toUnit((slice + 1) * barMs),
  }))
  const styles = stylesIn(record)
  return {
    title: 'Attempts, and how they ended',
    plot: draw({
      label: `Requests sent over time, by how they ended: ${describeCounts(record, styles)}`,
      x: axis.scale,
      y: { label: `requests in ${formatLength(barMs)}`, grid: true, ticks: 5, nice: true },
      color: {
        domain: styles.map(({ ending }) => ending),
        range: styles.map(({ colour }) => colour),
      },
      marks: [
        ...drawBackdrop(record, axis),
        Plot.rectY(
          bars,
          Plot.stackY(
            { order: styles.map(({ ending }) => ending) },
            { x1: 'x1', x2: 'x2', y: 'requests', fill: 'ending', z: 'ending', inset: 0.3 },
          ),
        ),
        Plot.ruleY([0]),
      ],
    }),
    legend: [...styles, ...backdropLegend(record, axis)],
    seen: `Each bar by when its requests were sent: ${describeCounts(record, styles)}.`,
    bad: 'bars that stay another colour than blue when the faults are over, where the server itself refuses nothing.',
  }
}

/** Of the dots that fall on the same few pixels one is drawn. */
const cellsAcross = 90
const cellsPerOctave = 4

export function plotLatency(record: RunRecord, axis: TimeAxis): Figure | undefined {
  const styles = stylesIn(record)
  const dots = styles.map((style) => ({
    style,
    points: thin(
      record.attempts.filter((attempt) => endingOf(attempt) === style.ending),
      axis,
    ),
  }))
  if (dots.every(({ points }) => points.length === 0)) return undefined
  return {
    title: 'Latency',
    plot: draw({
      label:
        'Seconds from sending a request to its headers or its failure, on a logarithmic axis, over time',
      x: axis.scale,
      y: {
        type: 'log',
        nice: true,
        label: 's to the headers, or to the failure',
        grid: true,
        ticks: 4,
        tickFormat: formatSeconds,
      },
      marks: [
        ...drawBackdrop(record, axis),
        ...dots.map(({ style: { colour, symbol }, points }) =>
          Plot.dot(points, {
            x: 'x',
            y: 'y',
            symbol,
            r: symbol === 'circle' ? 1.4 : 2.4,
            ...(symbol === 'times' ? { stroke: colour } : { fill: colour }),
          }),
        ),
      ],
    }),
    legend: [...styles, ...backdropLegend(record, axis)],
    seen: 'Drawn from the seed, together with stalls, hangs and lost connections; what ends at the attempt timeout lies on one line.',
    bad: 'dots above the attempt timeout: a request that nobody ended.',
  }
}

function thin(attempts: readonly AttemptRecord[], axis: TimeAxis): { x: number; y: number }[] {
  const byCell = new Map<string, { x: number; y: number }>()
  for (const { sentAtMs, headersAtMs, endedAtMs } of attempts) {
    const untilMs = headersAtMs ?? endedAtMs
    if (untilMs === undefined) continue
    const tookMs = Math.max(1, untilMs - sentAtMs)
    const across = Math.floor((cellsAcross * sentAtMs) / axis.endMs)
    const cell = `${across} ${Math.floor(cellsPerOctave * Math.log2(tookMs))}`
    if (!byCell.has(cell)) byCell.set(cell, { x: axis.toUnit(sentAtMs), y: tookMs / 1_000 })
  }
  return [...byCell.values()]
}

function stylesIn(record: RunRecord): EndingStyle[] {
  const endings = new Set(record.attempts.map(endingOf))
  return endingStyles.filter(({ ending }) => endings.has(ending))
}

function describeCounts(record: RunRecord, styles: readonly EndingStyle[]): string {
  const parts = styles.map(({ ending, words }) => {
    const requests = record.attempts.filter((attempt) => endingOf(attempt) === ending).length
    return `${requests.toLocaleString('en-US')} ${words}`
  })
  return parts.join(', ')
}

function formatLength(ms: number): string {
  return ms < 90_000 ? `${(ms / 1_000).toFixed(1)} s` : `${(ms / 60_000).toFixed(1)} min`
}

function formatSeconds(seconds: number): string {
  return seconds < 1 ? String(seconds) : seconds.toFixed(0)
}
