/** What calls cost and how requests ended, over all runs. */
import * as Plot from '@observablehq/plot'
import type { RunDigest } from '../../digest.ts'
import type { RunSummary } from '../../judge.ts'
import { draw } from './canvas.ts'
import { endingStyles } from './endings.ts'
import type { Figure } from './figure.ts'

export function plotAttempts(summaries: readonly RunSummary[]): Figure | undefined {
  const sums: number[] = []
  for (const { digest } of summaries) {
    for (const [attempts, calls] of (digest?.callsByAttempts ?? []).entries()) {
      sums[attempts] = (sums[attempts] ?? 0) + calls
    }
  }
  const all = sums.reduce((sum, calls) => sum + calls, 0)
  if (all === 0) return undefined
  const bars = sums.map((calls, attempts) => ({
    attempts: attempts === 0 ? 'none' : String(attempts),
    calls,
    text: calls.toLocaleString('en-US'),
  }))
  return {
    title: 'Attempts a call took',
    plot: draw({
      label: `Calls by the number of attempts they took: ${bars.map(({ attempts, text }) => `${attempts}: ${text}`).join(', ')}`,
      height: 200,
      marginBottom: 10,
      marginRight: 70,
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
    bad: 'more attempts than five, the most that any scenario allows a call; or none above one, which would mean that nothing was ever retried.',
  }
}

export function plotEndings(summaries: readonly RunSummary[]): Figure | undefined {
  const themes = [...new Set(summaries.flatMap(({ digest }) => digest?.theme ?? []))].toSorted()
  const bars = themes.flatMap((theme) => {
    const digests = summaries.flatMap(({ digest }) => (digest?.theme === theme ? [digest] : []))
    return endingStyles.map(({ ending }) => ({ theme, ending, requests: sumOf(digests, ending) }))
  })
  if (bars.every(({ requests }) => requests === 0)) return undefined
  const order = endingStyles.map(({ ending }) => ending)
  const stack = { x: 'requests', y: 'theme', fill: 'ending', z: 'ending' }
  return {
    title: 'How requests ended, by what the seed presses on',
    plot: draw({
      label: `Shares of how requests ended, for each of ${themes.join(', ')}`,
      height: 60 + 24 * themes.length,
      marginTop: 6,
      marginLeft: 70,
      x: { label: '% of the requests', percent: true, labelAnchor: 'right', ticks: 5 },
      y: { label: null },
      color: { domain: order, range: endingStyles.map(({ colour }) => colour) },
      marks: [Plot.barX(bars, Plot.stackX({ offset: 'normalize', order }, stack)), Plot.ruleX([0])],
    }),
    legend: endingStyles,
    seen: 'Each kind of seed is hard in its own way, and much goes well all the same.',
    bad: 'bars of blue alone, for seeds in which nothing goes wrong prove little; or amber under quota and tokens, refusals that the limiter promises to prevent.',
  }
}

function sumOf(digests: readonly RunDigest[], ending: keyof RunDigest['endings']): number {
  return digests.reduce((sum, { endings }) => sum + (endings[ending] ?? 0), 0)
}
