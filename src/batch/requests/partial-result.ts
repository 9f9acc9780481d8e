/**
 * What there is of a run that stopped.
 */
import { PartialResultError } from '../../core/errors.ts'
import type { RunOutcome } from './send-request.ts'

/** @param outcomes - In the order of the requests, with gaps. @internal */
export function toPartialResult(
  outcomes: readonly RunOutcome[],
  cause: unknown,
): PartialResultError {
  const results: (RunOutcome | undefined)[] = []
  const failures = []
  for (const outcome of outcomes) {
    const { index, failure } = outcome
    while (results.length < index) results.push(undefined)
    results.push(failure === undefined ? outcome : undefined)
    if (failure !== undefined) failures.push({ index, ...failure })
  }
  return new PartialResultError({ results, failures, cause })
}
