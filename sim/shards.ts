/**
 * A run on several machines: each takes a share of the seeds and writes a part, and the parts are joined into the result
 * that one machine would have had.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { RunSummary } from './judge.ts'
import { UsageError } from './flags.ts'
import type { Shard, SimOptions } from './options.ts'
import type { TransportName } from './world/transports/transport.ts'

/** What one machine found, with all that has to be the same on the others. */
export interface Part {
  readonly shard: Shard
  /** Of the whole run, not of this part. */
  readonly seeds: { readonly first: number; readonly last: number }
  /** As it was named on the command line. */
  readonly subject: string
  readonly profile: string
  readonly transport: TransportName
  readonly drainTurns: number
  readonly isDefaultRun: boolean
  /** Hash of what the run is a statement about. */
  readonly sources: string
  /** In the order of their seeds. */
  readonly summaries: readonly RunSummary[]
}

/** The shard's share: every so many, so that each theme is spread over all. */
export function seedsOfShard(seeds: readonly number[], shard: Shard | undefined): number[] {
  if (shard === undefined) return [...seeds]
  return seeds.filter((_seed, index) => index % shard.count === shard.index - 1)
}

/** @param sources - Their hash. */
export function toPart(
  options: SimOptions,
  summaries: readonly RunSummary[],
  sources: string,
): Part {
  const { shard = { index: 1, count: 1 }, seeds, subject } = options
  const { profile, transport, drainTurns, isDefaultRun } = options
  return {
    shard,
    seeds,
    subject,
    profile,
    transport,
    drainTurns,
    isDefaultRun,
    sources,
    summaries,
  }
}

/** @throws {UsageError} Where a file is no part. */
export async function readParts(folder: string): Promise<Part[]> {
  const path = resolve(process.env['INIT_CWD'] ?? process.cwd(), folder)
  const names = await listFiles(path, folder)
  const parts: Part[] = []
  for (const name of names) {
    const text = await readFile(join(path, name), 'utf8')
    const part = parsePart(text)
    if (part === undefined) {
      throw new UsageError(
        `--merge: ${name} is no part; expected what --shard I/N --json FILE writes`,
      )
    }
    parts.push(part)
  }
  return parts
}

async function listFiles(path: string, folder: string): Promise<string[]> {
  try {
    return (await readdir(path)).filter((name) => name.endsWith('.json')).toSorted()
  } catch (error) {
    const message = `--merge: expected a folder of JSON parts, received ${JSON.stringify(folder)}`
    throw new UsageError(message, { cause: error })
  }
}

function parsePart(text: string): Part | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const part = typeof value === 'object' && value !== null && 'part' in value && value.part
    const isPart =
      typeof part === 'object' && part !== null && 'summaries' in part && 'shard' in part
    return isPart ? (part as Part) : undefined
  } catch {
    return undefined
  }
}

/**
 * The summaries of all parts, in the order of their seeds.
 *
 * @throws {UsageError} Where parts are missing, doubled, or not of one run.
 */
export function joinParts(parts: readonly Part[]): { whole: Part; summaries: RunSummary[] } {
  const [whole] = parts
  if (whole === undefined) throw new UsageError('--merge: the folder holds no parts')
  for (const name of [
    'subject',
    'profile',
    'transport',
    'drainTurns',
    'sources',
    'seeds',
  ] as const) {
    const values = new Set(parts.map((part) => JSON.stringify(part[name])))
    if (values.size > 1) {
      throw new UsageError(`--merge: the parts differ in ${name}: ${[...values].join(', ')}`)
    }
  }
  const { count } = whole.shard
  const expected = Array.from({ length: count }, (_, index) => `${index + 1}/${count}`)
  const found = parts.map(({ shard }) => `${shard.index}/${shard.count}`)
  const missing = expected.filter((name) => !found.includes(name))
  if (missing.length > 0) throw new UsageError(`--merge: missing are ${missing.join(', ')}`)
  if (found.length > count) {
    throw new UsageError(`--merge: expected one part of each, received ${found.join(', ')}`)
  }
  const summaries = parts.flatMap((part) => part.summaries)
  return { whole, summaries: summaries.toSorted((one, two) => one.seed - two.seed) }
}
