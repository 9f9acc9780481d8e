/** Single runs, shown whole. */
import { formatDuration } from '../../../src/cli/format.ts'
import type { Scenario } from '../../scenario/types.ts'
import { renderFigure } from './figure.ts'
import { html, nothing, type Markup } from './markup.ts'
import { plotAnswers, plotLatency } from './plots-of-answers.ts'
import { plotQueue, plotTokens, plotWindow } from './plots-of-load.ts'
import { formatNumber } from './tables.ts'
import { timeAxisOf } from './time-axis.ts'
import { plotTimeline } from './timeline.ts'
import type { ShownRun } from './types.ts'

export function renderShownRuns(runs: readonly ShownRun[]): Markup {
  if (runs.length === 0) return nothing
  return html`<section id="runs" aria-labelledby="runs-title">
    <h2 id="runs-title">${runs.length === 1 ? 'One run' : 'Single runs'}, from beginning to end</h2>
    ${runs.map(renderRun)}
  </section>`
}

function renderRun({ record, summary, replay }: ShownRun): Markup {
  const axis = timeAxisOf(record)
  const figures = [plotTimeline, plotWindow, plotQueue, plotTokens, plotAnswers, plotLatency]
  const { seed, theme } = record.scenario
  const broken = summary.violations.map(({ invariant }) => invariant)
  return html`<article class="run">
    <h3>Seed ${seed}: ${theme}</h3>
    <p>${describeWorld(record.scenario)} ${describeRun({ record, summary, replay }, axis.endMs)}</p>
    ${broken.length === 0 ? nothing : html`<p class="message">It breaks ${broken.join(', ')}.</p>`}
    <pre tabindex="0"><code>${replay}</code></pre>
    <div class="figures">
      ${figures.flatMap((plotOne) => plotOne(record, axis) ?? []).map(renderFigure)}
    </div>
  </article>`
}

function describeWorld(scenario: Scenario): string {
  const { enforcement, tokens, dynamic, viaFetch, settings, faults } = scenario
  const counting = { 'sliding-log': 'by a sliding log', 'token-bucket': 'by a token bucket' }
  const how = counting[enforcement.kind as keyof typeof counting] ?? `by ${enforcement.kind}`
  return [
    `The server counts ${how.replace('fixed-window', 'fixed windows')}`,
    ...(tokens === undefined
      ? []
      : [`${formatNumber(tokens.tokensMax)} tokens a minute are allowed`]),
    ...(dynamic === undefined ? [] : ['its limit moves']),
    ...(viaFetch === true ? ['calls go through the fetch'] : []),
    ...(scenario.interface === 'full'
      ? [`requests are paced in ${settings.pacing === 'burst' ? 'bursts' : 'even steps'}`]
      : []),
    faults.length === 0
      ? 'nothing is made to fail'
      : `what is made to fail: ${faults.map(({ id }) => id).join(', ')}`,
  ]
    .join('; ')
    .concat('.')
}

function describeRun({ record, summary }: ShownRun, endMs: number): string {
  const { calls, attempts } = record
  const drained = summary.bounds?.find(({ what }) => what === 'drained')
  const bound =
    drained === undefined
      ? ''
      : ` The last ended ${drained.actualMs === undefined ? 'never' : `${formatDuration(drained.actualMs)} after the faults and the last beginning`}; allowed were ${formatDuration(drained.boundMs)}.`
  return `${formatNumber(calls.length)} calls and ${formatNumber(attempts.length)} requests in ${formatDuration(endMs)}.${bound}`
}
