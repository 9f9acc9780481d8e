/** How long the ends took, against the bound that was computed for each. */
import * as Plot from '@observablehq/plot'
import type { BoundUse } from '../../invariants/types.ts'
import type { RunSummary } from '../../judge.ts'
import { usesOfBounds, type UsedBound } from '../bound-uses.ts'
import { draw } from './canvas.ts'
import type { Figure } from './figure.ts'

const kinds = [
  { what: 'drained', words: 'all calls ended', colour: 'var(--blue)', symbol: 'circle' },
  {
    what: 'recovered',
    words: '95 % of the quota in use',
    colour: 'var(--green)',
    symbol: 'triangle',
  },
  { what: 'long run', words: 'a long run ended', colour: 'var(--violet)', symbol: 'square' },
] as const

/** What is shorter is shown as this: a logarithmic axis has no 0. */
const shortestS = 0.1
const ticksS = [0.1, 1, 10, 60, 600, 3_600, 36_000, 360_000, 3_600_000]

export function plotBounds(summaries: readonly RunSummary[]): Figure | undefined {
  const { uses } = usesOfBounds(summaries)
  if (uses.length === 0) return undefined
  return {
    title: 'How long the end took, against the computed bound',
    plot: drawUses(uses),
    legend: [
      ...kinds.filter(({ what }) => uses.some((use) => use.what === what)),
      { words: 'the bound', colour: 'var(--red)' },
    ],
    seen: 'Once nothing new goes wrong and nothing new begins, everything has to end, and the throughput to come back, by a time computed from the queue, the quota and the longest wait that was named. What had ended before lies on the lower edge.',
    bad: 'anything in the red, above the line: a call that waits for ever, or work that is forgotten.',
  }
}

function drawUses(uses: readonly UsedBound[]): ReturnType<typeof draw> {
  const dots = uses.map(({ what, ...use }) => ({ what, ...secondsOf(use) }))
  const bounds = dots.map(({ x }) => x)
  const [firstS, lastS] = [Math.min(...bounds) / 1.3, Math.max(...bounds) * 1.3]
  const topS = 1.3 * Math.max(lastS, ...dots.map(({ y }) => y))
  const line = [firstS, lastS].map((boundS) => ({ x: boundS, y: boundS }))
  const [xTicks, yTicks] = [ticksWithin(firstS, lastS), ticksWithin(shortestS, topS)]
  // As text: by itself a logarithmic axis names powers of ten only.
  const text = formatSeconds
  return draw({
    label: `Time that ${uses.length} ends took after the faults, against the bound computed for each, on logarithmic axes`,
    marginLeft: 52,
    x: { type: 'log', domain: [firstS, lastS] },
    y: { type: 'log', domain: [shortestS, topS] },
    marks: [
      Plot.gridY(yTicks),
      Plot.axisX(xTicks, { text, label: 'bound', labelAnchor: 'right', labelOffset: 40 }),
      Plot.axisY(yTicks, { text, label: 'what it took' }),
      Plot.areaY(line, { x: 'x', y1: 'y', y2: topS, fill: 'var(--red)', fillOpacity: 0.12 }),
      Plot.lineY(line, { x: 'x', y: 'y', stroke: 'var(--red)', strokeWidth: 2 }),
      ...kinds.map(({ what, colour, symbol }) =>
        Plot.dot(
          dots.filter((dot) => dot.what === what),
          { x: 'x', y: 'y', symbol, r: 2.4, fill: colour, fillOpacity: 0.75 },
        ),
      ),
    ],
  })
}

/** What never ended is shown far up in the red. */
function secondsOf({ actualMs, boundMs }: Omit<BoundUse, 'what'>): { x: number; y: number } {
  const tookMs = actualMs ?? 10 * boundMs
  return { x: boundMs / 1_000, y: Math.max(shortestS, tookMs / 1_000) }
}

function ticksWithin(firstS: number, lastS: number): number[] {
  return ticksS.filter((seconds) => seconds >= firstS && seconds <= lastS)
}

function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  return seconds < 3_600 ? `${seconds / 60} min` : `${seconds / 3_600} h`
}
