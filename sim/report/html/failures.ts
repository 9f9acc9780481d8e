/** What is broken: by invariant the first run that shows it, a smaller scenario that does, and the command for it. */
import type { CounterExample, ShownExample } from '../../counter-examples.ts'
import { listCommands } from '../../scenario/commands.ts'
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

function renderFailure({ violation, runs, replay, shown }: CounterExample): Markup {
  const others = runs > 1 ? `, and in ${runs - 1} more runs` : ''
  return html`<article class="failure">
    <h3><code>${violation.invariant}</code></h3>
    <p>${meanings[violation.invariant]}</p>
    <p class="message">${violation.message}</p>
    <p>Seed ${violation.seed} at ${(violation.atMs / 1_000).toFixed(3)} s${others}. Replay:</p>
    <pre tabindex="0"><code>${replay}</code></pre>
    ${shown === undefined ? nothing : renderShown(shown, violation.atMs)}
  </article>`
}

function renderShown({ outcome, shrunk, saved }: ShownExample, atMs: number): Markup {
  const commands = listCommands(shrunk.scenario)
  const before = listCommands(outcome.scenario).length
  return html`<h4>The smallest scenario found: ${commands.length} commands of ${before}</h4>
    <pre tabindex="0"><code>${commands.join('\n')}</code></pre>
    ${
      saved === undefined
        ? nothing
        : html`<p>Saved, for:</p>
            <pre tabindex="0"><code>${saved.replay}</code></pre>`
    }
    <details>
      <summary>As JSON, for <code>--scenario FILE</code></summary>
      <pre tabindex="0"><code>${JSON.stringify(shrunk.scenario, undefined, 1)}</code></pre>
    </details>
    <h4>The trace of the first run around it</h4>
    <pre tabindex="0"><code>${traceAround(outcome.trace, atMs).join('\n')}</code></pre>`
}
