/**
 * What the journal keeps of a request.
 */

import { redactKey, type JournalRecord } from './state/journal.ts'
import { shorten } from './state/shorten.ts'
import type { Exchange } from './exchange.ts'
import type { ServerProfile } from './profiles/server-profile.ts'

/** A shorter one is no secret, but may well be a word of a path. */
const HIDDEN_KEY_LENGTH_MIN = 8
/** The longest text of an entry: the journal's length bounds its memory only together with this. */
const TEXT_LENGTH_MAX = 2_048

/** Writes a request that was answered with the status into a record; 0: not at all. @internal */
export function fillRecord(
  record: JournalRecord,
  exchange: Exchange,
  { status, profile }: { status: number; profile: ServerProfile },
): void {
  const { request, reason, verdict, delayMs, isCounted } = exchange
  record.atMs = exchange.atMs
  record.method = shorten(request.method, TEXT_LENGTH_MAX)
  record.path = shorten(hideKey(hideParameters(request.path), exchange.key), TEXT_LENGTH_MAX)
  record.key = redactKey(exchange.key)
  record.endpoint = exchange.endpoint
  record.model =
    exchange.modelId === undefined ? undefined : hideKey(exchange.modelId, exchange.key)
  record.status = status
  record.counted = isCounted
  record.countedIn = isCounted ? verdict?.ids : undefined
  record.tokens = exchange.tokens
  record.delayMs = delayMs > 0 ? delayMs : undefined
  record.replica = (profile.replicas ?? 1) > 1 ? verdict?.replica : undefined
  record.reason =
    reason === undefined ? undefined : shorten(hideKey(reason, exchange.key), TEXT_LENGTH_MAX)
  record.refusedBy = exchange.refusedBy
  record.fault = exchange.faultId
  record.freesAtMs = exchange.freesAtMs
}

/** Some clients send their key in places where it does not belong, an encoded address for one. */
function hideKey(text: string, key: string): string {
  if (key.length < HIDDEN_KEY_LENGTH_MIN) return text
  const plain = text.includes(key) ? text.replaceAll(key, () => redactKey(key)) : text
  if (!plain.includes('%')) return plain
  try {
    const decoded = decodeURIComponent(plain)
    return decoded.includes(key) ? decoded.replaceAll(key, () => redactKey(key)) : plain
  } catch {
    // Not an encoding: nobody reads a key out of it.
    return plain
  }
}

/** What stands in an address under the name of a secret is one, also where no header says so. */
function hideParameters(path: string): string {
  if (!path.includes('=')) return path
  return path.replaceAll(secretParameter, (_whole, name: string, value: string) => {
    return `${name}=${redactKey(value)}`
  })
}

const secretParameter = /([?&][^=&]*(?:key|token|secret|auth)[^=&]*)=([^&]*)/gi
