/** The report's tables: invariants, what the seeds met, and the kinds of seeds. */
import type { Ending, RunDigest } from '../../digest.ts'
import type { InvariantName } from '../../invariants/types.ts'
import type { RunSummary } from '../../judge.ts'
import type { SimResult } from '../result.ts'
import { html, type Markup } from './markup.ts'
import { meanings } from './meanings.ts'

export function tabulateInvariants({ checks, violations }: SimResult): Markup {
  const rows = Object.entries(checks).map(([name, count]) => {
    const broken = violations.filter(({ invariant }) => invariant === name).length
    return html`<tr>
      <th scope="row">
        <div class="named">
          <code>${name}</code><small>${meanings[name as InvariantName]}</small>
        </div>
      </th>
      <td>${formatNumber(count)}</td>
      <td>${formatNumber(broken)}</td>
      <td>${describeVerdict(count, broken)}</td>
    </tr>`
  })
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Invariants">
    <table class="invariants">
      <thead>
        <tr>
          <th scope="col">Invariant</th>
          <th scope="col">Checks</th>
          <th scope="col">Violations</th>
          <th scope="col">Verdict</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`
}

function describeVerdict(checks: number, broken: number): Markup {
  if (broken > 0) return html`<strong class="broken">✗ <span class="word">broken</span></strong>`
  return checks > 0
    ? html`<span class="holds">✓ <span class="word">holds</span></span>`
    : html`<span class="mute">– <span class="word">not judged</span></span>`
}

/** The rarest first: where the set of seeds is weakest. */
export function tabulateSometimes({ sometimes, runs }: SimResult): Markup {
  const rows = Object.entries(sometimes)
    .toSorted(([, one], [, two]) => one - two)
    .map(
      ([name, met]) =>
        html`<tr>
          <th scope="row">${name}</th>
          <td
            class="${met === 0 ? 'broken' : 'bar'}"
            style="--share:${((100 * met) / runs).toFixed(1)}%"
          >
            ${met === 0 ? 'never' : formatNumber(met)}
          </td>
        </tr>`,
    )
  const half = Math.ceil(rows.length / 2)
  return html`<div class="halves">
    ${[rows.slice(0, half), rows.slice(half)].map(
      (part) =>
        html`<table>
          <thead>
            <tr>
              <th scope="col">What was met</th>
              <th scope="col">Runs</th>
            </tr>
          </thead>
          <tbody>
            ${part}
          </tbody>
        </table>`,
    )}
  </div>`
}

const themeWords: Record<RunDigest['theme'], string> = {
  quota: 'more work than the quota takes, nobody else on the key',
  storm: 'traffic around the quota, with refusals and failures',
  outage: 'for a while nothing works',
  recovery: 'a full queue on the way back from faults',
  tokens: 'a limit in tokens beside the one in requests',
  dynamic: 'a limit that moves and is not told',
  work: 'long runs: corpora, requests, batches, fine-tunes, and crashes',
}

export function tabulateThemes(summaries: readonly RunSummary[]): Markup {
  const digests = summaries.flatMap(({ digest }) => digest ?? [])
  const rows = (Object.keys(themeWords) as RunDigest['theme'][])
    .map((theme) => ({ theme, own: digests.filter((digest) => digest.theme === theme) }))
    .filter(({ own }) => own.length > 0)
    .map(({ theme, own }) => rowOfTheme(theme, own))
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Kinds of seeds">
    <table>
      <thead>
        <tr>
          <th scope="col">Pressed on</th>
          <th scope="col">Runs</th>
          <th scope="col">Calls</th>
          <th scope="col">Requests</th>
          <th scope="col">429</th>
          <th scope="col">Failed</th>
          <th scope="col">Longest wait</th>
          <th scope="col">Virtual time</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`
}

function countOf(endings: readonly Ending[]): (digest: RunDigest) => number {
  return (digest) => endings.reduce((total, ending) => total + (digest.endings[ending] ?? 0), 0)
}

function rowOfTheme(theme: RunDigest['theme'], digests: readonly RunDigest[]): Markup {
  const sum = (valueOf: (digest: RunDigest) => number): number =>
    digests.reduce((total, digest) => total + valueOf(digest), 0)
  const longestMs = digests.reduce((most, { longestWaitMs }) => Math.max(most, longestWaitMs), 0)
  const failed = ['server error', 'client error', 'network'] as const
  return html`<tr>
    <th scope="row">${theme}<small>${themeWords[theme]}</small></th>
    <td>${formatNumber(digests.length)}</td>
    <td>
      ${formatNumber(sum(({ callsByAttempts }) => callsByAttempts.reduce((a, b) => a + b, 0)))}
    </td>
    <td>${formatNumber(sum(countOf(['good', 'refused', ...failed])))}</td>
    <td>${formatNumber(sum(countOf(['refused'])))}</td>
    <td>${formatNumber(sum(countOf(failed)))}</td>
    <td>${formatNumber(Math.round(longestMs / 1_000))} s</td>
    <td>${(sum(({ endMs }) => endMs) / 3_600_000).toFixed(1)} h</td>
  </tr>`
}

export function formatNumber(value: number): string {
  return value.toLocaleString('en-US')
}
