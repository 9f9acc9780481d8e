/**
 * How a command ends: its exit codes, and the error that names one.
 */

/** What the exit codes say. @internal */
export const exitCodes = {
  /** Every item has its result. */
  done: 0,
  /** Every item was dealt with, and some were refused: the output says which, and why. */
  someFailed: 1,
  /** The command line, the input or the output is not as it has to be; nothing was sent. */
  misused: 2,
  /** It had to stop: items are left for another start. */
  stopped: 3,
  /** A fault of the command itself. */
  broken: 4,
  interrupted: 130,
  terminated: 143,
} as const

/** @internal */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** Something that the user can do something about; its message says what. @internal */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: ExitCode

  constructor(message: string, exitCode: ExitCode = exitCodes.misused, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** @internal */
export function isCommandError(value: unknown): value is CommandError {
  return value instanceof CommandError
}
