/**
 * What the journal keeps of a request.
 */

import { redactKey } from './state/journal.ts'
import type { JournalEntry } from './contract.ts'
import type { Exchange } from './exchange.ts'
import type { ServerProfile } from './profiles/server-profile.ts'

type Draft = { -readonly [Name in keyof JournalEntry]: JournalEntry[Name] }

/** The entry of a request that was answered with the status; 0: not at all. @internal */
export function toJournalEntry(
  exchange: Exchange,
  status: number,
  profile: ServerProfile,
): JournalEntry {
  const { request, reason, refusedBy, faultId, freesAtMs, verdict, tokens } = exchange
  const entry: Draft = {
    atMs: exchange.atMs,
    method: request.method,
    path: request.path,
    key: redactKey(exchange.key),
    endpoint: exchange.endpoint,
    model: exchange.modelId,
    status,
    counted: exchange.isCounted,
  }
  // Set one by one: there is an entry for every request, and spreading six times takes as long as all the rest of it.
  if (exchange.isCounted && verdict !== undefined) entry.countedIn = verdict.ids
  if (tokens !== undefined) entry.tokens = tokens
  if (verdict !== undefined && (profile.replicas ?? 1) > 1) entry.replica = verdict.replica
  if (reason !== undefined) entry.reason = reason
  if (refusedBy !== undefined) entry.refusedBy = refusedBy
  if (faultId !== undefined) entry.fault = faultId
  if (freesAtMs !== undefined) entry.freesAtMs = freesAtMs
  return entry
}
