/**
 * Answers that a retry from outside may not have waited for.
 *
 * It may have a timeout of its own, of which its interface tells nothing, and is not judged by an answer that came later
 * than the shortest timeout that anybody would choose.
 */
import type { AttemptRecord, RunRecord } from '../world/record.ts'

const patienceMsMin = 5_000

/** True where the call may have given up the attempt before its answer came. */
export function mayBeGivenUp({ traits }: RunRecord, attempt: AttemptRecord): boolean {
  const { sentAtMs, headersAtMs, endedAtMs } = attempt
  const knownAtMs = endedAtMs ?? headersAtMs ?? Number.POSITIVE_INFINITY
  return !traits.shippedRetry && knownAtMs - sentAtMs >= patienceMsMin
}
