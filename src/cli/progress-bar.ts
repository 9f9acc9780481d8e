/**
 * One line of a terminal that is drawn again and again: a bar, and words behind it.
 */

const barLength = 24
const clearToEnd = '\u001B[K'
const widthDefault = 80

/** Where progress is shown. @internal */
export interface Screen {
  readonly isTerminal: boolean
  /** Characters of a line; undefined where nobody can tell. */
  readonly width: number | undefined
  write(text: string): void
}

/** Draws the line over itself. @param share - Of the bar that is full, from 0 to 1. @internal */
export function drawBar(screen: Screen, share: number, text: string): void {
  const filled = Math.floor(share * barLength)
  const line = `[${'#'.repeat(filled)}${'-'.repeat(barLength - filled)}] ${text}`
  // A line that wraps would leave its beginning behind at each redraw.
  screen.write(`\r${line.slice(0, widthOf(screen) - 1)}${clearToEnd}`)
}

/** Leaves nothing of it. @internal */
export function clearBar(screen: Screen): void {
  screen.write(`\r${clearToEnd}`)
}

/** Some terminals say 0. */
function widthOf({ width = 0 }: Screen): number {
  return width > 0 ? width : widthDefault
}
