/** A plot with its title, its legend, and a caption that says what is seen and what would be bad. */
import { html, nothing, type Markup } from './markup.ts'

export interface LegendEntry {
  words: string
  /** A colour of the page. */
  colour: string
  /** @defaultValue a filled square */
  shape?: 'line' | 'band' | 'dashes'
}

export interface Figure {
  title: string
  plot: Markup
  /** Another for screens that are wide enough. */
  widePlot?: Markup
  legend?: readonly LegendEntry[]
  seen: string
  bad: string
}

export function renderFigure({ title, plot, widePlot, legend = [], seen, bad }: Figure): Markup {
  const plots =
    widePlot === undefined
      ? plot
      : html`<div class="narrow">${plot}</div>
          <div class="wide">${widePlot}</div>`
  return html`<figure class="${widePlot === undefined ? 'one' : 'across'}">
    <h4>${title}</h4>
    <div class="plots">${plots}${renderLegend(legend)}</div>
    <figcaption>${seen} <span class="bad">Bad would be: ${bad}</span></figcaption>
  </figure>`
}

function renderLegend(entries: readonly LegendEntry[]): Markup {
  if (entries.length === 0) return nothing
  const items = entries.map(
    ({ words, colour, shape = 'square' }) =>
      html`<li><i class="${shape}" style="--c:${colour}"></i>${words}</li>`,
  )
  return html`<ul class="legend">
    ${items}
  </ul>`
}
