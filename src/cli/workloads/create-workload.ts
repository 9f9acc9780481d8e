/**
 * From the command line to the work.
 */
import type { CommandLine } from '../arguments.ts'
import type { Profile } from '../../core/profile.ts'
import { batchWorkload } from './batch.ts'
import { embedWorkload } from './embed.ts'
import { runWorkload } from './run.ts'
import type { Workload } from './workload.ts'

/** @param profile - Of the key. @internal */
export function createWorkload(line: CommandLine, profile: Profile): Workload {
  const { command, batchSize, dimensions, fallbackModels, pollMsMin } = line
  if (command === 'embed') return embedWorkload({ model: line.model, batchSize, dimensions })
  const model = line.model === '' ? undefined : line.model
  if (command === 'batch') return batchWorkload({ model, profile, pollMsMin })
  return runWorkload({ model, fallbackModels })
}
