/**
 * What the profile allows, as the simulator's judges know it: written down here once more and on purpose, so that neither
 * the client's nor the server's description is taken at its word.
 */
import type { Scenario } from './scenario/types.ts'
import type { AttemptRecord, CallClass, RunRecord } from './world/record.ts'

export const windowMs = 60_000
/** The longest that an answer may take, as the shipped limiter takes it where nobody says otherwise. */
export const answerBoundMs = 60_000

/** A quota and the classes that draw on it. */
export interface Quota {
  id: string
  endpoints: readonly CallClass[]
  requestsMax: number
}

const documentedQuotas: readonly Quota[] = [
  { id: 'chat', endpoints: ['chat'], requestsMax: 600 },
  { id: 'embeddings', endpoints: ['embeddings'], requestsMax: 300 },
  { id: 'chat-and-embeddings', endpoints: ['chat', 'embeddings'], requestsMax: 600 },
  { id: 'images', endpoints: ['images'], requestsMax: 60 },
]

/** The quotas of which a request of that class takes a slot. */
export function quotasOf(endpoint: CallClass): readonly Quota[] {
  return documentedQuotas.filter((quota) => quota.endpoints.includes(endpoint))
}

/**
 * When an attempt's slot is free again at the latest, by the promise: one window after its headers, or, where none came or
 * the limiter cannot be told of them, one window after the arrival bound.
 */
export function slotFreeAtMs(
  attempt: AttemptRecord,
  scenario: Scenario,
  isReleased: boolean,
): number {
  if (isReleased && attempt.headersAtMs !== undefined) return attempt.headersAtMs + windowMs
  return attempt.sentAtMs + scenario.arrivalBoundMs + windowMs
}

/** How full a quota is on time average between two instants, 1 being full. */
export function meanFill(record: RunRecord, quota: Quota, fromMs: number, toMs: number): number {
  const isReleased = tellsLimiter(record)
  let slotMs = 0
  for (const attempt of record.attempts) {
    if (attempt.sentAtMs >= toMs) break
    if (!quota.endpoints.includes(attempt.call.endpoint)) continue
    const endMs = Math.min(toMs, slotFreeAtMs(attempt, record.scenario, isReleased))
    const startMs = Math.max(fromMs, attempt.sentAtMs)
    if (endMs > startMs) slotMs += endMs - startMs
  }
  return slotMs / (toMs - fromMs) / quota.requestsMax
}

/** Whether the limiter is told when answers come: its permits have a `release()`, and somebody calls it. */
export function tellsLimiter(record: RunRecord): boolean {
  return record.acquires.some((acquire) => acquire.released)
}
