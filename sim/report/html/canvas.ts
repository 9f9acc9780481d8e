/** Draws plots by Observable Plot, without a browser: imported only where a report is written, for it takes a while to load. */
import { parseHTML } from 'linkedom'
import { plot, type Markish, type PlotOptions } from '@observablehq/plot'
import { Markup } from './markup.ts'

/** As wide as a phone shows without making the letters smaller. */
export const narrowWidth = 340
const fontSize = 12

const { document } = parseHTML('<!doctype html><html><body></body></html>')

export interface PlotSetup extends PlotOptions {
  /** What is seen, for those who do not see it. */
  label: string
  marks: Markish[]
}

/** An SVG that takes its colours from the page. */
export function draw({ label, ...options }: PlotSetup): Markup {
  const svg = plot({
    document,
    className: 'plot',
    width: narrowWidth,
    height: 240,
    marginLeft: 46,
    marginRight: 14,
    marginBottom: 44,
    ...options,
    // Below the numbers, not among them.
    x: { labelOffset: 40, ...options.x },
    style: { fontSize: `${fontSize}px`, fontFamily: 'inherit' },
  })
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', label)
  svg.removeAttribute('font-family')
  svg.querySelector('style')?.remove()
  return new Markup(shorten(svg.outerHTML))
}

/** A hundredth of a pixel is seen by nobody, and most of a plot's bytes are digits. */
function shorten(svg: string): string {
  return svg
    .replaceAll(/(?<=[ (,="MLHVCZ-])\d+\.\d{3,}(?:e-\d+)?/g, (digits) =>
      String(Number(Number(digits).toFixed(2))),
    )
    .replaceAll(/<g ([^>]*)aria-label="[^"]*"/g, '<g $1')
}
