/**
 * How a command went, for people and for what started it.
 */
import { isRunStoppedError } from '../core/errors.ts'
import { exitCodes, type ExitCode } from './command-error.ts'
import { inFlags } from './flag-names.ts'
import { formatCount, formatDuration } from './format.ts'
import type { EndingSignal } from './interruption.ts'
import type { Summary } from './resume.ts'

/** What it was about. @internal */
export interface SummaryContext {
  readonly noun: string
  readonly output: string
  /** The signal that ended it, where one did. */
  readonly endedBy: EndingSignal | undefined
}

/** @internal */
export function exitCodeOf({ failed, end }: Summary, { endedBy }: SummaryContext): ExitCode {
  if (end === undefined) return failed > 0 ? exitCodes.someFailed : exitCodes.done
  if ('error' in end) return isRunStoppedError(end.error) ? exitCodes.stopped : end.error.exitCode
  return exitCodeOfSignal(endedBy)
}

/** @internal */
export function exitCodeOfSignal(endedBy: EndingSignal | undefined): ExitCode {
  return endedBy === 'SIGTERM' ? exitCodes.terminated : exitCodes.interrupted
}

/** Some lines, each with its line feed. @internal */
export function describeSummary(summary: Summary, context: SummaryContext): string {
  const { total, before, done, failed, elapsedMs, notes } = summary
  const { noun, output } = context
  const left = total - done - failed
  const ofThem = before === 0 ? '' : ` (${formatCount(done + failed - before)} in this start)`
  const counts = [
    `${formatCount(done)} of ${formatCount(total)} ${noun} have their result${ofThem}`,
    ...(failed > 0 ? [`${formatCount(failed)} were refused, see "error" in ${output}`] : []),
    ...(left > 0 ? [`${formatCount(left)} are left`] : []),
  ]
  const first = `${counts.join('; ')}; ${formatDuration(elapsedMs)}`
  const lines = [first, ...notes, ...describeEnd(summary)]
  return `${lines.join('\n')}\n`
}

function describeEnd({ end }: Summary): readonly string[] {
  if (end === undefined) return []
  if (!('error' in end)) return ['interrupted; the same command goes on from here']
  const { error } = end
  if (!isRunStoppedError(error)) return [error.message]
  // What the server says is for the user, who sent what it may repeat.
  const { serverMessage } = error
  // The counts above are those at the end: what was under way when it stopped has come in since.
  const message = inFlags(error.message).replace(/^stopped after \d+ results: /, 'stopped: ')
  return serverMessage === '' ? [message] : [message, `the server said: ${serverMessage}`]
}
