/** Turns of the host's own event loop, whatever the globals hold. */
// oxlint-disable-next-line no-restricted-imports -- what lets the host do its work is not the clock of any run.
import { setImmediate } from 'node:timers'

// An import is not yet taken: it changes with what it names.
const setHostImmediate = setImmediate

/** Calls back after so many turns, at least one. */
export function afterTurns(turns: number, callback: () => void): void {
  setHostImmediate(() => (turns > 1 ? afterTurns(turns - 1, callback) : callback()))
}
