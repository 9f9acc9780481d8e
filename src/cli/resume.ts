/**
 * Deals with what an input holds and an output does not: the whole life of a command between its arguments and its summary.
 */
import type { RunOptions } from '../batch/index.ts'
import { systemClock } from '../core/clock.ts'
import { InvariantError, isRunStoppedError, type RunStoppedError } from '../core/errors.ts'
import { Checkpoint } from './checkpoint.ts'
import { isCommandError, type CommandError } from './command-error.ts'
import { assertNotLeftOver, FileJournal } from './files/batch-journal.ts'
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
  /** What the workload has to say besides. */
  readonly notes: readonly string[]
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
 * @throws The signal's reason, where it is aborted before anything was sent.
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
  const { clock = systemClock, signal } = options.run
  const startedAtMs = clock.now()
  const { findFault, findFaultOfResult } = workload
  const input = await Input.check(inputFile, inputPath, { findFault, signal })
  if (workload.usesJournal === true) await assertNotLeftOver(disk, path)
  const checkpoint = await Checkpoint.open({
    disk,
    path,
    input,
    findFault: findFaultOfResult,
    retriesFailed,
    signal,
  })
  try {
    const before = checkpoint.doneCount + checkpoint.failedCount
    options.onStart?.({ total: input.count, before })
    const ending = await work(options, input, checkpoint)
    const { doneCount: done, failedCount: failed } = checkpoint
    const elapsedMs = clock.now() - startedAtMs
    return { total: input.count, before, done, failed, elapsedMs, ...ending }
  } finally {
    await checkpoint.close()
  }
}

type Ending = Pick<Summary, 'end' | 'notes'>

async function work(options: ResumeOptions, input: Input, checkpoint: Checkpoint): Promise<Ending> {
  const { disk, outputPath, workload, run } = options
  const sync = (): Promise<void> => checkpoint.sync()
  const journal =
    workload.usesJournal === true ? new FileJournal(disk, outputPath, sync) : undefined
  let notes: readonly string[] = []
  try {
    const left = input.count - checkpoint.doneCount - checkpoint.failedCount
    if (left > 0) {
      const context = { run: { ...run, total: left }, journal }
      const items = input.read((ordinal) => !checkpoint.has(ordinal))
      notes = await writeAll(workload.start(items, context), checkpoint)
    }
    await checkpoint.finish()
    if (checkpoint.doneCount + checkpoint.failedCount < input.count) {
      throw new InvariantError('a run has ended without a result for every item')
    }
    await journal?.remove()
  } catch (error) {
    return { notes, end: await keepWhatThereIs(error, { checkpoint, signal: run.signal }) }
  } finally {
    await journal?.close()
  }
  return { notes, end: undefined }
}

async function writeAll(
  results: ReturnType<Workload['start']>,
  checkpoint: Checkpoint,
): Promise<readonly string[]> {
  try {
    for (;;) {
      const { done, value } = await results.next()
      if (done === true) return value
      await checkpoint.write(value.ordinal, value.line)
    }
  } finally {
    // Nothing stays under way where a line could not be written.
    await results.return([])
  }
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
