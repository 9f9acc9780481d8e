/** Plots over all runs: one dot a run, one bar a kind. */
import * as Plot from '@observablehq/plot'
import type { RunDigest } from '../../digest.ts'
import type { BoundUse } from '../../invariants/types.ts'
import type { RunSummary } from '../../judge.ts'
import { draw } from './canvas.ts'
import { endingStyles } from './endings.ts'
import type { Figure } from './figure.ts'

/** Those that say something of these runs. */
export function plotAll(summaries: readonly RunSummary[]): Figure[] {
  const plots = [plotWindows, plotBounds, plotAttempts, plotEndings]
  return plots.flatMap((plotOne) => plotOne(summaries) ?? [])
}

/** The fullest window of each run that is alone with its quota. */
function plotWindows(summaries: readonly RunSummary[]): Figure | undefined {
  const runs = summaries.flatMap(({ seed, digest }) =>
    digest?.fullestWindow === undefined ? [] : [{ seed, percent: 100 * digest.fullestWindow }],
  )
  if (runs.length === 0) return undefined
  const [inside, above] = [runs.filter(isInside), runs.filter((run) => !isInside(run))]
  const highest = Math.max(110, ...runs.map(({ percent }) => percent))
  const at = { x: 'seed', y: 'percent' }
  return {
    title: 'The fullest window of each run, against its limit',
    plot: draw({
      label: `Fullest window of each of ${runs.length} runs in per cent of the limit; the limit is 100 per cent`,
      x: { label: 'seed', labelAnchor: 'right', ticks: 5, tickFormat: 'd', domain: domainOf(runs) },
      y: { label: '% of the limit', domain: [0, highest], grid: true, ticks: 6 },
      marks: [
        Plot.ruleY([100], { stroke: 'var(--red)', strokeWidth: 2 }),
        Plot.dot(inside, { ...at, r: 2.2, fill: 'var(--blue)', fillOpacity: 0.75 }),
        Plot.dot(above, { ...at, r: 4, symbol: 'times', stroke: 'var(--red)', strokeWidth: 2 }),
      ],
    }),
    legend: [
      { words: 'a run', colour: 'var(--blue)' },
      { words: 'the limit', colour: 'var(--red)' },
    ],
    seen: `One dot a run that is alone with its quota: the most requests that the server had to count in any 60 s. ${count(
      runs.filter(({ percent }) => percent > 99),
      'run',
    )} of ${runs.length} filled a window to the last percent, so that the limit was really pressed on.`,
    bad: 'a cross above the line, which is a request that the server refuses; or only dots far below it, which would prove nothing.',
  }
}

function isInside({ percent }: { percent: number }): boolean {
  return percent <= 100
}

interface UsedBound extends BoundUse {
  seed: number
}

const boundKinds = [
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

function plotBounds(summaries: readonly RunSummary[]): Figure | undefined {
  const uses = summaries.flatMap(({ seed, bounds = [] }): UsedBound[] =>
    bounds.map((use) => ({ seed, ...use })),
  )
  if (uses.length === 0) return undefined
  const all = uses.map((use) => ({ ...use, ...secondsOf(use) }))
  const [firstS, lastS] = [
    lowest(all.map(({ x }) => x)) / 1.3,
    highest(all.map(({ x }) => x)) * 1.3,
  ]
  const topS = Math.max(lastS, ...all.map(({ y }) => y)) * 1.3
  const line = [
    { x: firstS, y: firstS },
    { x: lastS, y: lastS },
  ]
  const axis = { type: 'log', tickFormat: formatSeconds, ticks: 4 } as const
  return {
    title: 'How long the end took, against the computed bound',
    plot: draw({
      label: `Time that ${uses.length} ends took after the faults against the bound computed for each, in seconds on logarithmic axes`,
      x: { ...axis, domain: [firstS, lastS], label: 'bound', labelAnchor: 'right' },
      y: { ...axis, domain: [shortestS, topS], label: 'what it took', grid: true },
      marks: [
        Plot.areaY(line, { x: 'x', y1: 'y', y2: topS, fill: 'var(--red)', fillOpacity: 0.12 }),
        Plot.lineY(line, { x: 'x', y: 'y', stroke: 'var(--red)', strokeWidth: 2 }),
        ...boundKinds.map(({ what, colour, symbol }) =>
          Plot.dot(
            all.filter((use) => use.what === what),
            {
              x: 'x',
              y: 'y',
              symbol,
              r: 2.4,
              fill: colour,
              fillOpacity: 0.75,
            },
          ),
        ),
      ],
    }),
    legend: [
      ...boundKinds.filter(({ what }) => uses.some((use) => use.what === what)),
      { words: 'the bound', colour: 'var(--red)' },
    ],
    seen: 'Once nothing new goes wrong and nothing new begins, everything has to end, and the throughput to come back, by a time computed from the queue, the quota and the longest wait that was named. What took less than 0.1 s, because it had ended before, lies on the lower edge.',
    bad: 'anything in the red, above the line; it would be a call that waits for ever, or work that is forgotten.',
  }
}

/** What never ended is shown at the top, ten times its bound. */
function secondsOf({ actualMs, boundMs }: BoundUse): { x: number; y: number } {
  const y = actualMs === undefined ? boundMs / 100 : actualMs / 1_000
  return { x: boundMs / 1_000, y: Math.max(shortestS, y) }
}

function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  return seconds < 36_000 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`
}

function plotAttempts(summaries: readonly RunSummary[]): Figure | undefined {
  const sums: number[] = []
  for (const { digest } of summaries) {
    for (const [attempts, calls] of (digest?.callsByAttempts ?? []).entries()) {
      sums[attempts] = (sums[attempts] ?? 0) + calls
    }
  }
  const all = sums.reduce((sum, calls) => sum + calls, 0)
  if (all === 0) return undefined
  const bars = [...sums.entries()].map(([attempts, calls = 0]) => ({
    attempts: attempts === 0 ? 'none' : String(attempts),
    calls,
    text: calls.toLocaleString('en-US'),
  }))
  return {
    title: 'Attempts a call took',
    plot: draw({
      label: `Calls by the number of attempts they took: ${bars.map(({ attempts, text }) => `${attempts}: ${text}`).join(', ')}`,
      marginRight: 64,
      marginLeft: 52,
      x: { axis: null },
      y: { label: 'attempts', domain: bars.map(({ attempts }) => attempts) },
      marks: [
        Plot.barX(bars, { x: 'calls', y: 'attempts', fill: 'var(--blue)' }),
        Plot.text(bars, { x: 'calls', y: 'attempts', text: 'text', textAnchor: 'start', dx: 6 }),
        Plot.ruleX([0]),
      ],
    }),
    seen: `${all.toLocaleString('en-US')} calls in all. One attempt is the rule; more follow failures that a retry may cure. None: given up while it waited, or made by a process that died.`,
    bad: 'calls with more attempts than five, the most that any scenario allows, or many with a second attempt where little fails.',
  }
}

function plotEndings(summaries: readonly RunSummary[]): Figure | undefined {
  const themes = [...new Set(summaries.flatMap(({ digest }) => digest?.theme ?? []))].toSorted()
  const bars = themes.flatMap((theme) => {
    const digests = summaries.flatMap(({ digest }) => (digest?.theme === theme ? [digest] : []))
    return endingStyles.map(({ ending }) => ({ theme, ending, requests: sumOf(digests, ending) }))
  })
  if (bars.every(({ requests }) => requests === 0)) return undefined
  const stack = Plot.stackX(
    { offset: 'normalize', order: endingStyles.map(({ ending }) => ending) },
    {
      x: 'requests',
      y: 'theme',
      fill: 'ending',
      z: 'ending',
    },
  )
  return {
    title: 'How requests ended, by what the seed presses on',
    plot: draw({
      label: `Shares of how requests ended, for each of ${themes.join(', ')}`,
      marginLeft: 70,
      x: { label: '% of the requests', percent: true, labelAnchor: 'right', ticks: 5 },
      y: { label: null },
      color: {
        domain: endingStyles.map(({ ending }) => ending),
        range: endingStyles.map(({ colour }) => colour),
      },
      marks: [Plot.barX(bars, stack), Plot.ruleX([0])],
    }),
    legend: endingStyles,
    seen: 'Each kind of seed is hard in its own way, and much of it goes well all the same.',
    bad: 'bars of blue alone: seeds in which nothing goes wrong prove little. Amber under quota or tokens would be refusals that the limiter promises to prevent.',
  }
}

function sumOf(digests: readonly RunDigest[], ending: keyof RunDigest['endings']): number {
  return digests.reduce((sum, { endings }) => sum + (endings[ending] ?? 0), 0)
}

function domainOf(runs: readonly { seed: number }[]): [number, number] {
  const seeds = runs.map(({ seed }) => seed)
  return [lowest(seeds) - 1, highest(seeds) + 1]
}

function lowest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY)
}

function highest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
}

function count(items: readonly unknown[], noun: string): string {
  return `${items.length} ${noun}${items.length === 1 ? '' : 's'}`
}
