/** The verdicts as text: one peer for the terminal, all of them as Markdown. */
import type { InvariantName } from '../invariants/types.ts'
import { invariantNames, type PeerVerdicts } from './verdicts.ts'

/** One line an invariant. */
export function formatPeer(peer: PeerVerdicts): string {
  const head = `${peer.name} (${peer.package} ${peer.version}: ${peer.setup})`
  const rows = invariantNames.map((name) => `  ${name.padEnd(26)}${describeVerdict(peer, name)}`)
  return [head, ...rows, ...(peer.endedBy === undefined ? [] : [`  ended: ${peer.endedBy}`])].join(
    '\n',
  )
}

function describeVerdict({ broken, holds, runs }: PeerVerdicts, name: InvariantName): string {
  const found = broken[name]
  if (found !== undefined) return `violated in ${found.runs} of ${runs} runs`
  return holds[name] === undefined ? 'not judged' : 'holds'
}

/** reports/sim/peers.md. @param seeds - How many each peer was run over. */
export function renderMarkdown(table: readonly PeerVerdicts[], seeds: number): string {
  const [limiters, retries] = (['limiter', 'retry'] as const).map((part) =>
    table.filter((peer) => peer.part === part),
  )
  return `${[
    '# Packages that people use, under the simulator',
    `Made by \`npm run sim:peers\`: seeds 1 to ${seeds}, the profile \`documented\`, N = 600 requests a minute. A number is that of the runs that break the invariant, – stands for what was not judged: what the interface of a subject from outside cannot express, or what these seeds do not show. How to read an invariant stands in the main README.`,
    '## Limiters',
    'With the retry of this project. What is said of retries is so said of ours.',
    renderTable(limiters ?? []),
    '## Retries',
    'With the limiter of this project. What is said of quotas is so said of ours.',
    renderTable(retries ?? []),
    '## As they were set',
    renderSetups(table),
    '## The first counterexample to each',
    renderBroken(table),
  ].join('\n\n')}\n`
}

function renderTable(peers: readonly PeerVerdicts[]): string {
  // A row that no peer is judged by says nothing.
  const judged = invariantNames.filter((name) =>
    peers.some(({ broken, holds }) => broken[name] !== undefined || holds[name] !== undefined),
  )
  return renderRows([
    ['invariant', ...peers.map(({ name }) => name)],
    ...judged.map((name) => [`\`${name}\``, ...peers.map((peer) => cellOf(peer, name))]),
    ['runs without a violation', ...peers.map(({ passed, runs }) => `${passed} of ${runs}`)],
  ])
}

function cellOf({ broken, holds, runs }: PeerVerdicts, name: InvariantName): string {
  const found = broken[name]
  if (found !== undefined) return `__${found.runs} of ${runs}__`
  return holds[name] === undefined ? '–' : 'holds'
}

function renderSetups(table: readonly PeerVerdicts[]): string {
  return renderRows([
    ['subject', 'package', 'set to'],
    ...table.map(({ name, package: packageName, version, setup, endedBy }) => [
      `\`${name}\``,
      `${packageName} ${version}`,
      endedBy === undefined ? setup : `${setup}; ended: ${escapeCell(endedBy)}`,
    ]),
  ])
}

function renderBroken(table: readonly PeerVerdicts[]): string {
  const rows = table.flatMap((peer) =>
    invariantNames.flatMap((name) => {
      const found = peer.broken[name]
      if (found === undefined) return []
      const replay = `\`npm run sim -- --subject ${peer.name} --seed ${found.seed}\``
      return [[`\`${peer.name}\``, `\`${name}\``, escapeCell(found.message), replay]]
    }),
  )
  return renderRows([['subject', 'invariant', 'what it shows', 'replay'], ...rows])
}

function renderRows([head = [], ...rows]: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

/** A bar would end a cell, and a line break the table. */
function escapeCell(text: string): string {
  return text.replaceAll('|', String.raw`\|`).replaceAll(/\s*\n\s*/g, ' ')
}
