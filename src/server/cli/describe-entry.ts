/**
 * One line for each request that did not simply succeed: what was refused or broken, and why.
 */

import type { JournalEntry } from '../contract.ts'

const PATH_SHOWN_LENGTH_MAX = 120

/**
 * Describes a refusal or a fault.
 *
 * @returns One printable line, or undefined for a request that was answered well.
 * @internal
 */
export function describeEntry(entry: JournalEntry): string | undefined {
  const reason = describeReason(entry)
  if (reason === undefined) return undefined
  const { atMs, method, path, key } = entry
  const status = entry.status === 0 ? '---' : String(entry.status)
  const who = key === '' ? 'no key' : `key ${key}`
  const what = printable(`${method} ${path}`.slice(0, PATH_SHOWN_LENGTH_MAX))
  return `${(atMs / 1_000).toFixed(3)} s  ${status}  ${what}  ${printable(who)}  ${reason}`
}

function describeReason(entry: JournalEntry): string | undefined {
  const { atMs, fault, freesAtMs, reason, refusedBy } = entry
  if (refusedBy !== undefined) {
    const waitMs = (freesAtMs ?? atMs) - atMs
    return `refused by limit ${refusedBy}, frees in ${(waitMs / 1_000).toFixed(3)} s`
  }
  if (fault !== undefined) return `fault ${printable(fault)}`
  return reason === undefined ? undefined : `refused: ${printable(reason)}`
}

/** Paths, keys and model names come from outside: they must not move the cursor or start a line of their own. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e…]/g, '?')
}
