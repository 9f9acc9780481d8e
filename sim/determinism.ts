/** The same identity gives the same trace: runs a few of the seeds again, in another process, with twice the drain turns. */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SimOptions } from './options.ts'

/** Enough to meet every theme, few enough to be done long before the run that they are compared with. */
const rerunsMax = 8

/** The first seeds of a run, which are run twice. */
export function rerunSeeds({ seeds }: SimOptions): { first: number; last: number } {
  return { first: seeds.first, last: Math.min(seeds.last, seeds.first + rerunsMax - 1) }
}

/** Starts the second process and resolves with the trace hash of its runs, in order. */
export async function rerunElsewhere(options: SimOptions): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'together-sim-'))
  try {
    const jsonFile = join(folder, 'rerun.json')
    const { first, last } = rerunSeeds(options)
    await runProcess([
      ...['--seeds', `${first}..${last}`, '--subject', options.subject],
      ...['--drain-turns', String(2 * options.drainTurns), '--json', jsonFile],
    ])
    const { traceHash } = JSON.parse(await readFile(jsonFile, 'utf8')) as { traceHash: string }
    return traceHash
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function runProcess(args: readonly string[]): Promise<void> {
  const cli = fileURLToPath(new URL('./cli.ts', import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv, cli, ...args], {
    env: { ...process.env, TOGETHER_SIM_RERUN: '1' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    // 1 and 0 are both a result; what the run found is not asked for here.
    child.on('exit', (code) =>
      code === 0 || code === 1 ? resolve() : reject(new Error(`the second process ended with exit code ${code}`)),
    )
  })
}
