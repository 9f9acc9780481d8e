/** What is broken: by invariant the first run that shows it, a smaller scenario that does, and the command for it. */
import type { CounterExample } from '../../counter-examples.ts'
import { traceAround } from '../text.ts'
import { html, nothing, type Markup } from './markup.ts'
import { meanings } from './meanings.ts'

export function renderFailures(examples: readonly CounterExample[]): Markup {
  if (examples.length === 0) return nothing
  return html`<section id="failures" aria-labelledby="failures-title">
    <h2 id="failures-title">What is broken</h2>
    ${examples.map(renderFailure)}
  </section>`
}

function renderFailure({ violation, runs, replay, found }: CounterExample): Markup {
  const others = runs > 1 ? `, and in ${runs - 1} more runs` : ''
  return html`<article class="failure">
    <h3><code>${violation.invariant}</code></h3>
    <p>${meanings[violation.invariant]}</p>
    <p class="message">${violation.message}</p>
    <p>Seed ${violation.seed} at ${(violation.atMs / 1_000).toFixed(3)} s${others}. Replay:</p>
    <pre tabindex="0"><code>${replay}</code></pre>
    ${found === undefined ? nothing : renderFound(found, violation.atMs)}
  </article>`
}

function renderFound(
  { outcome, shrunk }: NonNullable<CounterExample['found']>,
  atMs: number,
): Markup {
  return html`<h4>The trace around it</h4>
    <pre tabindex="0"><code>${traceAround(outcome.trace, atMs).join('\n')}</code></pre>
    <details>
      <summary>The shrunk scenario, for <code>--scenario FILE</code></summary>
      <pre tabindex="0"><code>${JSON.stringify(shrunk, undefined, 1)}</code></pre>
    </details>`
}
