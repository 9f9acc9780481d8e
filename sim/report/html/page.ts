/**
 * The report as one HTML file: in ten seconds whether all holds, and then why to believe it.
 *
 * Nothing is fetched and no script is needed. Equal input gives equal bytes: no time of the machine is in it.
 */
import { renderFailures } from './failures.ts'
import { renderFigure } from './figure.ts'
import { html, Markup } from './markup.ts'
import { plotBounds } from './plot-of-bounds.ts'
import { plotWindows } from './plot-of-windows.ts'
import { plotAttempts, plotEndings } from './plots-of-requests.ts'
import { renderShownRuns } from './shown-runs.ts'
import { style } from './style.ts'
import { tabulateInvariants, tabulateSometimes, tabulateThemes } from './tables.ts'
import type { ReportInput } from './types.ts'
import { renderFacts, renderVerdict } from './verdict.ts'

const plotsOfAll = [plotWindows, plotBounds, plotAttempts, plotEndings]

export function renderPage(input: ReportInput): string {
  const { result, summaries, examples, shown } = input
  const title = `Simulator report: ${result.subject}`
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <style>
          ${new Markup(style)}
        </style>
      </head>
      <body>
        <header>
          <h1>${title}</h1>
          ${renderVerdict(input)}${renderFacts(input)}${renderNavigation(input)}
        </header>
        <main>
          ${renderFailures(examples)}
          <section id="invariants" aria-labelledby="invariants-title">
            <h2 id="invariants-title">What is promised</h2>
            <p>
              Each promise is judged in every run that can show it, from a record of what happened
              and by nothing that the module says of itself.
            </p>
            ${tabulateInvariants(result)}
          </section>
          <section id="all" aria-labelledby="all-title">
            <h2 id="all-title">
              ${summaries.length === 1 ? 'The run in a few numbers' : 'All runs together'}
            </h2>
            <div class="figures">
              ${plotsOfAll.flatMap((plotOne) => plotOne(summaries) ?? []).map(renderFigure)}
            </div>
          </section>
          ${renderShownRuns(shown)}
          <section id="seeds" aria-labelledby="seeds-title">
            <h2 id="seeds-title">What the seeds press on</h2>
            ${tabulateThemes(summaries)}
          </section>
          <section id="sometimes" aria-labelledby="sometimes-title">
            <h2 id="sometimes-title">What the seeds have met</h2>
            <p>
              A set of seeds that never meets one of these is too weak to mean
              anything${input.isGated ? ', and fails' : ''}. The rarest first.
            </p>
            ${tabulateSometimes(result)}
          </section>
          ${renderIdentity(input)}
        </main>
        <footer>Times are virtual. The same sources and seeds give the same bytes.</footer>
      </body>
    </html>`
  return `${page.text}\n`
}

function renderNavigation({ examples, shown }: ReportInput): Markup {
  const links = [
    ...(examples.length > 0 ? [['failures', 'What is broken']] : []),
    ['invariants', 'Promises'],
    ['all', 'All runs'],
    ...(shown.length > 0 ? [['runs', 'Single runs']] : []),
    ['seeds', 'Kinds of seeds'],
    ['sometimes', 'What was met'],
    ['identity', 'Identity'],
  ]
  return html`<nav aria-label="Sections">
    <ul>
      ${links.map(([id = '', words = '']) => html`<li><a href="#${id}">${words}</a></li>`)}
    </ul>
  </nav>`
}

function renderIdentity({ result, command, seeds, sources }: ReportInput): Markup {
  const facts = [
    ['Subject', result.subject],
    ['Profile', result.profile],
    ['Seeds', `${seeds.first} to ${seeds.last}`],
    ['Sources', `${sources} (hash of src and sim)`],
    ['Trace hash', result.traceHash],
    ['Made by', command],
  ]
  return html`<section id="identity" aria-labelledby="identity-title">
    <h2 id="identity-title">What this is a statement about</h2>
    <dl class="identity">
      ${facts.map(
        ([name = '', value = '']) =>
          html`<dt>${name}</dt>
            <dd><code>${value}</code></dd>`,
      )}
    </dl>
  </section>`
}
