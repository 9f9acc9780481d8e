/** The result as text: a line for each mutant on the terminal, all of it as Markdown. */
import { countFates, type MutantResult, type PowerResult } from './result.ts'
import type { Hunted } from './run-mutants.ts'

/** One line, when a mutant has been hunted. */
export function formatHunted({ mutant, hunt }: Hunted): string {
  const { outcome, by, seed, runs, seeds, tracesChanged, isCutShort, tookMs } = hunt
  const seconds = `${(tookMs / 1_000).toFixed(1)} s`
  const end =
    outcome === 'found'
      ? `by ${by.join(', ')} in seed ${seed}, the ${runs}. run, ${seconds}`
      : `${runs} of ${seeds} seeds, ${tracesChanged} with another trace${isCutShort ? ', time up' : ''}, ${seconds}`
  const change = `${shorten(mutant.from)} -> ${shorten(mutant.to ?? 'nothing')}`
  return `${outcome.padEnd(10)}${mutant.id}, line ${mutant.line}: ${change}; ${end}`
}

/** What the terminal ends with. */
export function formatResult(result: PowerResult): string {
  const { planted, fates, share, refuted } = result
  const counts = Object.entries(fates).map(([fate, count]) => `${count} ${fate}`)
  const lines = [`${planted} planted: ${counts.join(', ')}`, `found: ${percent(share)}`]
  const open = result.mutants.filter(({ fate }) => fate === 'unexplained')
  if (open.length > 0) lines.push('without a reason in sim/power/survivors.json:')
  lines.push(...open.map(({ id, line }) => `  ${id}, line ${line}`))
  if (refuted.length > 0) lines.push('with a reason, yet found:', ...refuted.map((id) => `  ${id}`))
  return lines.join('\n')
}

/** reports/sim/power.md, but for the times. */
export function renderPower(result: PowerResult): string {
  const { mutants, planted, share, fates, seeds } = result
  const all = Object.values(result.candidates).reduce((sum, count) => sum + count, 0)
  const survivors = mutants.filter(({ fate }) => fate !== 'found' && fate !== 'invalid')
  return `${[
    '# What the simulator finds',
    `Made by \`npm run sim:power\`: ${planted} defects, drawn by lot (seed ${result.seed}) from the ${all} that the rules in \`sim/power/operators\` could plant and those in \`sim/power/left-out.ts\` do not leave out. Each is looked for in the seeds ${seeds.first} to ${seeds.last} that come to its place, until one of them shows it, for ${result.seconds} s at the most.`,
    `Found are __${fates.found} of ${planted - fates.invalid - fates.equivalent}, ${percent(share)}__; not counted are ${fates.equivalent} that are equivalent, for the reasons below, and ${fates.invalid} with which the module does not load.`,
    '## By module',
    renderGroups(mutants, ({ module }) => module),
    '## By kind of defect',
    renderGroups(mutants, ({ operator }) => operator),
    '## Found by',
    'The first invariant that does not hold in the first seed that shows the defect; `crash` and `hang` are runs that come to no verdict.',
    renderFinders(mutants),
    '## In how many seeds',
    renderEffort(mutants),
    '## Survivors',
    '`equivalent`: nothing that anybody can see is different. `untold`: it shows only in what the contract does not judge. `missed`: a gap. `unexplained`: nobody has said yet. The traces say in how many runs anything was different with it; where the time was up before, of how many seeds that come to the place.',
    renderSurvivors(survivors.filter(({ isUnreached }) => !isUnreached)),
    '## Never executed',
    'No seed comes to the places of these.',
    renderSurvivors(survivors.filter(({ isUnreached }) => isUnreached)),
  ].join('\n\n')}\n`
}

/** Of the machine, and so not a part of the JSON. */
export function renderTimes(hunted: readonly Hunted[]): string {
  const found = hunted.filter(({ hunt }) => hunt.outcome === 'found')
  const times = found.map(({ hunt }) => hunt.tookMs / 1_000).toSorted((left, right) => left - right)
  const at = (share: number): string =>
    (times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0).toFixed(1)
  const all = hunted.reduce((sum, { hunt }) => sum + hunt.tookMs, 0) / 60_000
  return `\n## Time\n\nOf this machine, and so not in the JSON: a defect that is found is found within ${at(0.5)} s in the median, ${at(0.9)} s for nine in ten, ${at(1)} s at the most. All hunts together: ${all.toFixed(1)} minutes of one process.\n`
}

function renderGroups(
  mutants: readonly MutantResult[],
  groupOf: (mutant: MutantResult) => string,
): string {
  const groups = [...new Set(mutants.map(groupOf))].toSorted()
  const rows = groups.map((group) => {
    const own = mutants.filter((mutant) => groupOf(mutant) === group)
    const { found, invalid, equivalent, untold, missed, unexplained } = countFates(own)
    const able = own.length - invalid - equivalent
    const share = able === 0 ? '–' : percent(found / able)
    const rest = [equivalent, untold, missed, unexplained, invalid]
    return [group, own.length, found, ...rest, share].map(String)
  })
  return renderRows([
    [
      '',
      'planted',
      'found',
      'equivalent',
      'untold',
      'missed',
      'unexplained',
      'do not load',
      'share',
    ],
    ...rows,
  ])
}

function renderFinders(mutants: readonly MutantResult[]): string {
  const first = mutants.flatMap(({ by }) => by.slice(0, 1))
  const any = mutants.flatMap(({ by }) => by)
  const names = [...new Set(any)].toSorted()
  const rows = names
    .map((name) => ({ name, first: countOf(first, name), any: countOf(any, name) }))
    .toSorted((left, right) => right.first - left.first || right.any - left.any)
  return renderRows([
    ['found by', 'first', 'in the same seed'],
    ...rows.map((row) => [`\`${row.name}\``, String(row.first), String(row.any)]),
  ])
}

function countOf(list: readonly string[], name: string): number {
  return list.filter((one) => one === name).length
}

function renderEffort(mutants: readonly MutantResult[]): string {
  const runs = mutants.filter(({ fate }) => fate === 'found').map((mutant) => mutant.runs)
  const rows = [1, 2, 5, 10, 20, 50, 100, 200].map((most) => {
    const within = runs.filter((count) => count <= most).length
    return [String(most), String(within), percent(within / Math.max(1, runs.length))]
  })
  return renderRows([['runs at the most', 'found', 'of all that are found'], ...rows])
}

function renderSurvivors(mutants: readonly MutantResult[]): string {
  if (mutants.length === 0) return 'None.'
  const rows = mutants.map((mutant) => [
    `\`src/${mutant.id.split(' ')[0]}:${mutant.line}\``,
    `${code(shorten(mutant.from))} becomes ${mutant.to === '' ? 'nothing' : code(shorten(mutant.to))}`,
    `${mutant.tracesChanged} of ${mutant.runs}${mutant.isCutShort ? `, of ${mutant.seeds} seeds` : ''}`,
    mutant.fate,
    escapeCell(mutant.why),
  ])
  return renderRows([['place', 'change', 'traces', 'verdict', 'why'], ...rows])
}

function renderRows([head = [], ...rows]: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

function code(text: string): string {
  const fence = text.includes('`') ? '``' : '`'
  return escapeCell(`${fence}${text}${fence}`)
}

/** A bar would end a cell. */
function escapeCell(text: string): string {
  return text.replaceAll('|', String.raw`\|`)
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length <= 90 ? line : `${line.slice(0, 89)}…`
}
