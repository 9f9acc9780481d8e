/**
 * What the journal keeps of a request.
 */

import { redactKey } from './state/journal.ts'
import { shorten } from './state/shorten.ts'
import type { JournalEntry } from './contract.ts'
import type { Exchange } from './exchange.ts'
import type { ServerProfile } from './profiles/server-profile.ts'

/** A shorter one is no secret, but may well be a word of a path. */
const HIDDEN_KEY_LENGTH_MIN = 8
/** The longest text of an entry: the journal's length bounds its memory only together with this. */
const TEXT_LENGTH_MAX = 2_048
type Draft = { -readonly [Name in keyof JournalEntry]: JournalEntry[Name] }

/** The entry of a request that was answered with the status; 0: not at all. @internal */
export function toJournalEntry(
  exchange: Exchange,
  status: number,
  profile: ServerProfile,
): JournalEntry {
  const { request, reason, refusedBy, faultId, freesAtMs, verdict, tokens, delayMs } = exchange
  const entry: Draft = {
    atMs: exchange.atMs,
    method: shorten(request.method, TEXT_LENGTH_MAX),
    path: shorten(hideKey(request.path, exchange.key), TEXT_LENGTH_MAX),
    key: redactKey(exchange.key),
    endpoint: exchange.endpoint,
    model: exchange.modelId,
    status,
    counted: exchange.isCounted,
  }
  // Set one by one: there is an entry for every request, and spreading six times takes as long as all the rest of it.
  if (exchange.isCounted && verdict !== undefined) entry.countedIn = verdict.ids
  if (tokens !== undefined) entry.tokens = tokens
  if (delayMs > 0) entry.delayMs = delayMs
  if (verdict !== undefined && (profile.replicas ?? 1) > 1) entry.replica = verdict.replica
  if (reason !== undefined) entry.reason = shorten(reason, TEXT_LENGTH_MAX)
  if (refusedBy !== undefined) entry.refusedBy = refusedBy
  if (faultId !== undefined) entry.fault = faultId
  if (freesAtMs !== undefined) entry.freesAtMs = freesAtMs
  return entry
}

/** Some clients also send their key in the address. */
function hideKey(path: string, key: string): string {
  if (key.length < HIDDEN_KEY_LENGTH_MIN || !path.includes(key)) return path
  return path.replaceAll(key, () => redactKey(key))
}
