/**
 * The command line of the mock server, as data: what was typed, checked, with one error sentence for each mistake.
 */

import { parseArgs } from 'node:util'
import { InvalidOptionError } from '../../core/errors.ts'
import { requireFinite, requireWhole } from '../options.ts'
import { serverProfiles } from '../profiles/index.ts'
import type { Enforcement } from '../contract.ts'

/** What the command line asks for. @internal */
export interface CliOptions {
  readonly isHelp: boolean
  readonly port: number
  readonly host: string
  readonly seed: number
  /** The name of a profile, or the path of a JSON file with one. */
  readonly profile: string
  /** Undefined: as the profile says. */
  readonly enforcement: Enforcement | undefined
  /** The name of a latency model, or the path of a JSON file with one. */
  readonly latency: string
  /** Path of a JSON file with a fault plan. */
  readonly faultsFile: string | undefined
}

/** What `--help` prints. @internal */
export const helpText: string = `A mock Together server that enforces the documented limits.

Usage: npm run mock -- [flags]

  --port N            port to listen on, 0 for any free one (default 8787)
  --host NAME         interface to listen on (default 127.0.0.1)
  --seed N            seed of faults, job durations and ids (default 1)
  --profile NAME      one of those below, or a JSON file with a profile of your own (default documented)
  --enforcement KIND  how limits are counted: fixed-window, sliding-log, sliding-counter, token-bucket, gcra
                      or slices (default as the profile says)
  --phase-ms N        fixed-window, sliding-counter: where windows begin, in ms after the start (default 0)
  --burst-ms N        token-bucket, gcra: the time whose quota may come at once (default the window, 1000)
  --slice-ms N        slices: their length (default 1000)
  --latency NAME      how long answers take: none, typical, or a JSON file with a model of your own (default none)
  --faults FILE       fault plan, a JSON array of rules, for example
                      [{ "match": { "endpoint": "chat", "perMille": 100 }, "do": { "kind": "status", "status": 503 } }]
  --help              this text

Profiles:
${serverProfiles.map(({ name, description }) => `  ${name.padEnd(18)}  ${description}`).join('\n')}

Any non-empty bearer token is let in. Each refusal and each fault is printed with its reason. A request may ask for a
fault itself by a header, for example  x-mock-fault: 503  or  x-mock-fault: 429; retry-after=3
`

/**
 * Reads the command line.
 *
 * @param args - Without the program's own name.
 * @throws {Error} With one sentence for the user: an unknown flag, or a value that cannot be used.
 * @internal
 */
export function parseCommandLine(args: readonly string[]): CliOptions {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    allowPositionals: false,
    options: {
      port: { type: 'string', default: '8787' },
      host: { type: 'string', default: '127.0.0.1' },
      seed: { type: 'string', default: '1' },
      profile: { type: 'string', default: 'documented' },
      enforcement: { type: 'string' },
      'phase-ms': { type: 'string' },
      'burst-ms': { type: 'string' },
      'slice-ms': { type: 'string' },
      latency: { type: 'string', default: 'none' },
      faults: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.profile === '') {
    throw new InvalidOptionError('--profile', values.profile, 'the name of a profile, or a file')
  }
  if (values.latency === '') {
    throw new InvalidOptionError('--latency', values.latency, 'the name of a model, or a file')
  }
  if (values.host === '') throw new InvalidOptionError('--host', values.host, 'a name or address')
  return {
    isHelp: values.help,
    port: requireWhole('--port', toNumber(values.port), [0, 65_535]),
    host: values.host,
    seed: requireWhole('--seed', toNumber(values.seed), [
      Number.MIN_SAFE_INTEGER,
      Number.MAX_SAFE_INTEGER,
    ]),
    profile: values.profile,
    enforcement: readEnforcement(values),
    latency: values.latency,
    faultsFile: values.faults,
  }
}

type EnforcementFlag = 'phase-ms' | 'burst-ms' | 'slice-ms'

/** The flags that each way to count understands. */
const flagsOf: Readonly<Record<Enforcement['kind'], readonly EnforcementFlag[]>> = {
  'fixed-window': ['phase-ms'],
  'sliding-log': [],
  'sliding-counter': ['phase-ms'],
  'token-bucket': ['burst-ms'],
  gcra: ['burst-ms'],
  slices: ['slice-ms'],
}

type EnforcementValues = { enforcement?: string } & Partial<Record<EnforcementFlag, string>>

function readEnforcement(values: EnforcementValues): Enforcement | undefined {
  // A phase alone is one of fixed windows.
  const kind = values.enforcement ?? (values['phase-ms'] === undefined ? undefined : 'fixed-window')
  if (kind !== undefined && !isEnforcementKind(kind)) {
    const expected = `one of ${Object.keys(flagsOf).join(', ')}`
    throw new InvalidOptionError('--enforcement', kind, expected)
  }
  for (const flag of ['phase-ms', 'burst-ms', 'slice-ms'] as const) {
    if (values[flag] === undefined || (kind !== undefined && flagsOf[kind].includes(flag))) continue
    const without = kind === undefined ? 'no --enforcement' : `--enforcement ${kind}`
    throw new InvalidOptionError(`--${flag}`, values[flag], `no value with ${without}`)
  }
  return kind === undefined ? undefined : toEnforcement(kind, values)
}

function toEnforcement(kind: Enforcement['kind'], values: EnforcementValues): Enforcement {
  const span = (flag: EnforcementFlag): number =>
    requireWhole(`--${flag}`, toNumber(values[flag] ?? '1000'), [1, DAY_MS])
  switch (kind) {
    case 'fixed-window':
    case 'sliding-counter': {
      const bound = Number.MAX_SAFE_INTEGER
      const phase = toNumber(values['phase-ms'] ?? '0')
      return { kind, phaseMs: requireFinite('--phase-ms', phase, [-bound, bound]) }
    }
    case 'token-bucket':
      return values['burst-ms'] === undefined ? { kind } : { kind, burstMs: span('burst-ms') }
    case 'gcra':
      return { kind, burstMs: span('burst-ms') }
    case 'slices':
      return { kind, sliceMs: span('slice-ms') }
    default:
      return { kind }
  }
}

function isEnforcementKind(kind: string): kind is Enforcement['kind'] {
  return Object.hasOwn(flagsOf, kind)
}

const DAY_MS = 86_400_000

/** The number that a text spells out, or the text itself, so that the error shows what was typed. */
function toNumber(text: string): unknown {
  return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)
}
