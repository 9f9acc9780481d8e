/**
 * What the command does, from its arguments to its exit code, with everything around it as a parameter.
 */
import { systemClock } from '../core/clock.ts'
import { readEnvironment } from '../core/environment.ts'
import { isRateLimitsError } from '../core/errors.ts'
import type { Profile } from '../core/profile.ts'
import { createRateLimitedFetch } from '../fetch/index.ts'
import { parseCommandLine, type CommandLine } from './arguments.ts'
import { exitCodes, isCommandError, type ExitCode } from './command-error.ts'
import { nodeDisk } from './files/node-disk.ts'
import { inFlags } from './flag-names.ts'
import { locateOutput } from './files/paths.ts'
import { helpText } from './help.ts'
import { interruptible, type Interruption, type SignalSource } from './interruption.ts'
import { createLimiter, readProfile } from './limits.ts'
import type { Screen } from './progress-bar.ts'
import { ProgressView } from './progress-view.ts'
import { resume, type ResumeOptions } from './resume.ts'
import { describeSummary, exitCodeOf, exitCodeOfSignal, type SummaryContext } from './summary.ts'
import { readVersion } from './version.ts'
import { createWorkload } from './workloads/create-workload.ts'

/** What is around a command. @internal */
export interface Surroundings {
  readonly stdout: (text: string) => void
  /** For what is not the result: progress and complaints. */
  readonly screen: Screen
  readonly onSignal: SignalSource
}

/** @returns The exit code. @internal */
export async function main(args: readonly string[], around: Surroundings): Promise<ExitCode> {
  try {
    const commandLine = parseCommandLine(args)
    if (commandLine === 'help') around.stdout(helpText)
    else if (commandLine === 'version') around.stdout(`${readVersion()}\n`)
    else return await run(commandLine, around)
    return exitCodes.done
  } catch (error) {
    const { text, exitCode } = explain(error)
    around.screen.write(text)
    return exitCode
  }
}

async function run(commandLine: CommandLine, around: Surroundings): Promise<ExitCode> {
  const profile = readProfile(commandLine)
  const workload = createWorkload(commandLine, profile)
  const { noun } = workload
  const view = new ProgressView(around.screen, systemClock, { noun, isQuiet: commandLine.isQuiet })
  const { input: inputPath, output } = commandLine
  const outputPath = await locateOutput(output, inputPath)
  const interruption = interruptible(around.onSignal, systemClock, () => {
    view.say('ending; what there is goes into the output')
  })
  try {
    const summary = await resume({
      disk: nodeDisk,
      inputPath,
      outputPath,
      workload,
      retriesFailed: commandLine.retriesFailed,
      run: { ...toRunOptions(commandLine, profile, view), signal: interruption.signal },
      onStart: (counts) => view.start(counts),
    })
    view.stop()
    const { endedBy } = interruption
    const context: SummaryContext = { noun, output, endedBy }
    around.stdout(describeSummary(summary, context))
    return exitCodeOf(summary, context)
  } catch (error) {
    return endBeforeStart(error, interruption, around)
  } finally {
    view.stop()
    interruption.end()
  }
}

/** While the files were read there was no work that could have been ended. @throws What is no interruption. */
function endBeforeStart(
  error: unknown,
  { signal, endedBy }: Interruption,
  { stdout }: Surroundings,
): ExitCode {
  if (!signal.aborted || error !== signal.reason) throw error
  stdout('interrupted before anything was sent; the same command goes on from here\n')
  return exitCodeOfSignal(endedBy)
}

function toRunOptions(
  commandLine: CommandLine,
  profile: Profile,
  view: ProgressView,
): ResumeOptions['run'] {
  const { inFlightMax, outageMsMax, checksModels } = commandLine
  const baseURL = readEnvironment('TOGETHER_BASE_URL')
  const limiter = createLimiter(profile)
  return {
    fetch: createRateLimitedFetch({ limiter, ...(baseURL === undefined ? {} : { baseURL }) }),
    inFlightMax,
    outageMsMax,
    checksModels,
    onProgress: (progress) => view.update(progress),
  }
}

/** For the user; what nobody foresaw with where it came from. */
function explain(error: unknown): { readonly text: string; readonly exitCode: ExitCode } {
  if (isCommandError(error)) return { text: `${error.message}\n`, exitCode: error.exitCode }
  const isMisuse =
    (isRateLimitsError(error) && error.code === 'INVALID_OPTION') || isParseArgsError(error)
  if (isMisuse)
    return { text: `${inFlags(error.message)}\nTry --help.\n`, exitCode: exitCodes.misused }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { text: `a fault of this program: ${text}\n`, exitCode: exitCodes.broken }
}

function isParseArgsError(error: unknown): error is Error {
  if (!(error instanceof Error) || !('code' in error)) return false
  return typeof error.code === 'string' && error.code.startsWith('ERR_PARSE_ARGS')
}
