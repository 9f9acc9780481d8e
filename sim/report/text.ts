/** What the simulator prints. */
import type { FoundViolation } from '../judge.ts'
import { listCommands } from '../scenario/commands.ts'
import type { ShownExample } from '../counter-examples.ts'
import type { SimResult } from './result.ts'

const contextLines = 6

/** The table of invariants: how often each was checked, and in how many runs it failed. */
export function formatChecks(result: SimResult): string {
  const rows = Object.entries(result.checks).map(([name, checks]) => {
    const failed = result.violations.filter(({ invariant }) => invariant === name).length
    const verdict = failed > 0 ? `VIOLATED in ${failed} runs` : checks > 0 ? 'holds' : 'not judged'
    return `  ${name.padEnd(26)}${String(checks).padStart(10)} checks  ${verdict}`
  })
  return ['invariants', ...rows].join('\n')
}

/** The things that the seeds met, with the number of runs that met them. */
export function formatSometimes(result: SimResult): string {
  const rows = Object.entries(result.sometimes).map(
    ([name, runs]) => `  ${name.padEnd(52)}${String(runs).padStart(6)} runs`,
  )
  return ['sometimes', ...rows].join('\n')
}

/** A counterexample: what, when, the trace around it, the scenario that shows it and the command that repeats it. */
export function formatFailure(
  parts: ShownExample & { violation: FoundViolation; runs: number; replay: string },
): string {
  const { violation, runs, outcome, replay } = parts
  const others = runs > 1 ? `, and in ${runs - 1} more runs` : ''
  return [
    `FAILED ${violation.invariant}`,
    `  seed ${violation.seed} at ${violation.atMs} ms${others}`,
    `  ${violation.message}`,
    '  trace around it:',
    ...traceAround(outcome.trace, violation.atMs).map((line) => `    ${line}`),
    `  scenario: ${JSON.stringify(outcome.scenario)}`,
    ...formatShrunk(parts).map((line) => `  ${line}`),
    `  trace hash: ${outcome.traceHash}`,
    `  replay: ${replay}`,
  ].join('\n')
}

/** The small scenario, as commands and as JSON. */
function formatShrunk({ outcome, shrunk, saved }: ShownExample): string[] {
  const commands = listCommands(shrunk.scenario)
  const before = listCommands(outcome.scenario).length
  const cut = shrunk.isDone ? '' : ', with no time for more'
  return [
    `shrunk from ${before} commands to ${commands.length}, in ${shrunk.runs} runs${cut}:`,
    ...commands.map((line) => `  ${line}`),
    `shrunk scenario, for --scenario FILE: ${JSON.stringify(shrunk.scenario)}`,
    ...(saved === undefined ? [] : [`saved: ${saved.file}`, `replay it: ${saved.replay}`]),
  ]
}

/** A run that never ended has no trace to show. */
export function formatHang(violation: FoundViolation, replay: string): string {
  const { invariant, seed, message } = violation
  return `FAILED ${invariant}\n  seed ${seed}\n  ${message}\n  replay (does not end): ${replay}`
}

/** The lines of a trace around an instant. */
export function traceAround(trace: readonly string[], atMs: number): string[] {
  const index = trace.findIndex((line) => Number.parseInt(line, 10) >= atMs)
  const middle = index < 0 ? trace.length - 1 : index
  return trace.slice(Math.max(0, middle - contextLines), middle + contextLines + 1)
}
