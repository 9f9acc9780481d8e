/** The first thing on the page: whether all holds. */
import { describeShare, formatPercent, usesOfBounds } from '../bound-uses.ts'
import { html, type Markup } from './markup.ts'
import { formatNumber } from './tables.ts'
import type { ReportInput } from './types.ts'

export function renderVerdict({ result, isGated }: ReportInput): Markup {
  const { runs, passed, subject } = result
  const unmet = Object.keys(result.sometimes).filter((name) => result.sometimes[name] === 0)
  if (passed < runs) {
    return html`<div class="verdict bad" role="status">
      <strong>✗ Broken</strong>
      <p><code>${subject}</code> breaks a promise in ${runs - passed} of ${runs} runs.</p>
    </div>`
  }
  if (isGated && unmet.length > 0) {
    return html`<div class="verdict bad" role="status">
      <strong>✗ Too weak</strong>
      <p>No promise is broken, but these seeds never met: ${unmet.join('; ')}.</p>
    </div>`
  }
  return html`<div class="verdict" role="status">
    <strong>✓ All holds</strong>
    <p><code>${subject}</code> keeps every promise in ${runs} of ${runs} runs.</p>
  </div>`
}

export function renderFacts({ result, summaries }: ReportInput): Markup {
  const checks = Object.values(result.checks)
  const met = Object.values(result.sometimes)
  const { tightest, medianShare } = usesOfBounds(summaries)
  const facts: [string, string, string][] = [
    [
      'Things looked at',
      formatNumber(checks.reduce((sum, count) => sum + count, 0)),
      `by ${checks.filter((count) => count > 0).length} of ${checks.length} invariants`,
    ],
    [
      'Violations',
      formatNumber(result.violations.length),
      `in ${result.runs - result.passed} of ${result.runs} runs`,
    ],
    [
      'Situations met',
      `${met.filter((count) => count > 0).length} of ${met.length}`,
      'refusals, outages, crashes, lies …',
    ],
    ...(tightest === undefined
      ? []
      : [
          [
            'Tightest bound',
            describeShare(tightest.share),
            `seed ${tightest.seed}; in the median ${formatPercent(medianShare)}`,
          ] satisfies [string, string, string],
        ]),
    [
      'Run twice',
      formatNumber(result.checks['same-seed-same-trace'] ?? 0),
      'in another process, same trace',
    ],
  ]
  return html`<dl class="facts">
    ${facts.map(
      ([name, value, note]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}<small>${note}</small></dd>
        </div>`,
    )}
  </dl>`
}
