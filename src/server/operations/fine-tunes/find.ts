/**
 * The job that a request names, by its path or by its query.
 */

import { readDetails } from './details.ts'
import { notFound, type Problem } from '../problems.ts'
import { findOrMakeUp, type FoundJob } from '../stand-in.ts'
import type { Call, FineTuneDetails, ServerState } from '../operation.ts'

/** What is said of a job that nobody started. @internal */
export const madeUpFineTune: FineTuneDetails = readDetails({ model: 'mock', training_file: 'mock' })

/** The key's job; where there is none, the answer that says so. @internal */
export function findFineTune(
  call: Pick<Call, 'key' | 'atMs' | 'id'>,
  state: ServerState,
): FoundJob<FineTuneDetails> | Problem {
  return findOrMakeUp(state.fineTunes, call, state, madeUpFineTune) ?? missingFineTune()
}

/** The answer where the key has no such job. @internal */
export function missingFineTune(): Problem {
  return notFound('there is no such fine-tune job', 'job_not_found')
}
