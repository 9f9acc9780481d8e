/**
 * From the command line to the work.
 */
import type { CommandLine } from '../arguments.ts'
import { embedWorkload } from './embed.ts'
import { runWorkload } from './run.ts'
import type { Workload } from './workload.ts'

/** @internal */
export function createWorkload(line: CommandLine): Workload {
  const { command, model, batchSize, dimensions, fallbackModels } = line
  if (command === 'embed') return embedWorkload({ model, batchSize, dimensions })
  return runWorkload({ model: model === '' ? undefined : model, fallbackModels })
}
