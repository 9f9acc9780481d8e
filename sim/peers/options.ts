/** The command line of `npm run sim:peers`. */
import { parseFlags, readCount, UsageError } from '../flags.ts'
import { peers } from '../subjects/peers.ts'

export interface PeersOptions {
  /** Seeds 1 to this. */
  runs: number
  /** Names of peers, in the order of the table. */
  chosen: readonly string[]
  /** All of the standard table; it alone is written to reports/. */
  isStandard: boolean
  help: boolean
}

/** Two minutes or three on two cores; the seeds after them, up to 60, broke no further invariant of any peer. */
const runsDefault = 45

export const helpText: string = `npm run sim:peers -- [options]

Judges the limiters and retries that people use by the simulator's invariants, and writes reports/sim/peers.json and
reports/sim/peers.md. With an option the table is printed only.

  --runs N            seeds 1 to N (default ${runsDefault})
  --only NAME,NAME    some of ${peers.map(({ name }) => name).join(', ')}
  --help              this text

Exit: 0 the table is made, whatever it says, 2 wrong command line, 4 the simulator itself failed.
`

const flags = {
  runs: { type: 'string' },
  only: { type: 'string' },
  help: { type: 'boolean' },
} as const

/** @throws {UsageError} Naming the flag, the value and what was expected. */
export function parsePeersOptions(args: readonly string[]): PeersOptions {
  const values = parseFlags(args, flags)
  const chosen = values.only?.split(',') ?? peers.map(({ name }) => name)
  const unknown = chosen.find((name) => !peers.some((peer) => peer.name === name))
  if (unknown !== undefined) {
    throw new UsageError(
      `--only: expected names of peers (see --help), received ${JSON.stringify(unknown)}`,
    )
  }
  return {
    runs: readCount('runs', values.runs ?? String(runsDefault), 1),
    chosen,
    isStandard: values.runs === undefined && values.only === undefined,
    help: values.help === true,
  }
}
