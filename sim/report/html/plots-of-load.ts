/** How full the limits are in one run, and what waits for them. */
import * as Plot from '@observablehq/plot'
import { quotasUsed, windowHolds } from '../../digest.ts'
import { levelsIn, type Held } from '../../levels.ts'
import { holdsOf } from '../../token-fill.ts'
import type { RunRecord } from '../../world/record.ts'
import { backdropLegend, drawBackdrop } from './backdrop.ts'
import { draw } from './canvas.ts'
import type { Figure } from './figure.ts'
import type { TimeAxis } from './time-axis.ts'

const quotaColours = ['var(--blue)', 'var(--green)', 'var(--violet)', 'var(--grey)']
const limitRule = Plot.ruleY([100], { stroke: 'var(--red)', strokeWidth: 1.5 })
const limitEntry = { words: 'the limit', colour: 'var(--red)', shape: 'line' } as const
const percentScale = { label: '% of the limit', grid: true, ticks: 5 }
/** Per cent up to which the scale goes at the least: the limit must not lie on the edge. */
const topPercent = 112

/** Requests that the server has to count, for each quota; a limit that moves has no line to be held against. */
export function plotWindow(record: RunRecord, axis: TimeAxis): Figure | undefined {
  if (record.scenario.dynamic !== undefined) return undefined
  const lines = quotasUsed(record)
    .map((quota) => ({
      quota,
      points: percentOf(windowHolds(record, quota), quota.requestsMax, axis),
    }))
    .filter(({ points }) => points.some(({ y }) => y > 0))
    .filter(isFirstOfItsKind)
    .map((line, index) => ({ ...line, colour: quotaColours[index] ?? 'var(--grey)' }))
  if (lines.length === 0) return undefined
  const highest = Math.max(topPercent, ...lines.flatMap(({ points }) => points.map(({ y }) => y)))
  return {
    title: 'Requests in the last 60 s, against the limit',
    plot: draw({
      label:
        'Requests that the server counted in the last 60 seconds, in per cent of the limit, over time',
      x: axis.scale,
      y: { ...percentScale, domain: [0, highest] },
      marks: [
        ...drawBackdrop(record, axis),
        ...lines.map(({ points, colour }) => drawLine(points, colour)),
        limitRule,
      ],
    }),
    legend: [
      ...lines.map(({ quota, colour }) => ({
        words: `${quota.id}: ${quota.requestsMax} a minute`,
        colour,
        shape: 'line' as const,
      })),
      limitEntry,
      ...backdropLegend(record, axis),
    ],
    seen: 'The highest value of each slice of time. With work waiting, a line climbs to its limit and stays close under it; where nobody tells the limiter of answers, lower by its arrival bound.',
    bad: 'a line above the limit; or one far below it while calls wait and nothing pauses them.',
  }
}

/** Calls that the limiter has not let go yet, and requests without an answer. */
export function plotQueue(record: RunRecord, axis: TimeAxis): Figure {
  const waits = record.acquires.map(({ calledAtMs, grantedAtMs, failedAtMs }) => ({
    fromMs: calledAtMs,
    toMs: grantedAtMs ?? failedAtMs ?? axis.endMs,
    amount: 1,
  }))
  const flights = record.attempts.map(({ sentAtMs, headersAtMs, failedAtMs, endedAtMs }) => ({
    fromMs: sentAtMs,
    toMs: headersAtMs ?? failedAtMs ?? endedAtMs ?? axis.endMs,
    amount: 1,
  }))
  const [queue, flying] = [waits, flights].map((held) => pointsOf(held, axis)) as [Point[], Point[]]
  return {
    title: 'The queue',
    plot: draw({
      label: 'Calls that wait in the limiter, and requests that wait for their answer, over time',
      x: axis.scale,
      y: { label: 'calls', grid: true, ticks: 5, nice: true },
      marks: [
        ...drawBackdrop(record, axis),
        Plot.areaY(queue, { x: 'x', y: 'y', fill: 'var(--blue)', fillOpacity: 0.25 }),
        drawLine(queue, 'var(--blue)'),
        drawLine(flying, 'var(--green)'),
        Plot.ruleY([0]),
      ],
    }),
    legend: [
      { words: 'waiting in the limiter', colour: 'var(--blue)', shape: 'line' },
      { words: 'sent, no answer yet', colour: 'var(--green)', shape: 'line' },
      ...backdropLegend(record, axis),
    ],
    seen: 'What arrives faster than the limit allows waits here, and is worked off at the rate of the quota.',
    bad: 'a queue that does not fall when the faults are over, or does not reach 0.',
  }
}

/** What the calls hold of a limit in tokens. */
export function plotTokens(record: RunRecord, axis: TimeAxis): Figure | undefined {
  const { tokens: plan } = record.scenario
  if (plan === undefined) return undefined
  const holds = record.attempts
    .filter(({ call }) => call.tokens > 0)
    .flatMap((attempt) => holdsOf(attempt, plan))
    .map(({ tokens, ...span }) => ({ ...span, amount: tokens }))
  const points = percentOf(holds, plan.tokensMax, axis)
  const highest = Math.max(topPercent, ...points.map(({ y }) => y))
  const limit = plan.tokensMax.toLocaleString('en-US')
  return {
    title: 'Tokens held, against the limit',
    plot: draw({
      label: `Tokens that calls hold of the limit of ${limit} a minute, in per cent, over time`,
      x: axis.scale,
      y: { ...percentScale, domain: [0, highest] },
      marks: [
        ...drawBackdrop(record, axis),
        Plot.areaY(points, { x: 'x', y: 'y', fill: 'var(--violet)', fillOpacity: 0.25 }),
        drawLine(points, 'var(--violet)'),
        limitRule,
      ],
    }),
    legend: [
      { words: `tokens of ${limit} a minute`, colour: 'var(--violet)', shape: 'line' },
      limitEntry,
      ...backdropLegend(record, axis),
    ],
    seen: 'Each call holds its estimate until its answer has ended, and then, for a window, what the server counts.',
    bad: 'a line above the limit, unless a single call is larger than it; or one far below it while calls wait for tokens.',
  }
}

/** A shared quota that only one class draws on looks like that class's own. */
function isFirstOfItsKind(
  { points }: { points: readonly Point[] },
  index: number,
  lines: readonly { points: readonly Point[] }[],
): boolean {
  return lines.findIndex((line) => line.points.every(({ y }, at) => y === points[at]?.y)) === index
}

interface Point {
  x: number
  y: number
}

function percentOf(held: readonly Held[], limit: number, axis: TimeAxis): Point[] {
  return pointsOf(held, axis).map(({ x, y }) => ({ x, y: (100 * y) / limit }))
}

function pointsOf(held: readonly Held[], { slices, toUnit }: TimeAxis): Point[] {
  return levelsIn(slices, held).map(({ atMs, level }) => ({ x: toUnit(atMs), y: level }))
}

function drawLine(points: readonly Point[], stroke: string): Plot.Markish {
  return Plot.lineY(points, { x: 'x', y: 'y', stroke, strokeWidth: 1.8 })
}
