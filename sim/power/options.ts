/** The command line of `npm run sim:power`. */
import { parseFlags, readCount, UsageError } from '../flags.ts'

export interface PowerOptions {
  /** How many mutants are planted. */
  mutants: number
  /** Of the lot that chooses them. */
  seed: number
  /** A file or folder below src/, or a mutant's name, instead of a sample. */
  only: string | undefined
  /** Seeds 1 to this are what a mutant has to be found by. */
  runs: number
  /** Real time for each mutant at the most. */
  seconds: number
  json: string | undefined
  /** The JSON of an earlier run, which is shown with today's reasons, instead of a new one. */
  from: string | undefined
  help: boolean
}

export const powerDefaults = { mutants: 160, seed: 1, runs: 120, seconds: 60 } as const

/** Of the mutants that can be found, so many have to be. */
export const shareMin = 0.95

export const helpText: string = `npm run sim:power -- [options]

Measures what the simulator finds: plants defects in limiter, retry, fetch, batch and the reading of headers, by rules and
not by hand, and runs seeds with each until something is wrong. The standard sample, in all the seeds, is written to
reports/sim/power.json and reports/sim/power.md; another one is printed only.

  --mutants N         how many of all that could be planted are drawn by lot (default ${powerDefaults.mutants})
  --seed S            of the lot (default ${powerDefaults.seed})
  --only FILE|ID,...  all mutants of files or folders below src/, or those of these names, instead of a lot
  --runs N            a mutant is found if one of the seeds 1 to N finds it (default ${powerDefaults.runs})
  --seconds S         real time for each mutant at the most (default ${powerDefaults.seconds})
  --json FILE         write the result there as JSON
  --from FILE         show such a JSON again, with the reasons that are written down by now, instead of running anything
  --help              this text

Exit: 0 at least ${shareMin * 100} % of the mutants are found, those apart that are shown to be equivalent or do not load, and for each of the
others a reason is written down (sim/power/survivors.json), 1 it is not so, 2 wrong command line, 4 the simulator itself
failed, a seed that does not hold without a mutant among it.
`

const flags = {
  mutants: { type: 'string' },
  seed: { type: 'string' },
  only: { type: 'string' },
  runs: { type: 'string' },
  seconds: { type: 'string' },
  json: { type: 'string' },
  from: { type: 'string' },
  help: { type: 'boolean' },
} as const

/** @throws {UsageError} Naming the flag, the value and what was expected. */
export function parsePowerOptions(args: readonly string[]): PowerOptions {
  const values = parseFlags(args, flags)
  if (values.only === '') throw new UsageError('--only: expected a file or a name, received ""')
  const lot = (['mutants', 'seed'] as const).find((name) => values[name] !== undefined)
  if (values.only !== undefined && lot !== undefined) {
    throw new UsageError(`--only and --${lot} exclude each other`)
  }
  const other = Object.keys(values).find((name) => name !== 'from')
  if (values.from !== undefined && other !== undefined) {
    throw new UsageError(`--from and --${other} exclude each other`)
  }
  const { mutants, seed, runs, seconds } = powerDefaults
  return {
    mutants: readCount('mutants', values.mutants ?? String(mutants), 1),
    seed: readCount('seed', values.seed ?? String(seed), 0),
    only: values.only,
    runs: readCount('runs', values.runs ?? String(runs), 1),
    seconds: readCount('seconds', values.seconds ?? String(seconds), 1),
    json: values.json,
    from: values.from,
    help: values.help === true,
  }
}
