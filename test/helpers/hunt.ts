/** Lets the simulator hunt for defects in many modules at once, in as many processes as the machines of our tests have cores. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A module, and what ends the hunt for its defects. */
export interface Quarry {
  readonly file: string
  /** The hunt is over when one of these invariants is violated; none: all seeds are run. */
  readonly wanted: readonly string[]
  readonly runsMax: number
  /** Only seeds that press on one of these are run. @defaultValue all */
  readonly themes?: readonly string[]
  /** Only seeds that go through the fetch are run. @defaultValue false */
  readonly viaFetch?: boolean
}

/** What was found. */
export interface Hunt {
  file: string
  runs: number
  /** By invariant, the first seed and message. */
  violations: Record<string, string>
  checks: Record<string, number>
  /** Of the first violation that was wanted: the smallest scenario that was looked for. */
  shrunk?: ShrunkHunt
}

export interface ShrunkHunt {
  invariant: string
  /** A line each. */
  commands: string[]
  /** How many the seed's scenario has. */
  commandsBefore: number
  runs: number
  /** Milliseconds of a processor. */
  workMs: number
}

const processes = 2

/** @returns By file, what was found in it. */
export async function huntAll(quarries: readonly Quarry[]): Promise<Map<string, Hunt>> {
  const shares = Array.from({ length: processes }, (_unused, share) =>
    quarries.filter((_quarry, index) => index % processes === share),
  )
  const hunts = await Promise.all(shares.map(huntShare))
  return new Map(hunts.flat().map((hunt) => [hunt.file, hunt]))
}

function huntShare(quarries: readonly Quarry[]): Promise<Hunt[]> {
  const script = fileURLToPath(new URL('./hunt-process.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(quarries)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const hunts: Hunt[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    // A subject may print, too.
    if (line.startsWith('{"file"')) hunts.push(JSON.parse(line))
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(hunts)
      else reject(new Error(`the hunt ended with exit code ${code} after ${hunts.length} modules`))
    })
  })
}
