/**
 * A copy of the project with mutants planted in it. Only the subject's files differ: the mock server, the simulator and
 * the clock, by which it is judged, are byte for byte those of the project.
 */
import { cp, mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Candidate } from './candidates.ts'
import { instrument } from './instrument.ts'

export const projectFolder: string = fileURLToPath(new URL('../../', import.meta.url))
/** Inside the project, so that packages are found from it. */
const cacheFolder = join(projectFolder, 'node_modules/.cache')

export interface InstrumentedCopy {
  folder: string
  /** The program that runs seeds in it. */
  worker: string
  remove: () => Promise<void>
}

/** @param mutants - Each one's place in the list is the number of its switch. */
export async function makeCopy(mutants: readonly Candidate[]): Promise<InstrumentedCopy> {
  await mkdir(cacheFolder, { recursive: true })
  const folder = await mkdtemp(join(cacheFolder, 'sim-power-'))
  for (const name of ['src', 'sim', 'package.json', 'tsconfig.json']) {
    await cp(join(projectFolder, name), join(folder, name), { recursive: true })
  }
  const numbered = mutants.map((candidate, number) => ({ number, candidate }))
  for (const file of new Set(mutants.map((mutant) => mutant.file))) {
    const own = numbered.filter(({ candidate }) => candidate.file === file)
    const path = join(folder, 'src', file)
    const source = await readFile(path, 'utf8')
    await writeFile(path, instrument(source, own, switchModuleFrom(folder, path)))
  }
  return {
    folder,
    worker: join(folder, 'sim/power/worker.ts'),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

function switchModuleFrom(folder: string, path: string): string {
  return relative(dirname(path), join(folder, 'sim/power/switch.ts')).replaceAll('\\', '/')
}
