/** The simulator's command line. */
import { parseFlags, readCount, UsageError } from './flags.ts'
import { mixedProfiles, profileNames } from './profiles.ts'
import { peers } from './subjects/peers.ts'
import { transportNames, type TransportName } from './world/transports/transport.ts'

/** A share of a run's seeds. */
export interface Shard {
  /** From 1. */
  readonly index: number
  readonly count: number
}

export interface SimOptions {
  /** The seeds to run, in order. */
  seeds: { first: number; last: number }
  /** One seed, with its trace. */
  showsTrace: boolean
  /** A saved scenario instead of seeds. */
  scenarioFile: string | undefined
  profile: string
  subject: string
  transport: TransportName
  drainTurns: number
  json: string | undefined
  /** The folder for the small scenarios of failures, where one is named. */
  saveFolder: string | undefined
  /** Where the report for people goes, beside the standard run's own. */
  html: string | undefined
  /** Of several machines, which one this is. */
  shard: Shard | undefined
  /** A folder of parts to join, instead of running anything. */
  merge: string | undefined
  /** The whole standard run: shipped module, no seed or profile named. It alone writes reports and is gated, its shards joined. */
  isDefaultRun: boolean
  help: boolean
}

export const runsDefault = 1_000

export const helpText: string = `npm run sim -- [options]

Runs the limiter and the retry module against the mock Together server in virtual time, under seeded faults, and judges
every run by the invariants of the design.

  --runs N            seeds 1 to N (default ${runsDefault})
  --seed S            one run, with its trace
  --seeds A..B        seeds A to B
  --profile NAME      the limits: documented, tier-free, tier-1 to tier-5, dynamic-2026-01, dynamic, unlimited, or
                      mixed (default): documented, and others for some seeds of the shipped module
  --subject FILE|NAME what is under test: shipped (default), naive, one of the packages below, or a module with
                      createLimiter and/or retry
  --transport NAME    how requests reach the server; no trace depends on it
                      direct (default): its handler, called in this process
                      inject: its fastify app, by fastify's inject
                      loopback: its app listening on 127.0.0.1, by fetch
  --scenario FILE     a saved scenario instead of seeds
  --drain-turns N     event-loop turns after each timer, at least 1 (default 1); more must not change anything
  --json FILE         write the result there as JSON
  --save DIR          keep the small scenarios of failures there, and not in a folder for temporary files
  --html FILE         write the result there as one page with plots; the default run writes reports/sim/index.html
  --shard I/N         run the I-th of N shares of the seeds, and put into the JSON what --merge needs
  --merge DIR         join the N JSON files of the shards in a folder into the result of one run
  --help              this text

Packages as subjects (npm run sim:peers judges them all):
${listPeers()}

Exit: 0 all hold, 1 an invariant is violated, 2 wrong command line or subject, 3 a "sometimes" was never met,
4 the simulator itself failed.
`

/** Hoisted: the text above is made when this module is loaded. */
function listPeers(): string {
  const names = peers.map(({ name }) => name)
  const perLine = 6
  const lines = names.flatMap((_name, index) =>
    index % perLine === 0 ? [`  ${names.slice(index, index + perLine).join(', ')}`] : [],
  )
  return lines.join(',\n')
}

const flags = {
  runs: { type: 'string' },
  seed: { type: 'string' },
  seeds: { type: 'string' },
  profile: { type: 'string' },
  subject: { type: 'string' },
  transport: { type: 'string' },
  scenario: { type: 'string' },
  'drain-turns': { type: 'string' },
  json: { type: 'string' },
  save: { type: 'string' },
  html: { type: 'string' },
  shard: { type: 'string' },
  merge: { type: 'string' },
  help: { type: 'boolean' },
} as const

/** @throws {UsageError} Naming the flag, the value and what was expected. */
export function parseOptions(args: readonly string[]): SimOptions {
  const values: Values = parseFlags(args, flags)
  const chosen = (['runs', 'seed', 'seeds', 'scenario'] as const).filter(
    (name) => values[name] !== undefined,
  )
  if (chosen.length > 1)
    throw new UsageError(`--${chosen[0]} and --${chosen[1]} exclude each other`)
  expectOneOf('profile', values.profile, profileNames)
  const { transport = 'direct' } = values
  if (!isTransport(transport)) {
    const choices = transportNames.join(' or ')
    throw new UsageError(`--transport: expected ${choices}, received ${JSON.stringify(transport)}`)
  }
  assertCombination(values)
  const subject = values.subject ?? 'shipped'
  return {
    seeds: readSeeds(values),
    showsTrace: values.seed !== undefined || values.scenario !== undefined,
    scenarioFile: values.scenario,
    profile: values.profile ?? mixedProfiles,
    subject,
    transport,
    drainTurns: readCount('drain-turns', values['drain-turns'] ?? '1', 1),
    json: values.json,
    saveFolder: values.save,
    html: values.html,
    shard: values.shard === undefined ? undefined : readShard(values.shard),
    merge: values.merge,
    isDefaultRun:
      subject === 'shipped' &&
      chosen.length === 0 &&
      values.profile === undefined &&
      transport === 'direct' &&
      values['drain-turns'] === undefined,
    help: values.help === true,
  }
}

type Values = Partial<Record<Exclude<keyof typeof flags, 'help'>, string>> & { help?: boolean }

function assertCombination(values: Values): void {
  if (values.shard !== undefined) {
    const alone = (['seed', 'scenario'] as const).find((name) => values[name] !== undefined)
    if (alone !== undefined) throw new UsageError(`--shard and --${alone} exclude each other`)
  }
  if (values.merge === undefined) return
  const other = Object.keys(values).find(
    (name) => !['merge', 'json', 'save', 'html', 'help'].includes(name),
  )
  if (other !== undefined) throw new UsageError(`--merge and --${other} exclude each other`)
}

function isTransport(name: string): name is TransportName {
  return (transportNames as readonly string[]).includes(name)
}

function readShard(text: string): Shard {
  const [index, count] = /^([0-9]{1,6})\/([0-9]{1,6})$/.exec(text)?.slice(1).map(Number) ?? []
  if (index === undefined || count === undefined || index < 1 || index > count) {
    throw new UsageError(
      `--shard: expected I/N with I from 1 to N, received ${JSON.stringify(text)}`,
    )
  }
  return { index, count }
}

function readSeeds(values: Values): { first: number; last: number } {
  if (values.seed !== undefined) {
    const seed = readCount('seed', values.seed, 0)
    return { first: seed, last: seed }
  }
  if (values.seeds === undefined)
    return { first: 1, last: readCount('runs', values.runs ?? String(runsDefault), 1) }
  const ends = values.seeds.split('..').map((text) => readCount('seeds', text, 0))
  const [first, last] = ends
  if (first === undefined || last === undefined || ends.length > 2 || last < first) {
    throw new UsageError(`--seeds: expected A..B with A not above B, received ${values.seeds}`)
  }
  return { first, last }
}

function expectOneOf(flag: string, value: string | undefined, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value)) return
  throw new UsageError(`--${flag}: expected ${listOf(choices)}, received ${JSON.stringify(value)}`)
}

function listOf(choices: readonly string[]): string {
  const last = choices.at(-1) ?? ''
  return choices.length === 1 ? last : `${choices.slice(0, -1).join(', ')} or ${last}`
}
