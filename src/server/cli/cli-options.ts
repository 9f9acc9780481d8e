/**
 * The command line of the mock server, as data: what was typed, checked, with one error sentence for each mistake.
 */

import { parseArgs } from 'node:util'
import { InvalidOptionError } from '../../core/errors.ts'
import { requireFinite, requireWhole } from '../options.ts'
import type { Enforcement } from '../contract.ts'

/** What the command line asks for. @internal */
export interface CliOptions {
  readonly isHelp: boolean
  readonly port: number
  readonly host: string
  readonly seed: number
  readonly enforcement: Enforcement
  /** Path of a JSON file with a fault plan. */
  readonly faultsFile: string | undefined
}

/** What `--help` prints. @internal */
export const helpText = `A mock Together server that enforces the documented limits.

Usage: npm run mock -- [flags]

  --port N            port to listen on, 0 for any free one (default 8787)
  --host NAME         interface to listen on (default 127.0.0.1)
  --seed N            seed of faults, job durations and ids (default 1)
  --enforcement KIND  fixed-window, sliding-log or token-bucket (default fixed-window)
  --phase-ms N        where fixed windows begin, in milliseconds after the start (default 0)
  --faults FILE       fault plan, a JSON array of rules, for example
                      [{ "match": { "endpoint": "chat", "perMille": 100 }, "do": { "kind": "status", "status": 503 } }]
  --help              this text

Any non-empty bearer token is let in. Each refusal and each fault is printed with its reason.
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
      enforcement: { type: 'string', default: 'fixed-window' },
      'phase-ms': { type: 'string' },
      faults: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.host === '') throw new InvalidOptionError('--host', values.host, 'a name or address')
  return {
    isHelp: values.help,
    port: requireWhole('--port', toNumber(values.port), [0, 65_535]),
    host: values.host,
    seed: requireWhole('--seed', toNumber(values.seed), [
      Number.MIN_SAFE_INTEGER,
      Number.MAX_SAFE_INTEGER,
    ]),
    enforcement: readEnforcement(values.enforcement, values['phase-ms']),
    faultsFile: values.faults,
  }
}

function readEnforcement(kind: string, phaseText: string | undefined): Enforcement {
  if (kind === 'fixed-window') {
    const bound = Number.MAX_SAFE_INTEGER
    return {
      kind,
      phaseMs: requireFinite('--phase-ms', toNumber(phaseText ?? '0'), [-bound, bound]),
    }
  }
  if (kind !== 'sliding-log' && kind !== 'token-bucket') {
    const expected = 'fixed-window, sliding-log or token-bucket'
    throw new InvalidOptionError('--enforcement', kind, expected)
  }
  if (phaseText === undefined) return { kind }
  throw new InvalidOptionError('--phase-ms', phaseText, `no value with --enforcement ${kind}`)
}

/** The number that a text spells out, or the text itself, so that the error shows what was typed. */
function toNumber(text: string): unknown {
  return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)
}
