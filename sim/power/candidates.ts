/** Every defect that could be planted, each with a name that outlives changes elsewhere in its file. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { leftOut } from './left-out.ts'
import { operators } from './operators/index.ts'
import type { Change } from './operators/types.ts'
import { sitesIn, textOf, type Site } from './syntax.ts'

/** A defect that could be planted. */
export interface Candidate {
  /** File, operator and a hash of the text before and after: not of the line, which changes with every edit above. */
  id: string
  /** Below src/, with slashes. */
  file: string
  /** The file's folder: a stratum of the sample. */
  module: string
  operator: string
  /** From 1. */
  line: number
  /** The place in the file. */
  start: number
  end: number
  /** What stands there. */
  from: string
  /** What stands there instead; undefined: nothing, the statement is left out. */
  to: string | undefined
  /** The place begins a statement, which must not begin with a parenthesis. */
  statement: { start: number; end: number } | undefined
}

/** The modules that mutants are made of: what the subject consists of and the oracle does not use. */
export const modules = ['limiter', 'retry', 'fetch', 'batch'] as const

/** @param sourceFolder - The project's src. */
export async function findCandidates(sourceFolder: string): Promise<Candidate[]> {
  const candidates: Candidate[] = []
  for (const file of await sourceFiles(sourceFolder)) {
    candidates.push(...candidatesIn(file, await readFile(join(sourceFolder, file), 'utf8')))
  }
  return candidates
}

async function sourceFiles(sourceFolder: string): Promise<string[]> {
  const files: string[] = []
  for (const module of modules) {
    const entries = await readdir(join(sourceFolder, module), { recursive: true })
    const names = entries.filter((name) => name.endsWith('.ts')).map((name) => slashes(name))
    files.push(...names.toSorted().map((name) => `${module}/${name}`))
  }
  return files
}

function slashes(path: string): string {
  return path.replaceAll('\\', '/')
}

/** @param file - Below src/. */
export function candidatesIn(file: string, source: string): Candidate[] {
  const isLeftOut = (site: Site): boolean => leftOut.some(({ appliesTo }) => appliesTo(file, site))
  const twins = new Map<string, number>()
  return sitesIn(source, isLeftOut).flatMap((site) =>
    operators.flatMap((operate) =>
      operate(site).map((change) => toCandidate(file, site, { ...change, twins })),
    ),
  )
}

/** @param change.twins - How many of each text there are so far. */
function toCandidate(
  file: string,
  site: Site,
  { operator, to, twins }: Change & { twins: Map<string, number> },
): Candidate {
  const { node } = site
  const from = textOf(site)
  const text = JSON.stringify([file, operator, from, to, lineOf(site)])
  const ordinal = twins.get(text) ?? 0
  twins.set(text, ordinal + 1)
  const hash = createHash('sha256').update(`${ordinal} ${text}`).digest('hex').slice(0, 8)
  return {
    id: `${file} ${operator} ${hash}`,
    file,
    module: modules.find((module) => file.startsWith(`${module}/`)) ?? file,
    operator,
    line: node.loc.start.line,
    start: node.start,
    end: node.end,
    from,
    to,
    statement: statementBegunBy(site),
  }
}

/** The text of the line that it begins in: what tells one 0 from another. */
function lineOf({ node, source }: Site): string {
  const end = source.indexOf('\n', node.start)
  const begin = source.lastIndexOf('\n', node.start - 1) + 1
  return source.slice(begin, end < 0 ? source.length : end).trim()
}

/** The expression statement whose first character is the node's, unless it is the node. */
function statementBegunBy({ node, parents }: Site): { start: number; end: number } | undefined {
  const statement = parents.findLast(({ type }) => type === 'ExpressionStatement')
  if (statement === undefined || statement.start !== node.start) return undefined
  const { end } = statement['expression'] as { end: number }
  return { start: statement.start, end }
}
