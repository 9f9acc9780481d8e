/**
 * The command line of the mock server, as data: what was typed, checked, with one error sentence for each mistake.
 */

import { parseArgs } from 'node:util'
import { InvalidOptionError } from '../../core/errors.ts'
import { requireWhole } from '../options.ts'
import { serverProfiles } from '../profiles/index.ts'
import { readEnforcement } from './enforcement-flags.ts'
import { toNumber } from './to-number.ts'
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
  /** Undefined: as the profile says. */
  readonly countsRefused: boolean | undefined
  /** The keys that are let in; undefined: any. Secrets: they are never printed. */
  readonly apiKeys: readonly string[] | undefined
  readonly journalLengthMax: number
  /** Undefined: where the interface is a loopback one. */
  readonly admin: boolean | undefined
  readonly isQuiet: boolean
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
  --counts-refused    a refused request draws on the limits all the same (default as the profile says)
  --no-counts-refused it does not
  --api-key KEY       let in this key only; may be repeated (default any non-empty key)
  --latency NAME      how long answers take: none, typical, or a JSON file with a model of your own (default none)
  --faults FILE       fault plan, a JSON array of rules, for example
                      [{ "match": { "endpoint": "chat", "perMille": 100 }, "do": { "kind": "status", "status": 503 } }]
  --journal-length N  requests that the journal keeps, the newest; 0 keeps none (default 10000)
  --admin             serve the admin API under /__admin, which needs no key, also where other machines reach it
                      (default only on a loopback interface, and then only for requests to a loopback name)
  --no-admin          do not serve it
  --quiet             print no requests
  --help              this text

Profiles:
${serverProfiles.map(({ name, description }) => `  ${name.padEnd(18)}  ${description}`).join('\n')}

Each refusal and each fault is printed with its reason. A request may ask for a
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
  const values = readFlags(args)
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
    countsRefused: readSwitch(values, 'counts-refused'),
    apiKeys: readApiKeys(values['api-key']),
    journalLengthMax: requireWhole(
      '--journal-length',
      toNumber(values['journal-length']),
      [0, 100_000_000],
    ),
    admin: readSwitch(values, 'admin'),
    isQuiet: values.quiet,
  }
}

const flags = {
  port: { type: 'string', default: '8787' },
  host: { type: 'string', default: '127.0.0.1' },
  seed: { type: 'string', default: '1' },
  profile: { type: 'string', default: 'documented' },
  enforcement: { type: 'string' },
  'phase-ms': { type: 'string' },
  'burst-ms': { type: 'string' },
  'slice-ms': { type: 'string' },
  latency: { type: 'string', default: 'none' },
  'counts-refused': { type: 'boolean', default: false },
  'no-counts-refused': { type: 'boolean', default: false },
  'api-key': { type: 'string', multiple: true },
  faults: { type: 'string' },
  'journal-length': { type: 'string', default: '10000' },
  admin: { type: 'boolean', default: false },
  'no-admin': { type: 'boolean', default: false },
  quiet: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

type Flags = ReturnType<typeof parseFlags>

function parseFlags(args: readonly string[]) {
  return parseArgs({ args: [...args], strict: true, allowPositionals: false, options: flags })
    .values
}

function readFlags(args: readonly string[]): Flags {
  try {
    return parseFlags(args)
  } catch (error) {
    // The error repeats a word that stands alone, and beside keys that may be a key: `--api-key A B`.
    if (isUnexpectedWord(error) && args.some((word) => word.startsWith('--api-key'))) {
      const message =
        'there is a word that belongs to no flag; each key needs an --api-key before it'
      // Without the cause, which whoever prints causes would print.
      // oxlint-disable-next-line preserve-caught-error
      throw new Error(message)
    }
    throw error
  }
}

function isUnexpectedWord(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL'
}

/** What a flag and its opposite say; undefined where neither is there. */
function readSwitch(values: Flags, name: 'admin' | 'counts-refused'): boolean | undefined {
  const isOn = values[name]
  const isOff = values[`no-${name}`]
  if (isOn && isOff) throw new Error(`either --${name} or --no-${name}`)
  return isOn || isOff ? isOn : undefined
}

/** A key with a space or a line break in it could never be sent as a bearer token. */
function readApiKeys(keys: readonly string[] | undefined): readonly string[] | undefined {
  if (keys?.some((key) => !/^[\x21-\x7e]+$/.test(key)) === true) {
    throw new Error('--api-key: expected a key of printable characters without spaces')
  }
  return keys
}
