/**
 * The command line, as data: what was typed, checked, with one sentence for each mistake.
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { batchDefaults, embedDefaults, runDefaults } from '../batch/index.ts'
import { InvalidOptionError } from '../core/errors.ts'

/** @internal */
export const commandNames = ['embed', 'run', 'batch'] as const

/** @internal */
export type CommandName = (typeof commandNames)[number]

/** What the command line asks for. @internal */
export interface CommandLine {
  readonly command: CommandName
  readonly input: string
  readonly output: string
  /** An empty one for commands that need none. */
  readonly model: string
  readonly fallbackModels: readonly string[]
  readonly batchSize: number
  readonly dimensions: number | undefined
  /** Requests a minute; undefined where the profile says it. */
  readonly maxPerMinute: number | undefined
  readonly profile: string
  readonly inFlightMax: number
  readonly outageMsMax: number
  /** The shortest wait between two looks at a batch. */
  readonly pollMsMin: number
  readonly retriesFailed: boolean
  readonly checksModels: boolean
  readonly isQuiet: boolean
}

const flags = {
  input: { type: 'string' },
  output: { type: 'string' },
  model: { type: 'string' },
  'fallback-model': { type: 'string', multiple: true },
  'batch-size': { type: 'string' },
  dimensions: { type: 'string' },
  'max-per-minute': { type: 'string' },
  profile: { type: 'string' },
  'in-flight': { type: 'string' },
  'outage-minutes': { type: 'string' },
  'poll-seconds': { type: 'string' },
  'retry-failed': { type: 'boolean' },
  'no-model-check': { type: 'boolean' },
  quiet: { type: 'boolean' },
  help: { type: 'boolean' },
  version: { type: 'boolean' },
} as const

type Flags = ReturnType<typeof readFlags>['values']

/** What only one of the commands knows. */
const ownFlags: readonly (readonly [keyof Flags, CommandName])[] = [
  ['fallback-model', 'run'],
  ['batch-size', 'embed'],
  ['dimensions', 'embed'],
  ['poll-seconds', 'batch'],
]

/**
 * Reads the command line.
 *
 * @param args - Without the program's own name.
 * @throws {Error} With one sentence for the user: an unknown flag, or a value that cannot be used.
 * @internal
 */
export function parseCommandLine(args: readonly string[]): CommandLine | 'help' | 'version' {
  const { values, positionals } = readFlags(args)
  if (values.help === true) return 'help'
  if (values.version === true) return 'version'
  const command = readCommand(positionals)
  assertOwnFlags(values, command)
  return {
    command,
    ...readPaths(values),
    ...readModels(values, command),
    batchSize: readWhole(values, 'batch-size') ?? embedDefaults.batchSize,
    dimensions: readWhole(values, 'dimensions'),
    ...readLimits(values),
    inFlightMax: readWhole(values, 'in-flight') ?? runDefaults.inFlightMax,
    ...readTimes(values),
    retriesFailed: values['retry-failed'] === true,
    checksModels: values['no-model-check'] !== true,
    isQuiet: values.quiet === true,
  }
}

function readFlags(args: readonly string[]) {
  return parseArgs({ args: [...args], strict: true, allowPositionals: true, options: flags })
}

function readCommand([command, more]: readonly string[]): CommandName {
  const name = commandNames.find((one) => one === command)
  const expected = `one of ${commandNames.join(', ')}`
  if (name === undefined) throw new InvalidOptionError('command', command, expected)
  if (more !== undefined) throw new InvalidOptionError('command', more, 'one command only')
  return name
}

function assertOwnFlags(values: Flags, command: CommandName): void {
  for (const [flag, owner] of ownFlags) {
    if (values[flag] === undefined || owner === command) continue
    throw new InvalidOptionError(`--${flag}`, values[flag], `no such flag beside ${command}`)
  }
}

function readPaths({ input, output }: Flags): Pick<CommandLine, 'input' | 'output'> {
  if (input === undefined || input === '')
    throw new InvalidOptionError('--input', input, 'a file of JSON lines')
  if (output === undefined || output === '') {
    throw new InvalidOptionError('--output', output, 'a file, which need not be there')
  }
  if (resolve(input) === resolve(output)) {
    throw new InvalidOptionError('--output', output, 'another file than the input')
  }
  return { input, output }
}

function readModels(
  { model = '', 'fallback-model': fallbackModels = [] }: Flags,
  command: CommandName,
): Pick<CommandLine, 'model' | 'fallbackModels'> {
  if (command === 'embed' && model === '') {
    throw new InvalidOptionError('--model', model, "an embedding model's id")
  }
  return { model, fallbackModels }
}

function readLimits(values: Flags): Pick<CommandLine, 'maxPerMinute' | 'profile'> {
  const { profile } = values
  if (profile !== undefined && values['max-per-minute'] !== undefined) {
    throw new InvalidOptionError('--profile', profile, 'none beside --max-per-minute')
  }
  return { maxPerMinute: readWhole(values, 'max-per-minute'), profile: profile ?? 'documented' }
}

/** @returns Undefined where the flag is not there. */
function readWhole(
  values: Flags,
  flag: 'batch-size' | 'dimensions' | 'max-per-minute' | 'in-flight',
): number | undefined {
  const text = values[flag]
  if (text === undefined) return undefined
  const number = toNumber(text)
  if (Number.isSafeInteger(number) && number >= 1) return number
  throw new InvalidOptionError(`--${flag}`, text, 'a whole number, at least 1')
}

function readTimes(values: Flags): Pick<CommandLine, 'outageMsMax' | 'pollMsMin'> {
  const outageMinutes = readNumber(values, 'outage-minutes', { min: 0 })
  const pollSeconds = readNumber(values, 'poll-seconds', { min: 0.001 })
  return {
    outageMsMax: outageMinutes === undefined ? runDefaults.outageMsMax : outageMinutes * 60_000,
    pollMsMin:
      pollSeconds === undefined ? batchDefaults.pollMsMin : Math.round(pollSeconds * 1_000),
  }
}

function readNumber(
  values: Flags,
  flag: 'outage-minutes' | 'poll-seconds',
  { min }: { min: number },
): number | undefined {
  const text = values[flag]
  if (text === undefined) return undefined
  const number = toNumber(text)
  if (number >= min && number <= numberMax) return number
  throw new InvalidOptionError(`--${flag}`, text, `a number from ${min} to ${numberMax}`)
}

/** In minutes two years, and in seconds twelve days: more than a timer takes. */
const numberMax = 1_000_000

/** @returns NaN for what is no number in digits; `Number` takes an empty string for 0. */
function toNumber(text: string): number {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN
}
