/** The fullest window of each run that is alone with its quota: whether the limit holds, and whether it was pressed on. */
import * as Plot from '@observablehq/plot'
import type { RunSummary } from '../../judge.ts'
import { draw } from './canvas.ts'
import type { Figure } from './figure.ts'

interface Run {
  seed: number
  percent: number
}

export function plotWindows(summaries: readonly RunSummary[]): Figure | undefined {
  const runs = summaries.flatMap(({ seed, digest }): Run[] =>
    digest?.fullestWindow === undefined ? [] : [{ seed, percent: 100 * digest.fullestWindow }],
  )
  if (runs.length === 0) return undefined
  const pressed = runs.filter(({ percent }) => percent > 99).length
  return {
    title: 'The fullest window of each run, against its limit',
    plot: drawRuns(runs),
    legend: [
      { words: 'a run', colour: 'var(--blue)' },
      { words: 'the limit', colour: 'var(--red)' },
    ],
    seen: `One dot a run that is alone with its quota: the most requests that the server had to count in any 60 s. ${pressed} of ${runs.length} filled a window to the last percent, so that the limit was really pressed on.`,
    bad: 'a cross above the line, which is a request that the server refuses; or only dots far below it, which would prove nothing.',
  }
}

function drawRuns(runs: readonly Run[]): ReturnType<typeof draw> {
  const at = { x: 'seed', y: 'percent' }
  const seeds = runs.map(({ seed }) => seed)
  const [first, last] = [Math.min(...seeds), Math.max(...seeds)]
  const highest = Math.max(110, ...runs.map(({ percent }) => percent))
  const isInside = ({ percent }: Run): boolean => percent <= 100
  return draw({
    label: `Fullest window of each of ${runs.length} runs in per cent of the limit; the limit is 100 per cent`,
    x: {
      label: 'seed',
      labelAnchor: 'right',
      ticks: Math.min(5, last - first + 1),
      tickFormat: 'd',
      domain: [first - 1, last + 1],
    },
    y: { label: '% of the limit', domain: [0, highest], grid: true, ticks: 6 },
    marks: [
      Plot.ruleY([100], { stroke: 'var(--red)', strokeWidth: 2 }),
      Plot.dot(runs.filter(isInside), { ...at, r: 2.2, fill: 'var(--blue)', fillOpacity: 0.75 }),
      Plot.dot(
        runs.filter((run) => !isInside(run)),
        { ...at, r: 4, symbol: 'times', stroke: 'var(--red)', strokeWidth: 2 },
      ),
    ],
  })
}
