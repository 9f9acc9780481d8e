/** What is shown of the runs of the SDKs. */
import type { Way } from './clients.ts'
import type { SdkRun } from './run.ts'

const wayNames: Readonly<Record<Way, string>> = {
  bare: 'bare',
  fetch: 'our fetch, own retries',
  whole: 'all of ours',
}

const headings = [
  'client',
  'set up',
  'answered',
  'requests',
  'most a call',
  'over limit',
  'seconds',
]

/** The runs as a table in Markdown, aligned. @internal */
export function formatTable(runs: readonly SdkRun[]): string {
  const rows = [headings, ...runs.map(cellsOf)]
  const widths = headings.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  const lines = rows.map((row) => toLine(row.map((cell, column) => pad(cell, column, widths))))
  const rule = toLine(widths.map((width, column) => ruleOf(width, column)))
  return `${[lines[0], rule, ...lines.slice(1)].join('\n')}\n`
}

function cellsOf(run: SdkRun): string[] {
  return [
    `\`${run.client}\``,
    wayNames[run.way],
    `${((run.answered / run.calls) * 100).toFixed(2)} %`,
    run.requests.toLocaleString('en-US'),
    String(run.requestsPerCallMax),
    run.refused.toLocaleString('en-US'),
    (run.tookMs / 1_000).toFixed(1),
  ]
}

/** Words to the left, figures to the right. */
function pad(cell: string, column: number, widths: readonly number[]): string {
  const width = widths[column] ?? 0
  return column < 2 ? cell.padEnd(width) : cell.padStart(width)
}

function ruleOf(width: number, column: number): string {
  return column < 2 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`
}

function toLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
