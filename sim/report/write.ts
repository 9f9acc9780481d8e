/** Writes results to disk. */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SimOptions } from '../options.ts'
import type { PeerVerdicts } from '../peers/verdicts.ts'
import type { PowerResult } from '../power/result.ts'
import type { Part } from '../shards.ts'
import type { ReportInput } from './html/types.ts'
import type { SimResult } from './result.ts'

const projectFolder = fileURLToPath(new URL('../../', import.meta.url))
const summaryFile = 'reports/sim/summary.json'
const pageFile = 'reports/sim/index.html'

/** @param file - Taken from where the command was typed. */
export async function writeResult(
  file: string,
  result: SimResult & { part?: Part },
): Promise<void> {
  await writeAsJson(file, result)
}

/** @param file - Taken from where the command was typed. */
export async function writeAsJson(file: string, value: unknown): Promise<void> {
  await writeJson(fromCommand(file), value)
}

function fromCommand(file: string): string {
  return resolve(process.env['INIT_CWD'] ?? process.cwd(), file)
}

/**
 * Writes the standard run's summary: the same bytes for the same sources, on every machine.
 *
 * @returns The file's path below the project's folder.
 */
export async function writeSummary(result: SimResult, options: SimOptions): Promise<string> {
  const identity = { command: 'npm run sim', seeds: options.seeds, sources: await hashSources() }
  await writeJson(join(projectFolder, summaryFile), { ...identity, ...result })
  return summaryFile
}

/**
 * Writes the report for people.
 *
 * @param file - Taken from where the command was typed; undefined for the standard run's place.
 * @returns The file's path as it was given, or below the project's folder.
 */
export async function writePage(file: string | undefined, input: ReportInput): Promise<string> {
  // Not before it is needed: what draws takes a quarter of a second to load.
  const { renderPage } = await import('./html/page.ts')
  const path = file === undefined ? join(projectFolder, pageFile) : fromCommand(file)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, renderPage(input))
  return file ?? pageFile
}

/**
 * Writes the table of the peers: the same bytes for the same sources, on every machine.
 *
 * @returns The files' paths below the project's folder.
 */
export async function writePeers(
  table: readonly PeerVerdicts[],
  markdown: string,
  runs: number,
): Promise<string[]> {
  const identity = { command: 'npm run sim:peers', seeds: { first: 1, last: runs } }
  const [json, text] = ['reports/sim/peers.json', 'reports/sim/peers.md'] as const
  await writeJson(join(projectFolder, json), { ...identity, peers: table })
  await writeFile(join(projectFolder, text), markdown)
  return [json, text]
}

/** Where the small scenarios of a run's failures go: what is no standard run writes nothing into the project. */
export function failuresFolder({ saveFolder, isDefaultRun }: SimOptions): string {
  if (saveFolder !== undefined) return resolve(process.env['INIT_CWD'] ?? process.cwd(), saveFolder)
  if (isDefaultRun) return join(projectFolder, 'reports/sim/failures')
  return join(tmpdir(), 'together-rate-limits-sim')
}

/** A subject's file below the project's folder by its path from there, which is the same on every machine. */
export function nameInProject(subject: string): string {
  return subject.startsWith(projectFolder) ? subject.slice(projectFolder.length) : subject
}

/**
 * Writes what `npm run sim:power` found. But for the times, which stand in the Markdown only, the same bytes for the same
 * sources.
 *
 * @returns The files' paths below the project's folder.
 */
export async function writePower(result: PowerResult, markdown: string): Promise<string[]> {
  const [json, text] = ['reports/sim/power.json', 'reports/sim/power.md'] as const
  await writeJson(join(projectFolder, json), { command: 'npm run sim:power', ...result })
  await writeFile(join(projectFolder, text), markdown)
  return [json, text]
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, `${JSON.stringify(value, undefined, 2)}\n`)
}

/** What the run is a statement about: everything in `src` and `sim`. */
export async function hashSources(): Promise<string> {
  const hash = createHash('sha256')
  for (const folder of ['src', 'sim']) {
    const entries = await readdir(join(projectFolder, folder), {
      recursive: true,
      withFileTypes: true,
    })
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
    for (const file of files.toSorted()) {
      hash.update(file.slice(projectFolder.length)).update(await readFile(file))
    }
  }
  return hash.digest('hex').slice(0, 16)
}
