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

/** The entry of a request that was answered with the status; 0: not at all. @internal */
export function toJournalEntry(
  exchange: Exchange,
  status: number,
  profile: ServerProfile,
): JournalEntry {
  const { request, reason, refusedBy, faultId, freesAtMs, verdict, tokens, delayMs } = exchange
  return {
    atMs: exchange.atMs,
    method: shorten(request.method, TEXT_LENGTH_MAX),
    path: shorten(hideKey(request.path, exchange.key), TEXT_LENGTH_MAX),
    key: redactKey(exchange.key),
    endpoint: exchange.endpoint,
    model: exchange.modelId,
    status,
    counted: exchange.isCounted,
    ...(exchange.isCounted && verdict !== undefined ? { countedIn: verdict.ids } : undefined),
    ...(tokens === undefined ? undefined : { tokens }),
    ...(delayMs > 0 ? { delayMs } : undefined),
    ...(verdict !== undefined && (profile.replicas ?? 1) > 1
      ? { replica: verdict.replica }
      : undefined),
    ...(reason === undefined ? undefined : { reason: shorten(reason, TEXT_LENGTH_MAX) }),
    ...(refusedBy === undefined ? undefined : { refusedBy }),
    ...(faultId === undefined ? undefined : { fault: faultId }),
    ...(freesAtMs === undefined ? undefined : { freesAtMs }),
  }
}

/** Some clients also send their key in the address. */
function hideKey(path: string, key: string): string {
  if (key.length < HIDDEN_KEY_LENGTH_MIN || !path.includes(key)) return path
  return path.replaceAll(key, () => redactKey(key))
}
