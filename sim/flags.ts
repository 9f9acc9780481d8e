/** What the simulator's commands share: how flags are read, and what is said where they are wrong. */
import { parseArgs, type ParseArgsConfig } from 'node:util'

/** The command line is wrong; its message is for the user. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

type Flags = NonNullable<ParseArgsConfig['options']>
type Values<F extends Flags> = {
  [Name in keyof F]?: F[Name]['type'] extends 'boolean' ? boolean : string
}

/** @throws {UsageError} Where a flag is unknown or lacks its value. */
export function parseFlags<F extends Flags>(args: readonly string[], flags: F): Values<F> {
  try {
    return parseArgs({ args: [...args], options: flags, strict: true }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'the arguments cannot be read', {
      cause: error,
    })
  }
}

/** @throws {UsageError} Naming the flag, the value and what was expected. */
export function readCount(flag: string, text: string, min: number): number {
  const value = Number(text)
  if (/^[0-9]+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value
  throw new UsageError(
    `--${flag}: expected a whole number of at least ${min}, received ${JSON.stringify(text)}`,
  )
}

/**
 * Runs a command of which nothing but its own options can be wrong, and sets the exit code of the process.
 *
 * @param exits - By what the command ends where its user or it itself is wrong.
 */
export async function runCommand(
  main: (args: readonly string[]) => Promise<number>,
  exits: { usage: number; internal: number },
): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2))
  } catch (error) {
    const isUsersMistake = error instanceof UsageError
    process.exitCode = isUsersMistake ? exits.usage : exits.internal
    const detail =
      error instanceof Error ? (isUsersMistake ? error.message : error.stack) : String(error)
    process.stderr.write(`${isUsersMistake ? '' : 'the simulator failed: '}${detail}\n`)
  }
}
