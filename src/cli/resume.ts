/**
 * Deals with what an input holds and an output does not: the whole life of a command between its arguments and its summary.
 */
import type { RunOptions } from '../batch/index.ts'
import { systemClock } from '../core/clock.ts'
import { InvariantError, isRunStoppedError, type RunStoppedError } from '../core/errors.ts'
import { Checkpoint } from './checkpoint.ts'
import { isCommandError, type CommandError } from './command-error.ts'
import type { Disk, DiskFile } from './files/disk.ts'
import { Input } from './input.ts'
import type { Workload } from './workloads/workload.ts'

/** @internal */
export interface ResumeOptions {
  readonly disk: Disk
  readonly inputPath: string
  readonly outputPath: string
  readonly workload: Workload
  /** Items that were refused before are sent again. */
  readonly retriesFailed: boolean
  readonly run: RunOptions
  /** Told once, before the first request. */
  readonly onStart?: ((counts: StartCounts) => void) | undefined
}

/** What there is at the start. @internal */
export interface StartCounts {
  /** Items of the input. */
  readonly total: number
  /** Of them, those that an earlier start has dealt with. */
  readonly before: number
}

/** How a command went. @internal */
export interface Summary extends StartCounts {
  /** Items with a result, over all starts. */
  readonly done: number
  /** Items whose line says why they have none. */
  readonly failed: number
  readonly elapsedMs: number
  /** What ended it before its time; undefined where all was dealt with. */
  readonly end: RunEnd | undefined
}

/** An error, or the reason of an abort. @internal */
export type RunEnd =
  | { readonly error: RunStoppedError | CommandError }
  | { readonly abortReason: unknown }

/**
 * Runs until every item has its line, or something ends it; what there is by then is in the output.
 *
 * @throws {CommandError} Where input or output are not as they have to be. Nothing was sent then.
 * @throws What the workload throws otherwise: options that cannot be used, or a defect.
 * @internal
 */
export async function resume(options: ResumeOptions): Promise<Summary> {
  const { disk, inputPath, outputPath } = options
  const unlock = await disk.lock(outputPath)
  try {
    const inputFile = await disk.open(inputPath, 'read')
    try {
      return await resumeLocked(options, inputFile)
    } finally {
      await inputFile.close()
    }
  } finally {
    await unlock()
  }
}

async function resumeLocked(options: ResumeOptions, inputFile: DiskFile): Promise<Summary> {
  const { disk, inputPath, outputPath: path, workload, retriesFailed } = options
  const { clock = systemClock } = options.run
  const startedAtMs = clock.now()
  const input = await Input.check(inputFile, inputPath, workload.findFault)
  const { findFaultOfResult: findFault } = workload
  const checkpoint = await Checkpoint.open({ disk, path, input, findFault, retriesFailed })
  try {
    const before = checkpoint.doneCount + checkpoint.failedCount
    options.onStart?.({ total: input.count, before })
    const end = await work(options, input, checkpoint)
    const { doneCount: done, failedCount: failed } = checkpoint
    return { total: input.count, before, done, failed, elapsedMs: clock.now() - startedAtMs, end }
  } finally {
    await checkpoint.close()
  }
}

async function work(
  { workload, run }: ResumeOptions,
  input: Input,
  checkpoint: Checkpoint,
): Promise<RunEnd | undefined> {
  const total = input.count - checkpoint.doneCount - checkpoint.failedCount
  try {
    if (total > 0) {
      const items = input.read((ordinal) => !checkpoint.has(ordinal))
      for await (const { ordinal, line } of workload.start(items, { ...run, total })) {
        await checkpoint.write(ordinal, line)
      }
    }
    await checkpoint.finish()
  } catch (error) {
    return keepWhatThereIs(error, { checkpoint, signal: run.signal })
  }
  if (checkpoint.doneCount + checkpoint.failedCount < input.count) {
    throw new InvariantError('a run has ended without a result for every item')
  }
  return undefined
}

/** What ended the run must not cost what it has brought. @throws What is no ordinary end. */
async function keepWhatThereIs(
  error: unknown,
  { checkpoint, signal }: { checkpoint: Checkpoint; signal: AbortSignal | undefined },
): Promise<RunEnd> {
  try {
    await checkpoint.flush()
  } catch (writeError) {
    if (!isCommandError(writeError)) throw writeError
    return { error: writeError }
  }
  if (isRunStoppedError(error) || isCommandError(error)) return { error }
  if (signal?.aborted === true && error === signal.reason) return { abortReason: error }
  throw error
}
