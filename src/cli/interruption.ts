/**
 * Ctrl-C: the first one ends the work in order, a later one ends the process.
 */
import type { Clock } from '../core/clock.ts'

/** @internal */
export type EndingSignal = 'SIGINT' | 'SIGTERM'

/** @returns What calls the listener off. @internal */
export type SignalSource = (listener: (name: EndingSignal) => void) => () => void

/** @internal */
export interface Interruption {
  readonly signal: AbortSignal
  /** The first signal that came. */
  readonly endedBy: EndingSignal | undefined
  /** Listens no more. */
  end(): void
}

/** `npx` hands on what the terminal has sent already: a second signal so soon is the same one. */
const sameSignalMs = 1_000

/**
 * The first signal ends the work, which takes a moment; one that comes later finds nobody and ends the process.
 *
 * @param onFirst - Told before the work is ended.
 * @internal
 */
export function interruptible(
  onSignal: SignalSource,
  clock: Clock,
  onFirst: () => void,
): Interruption {
  const controller = new AbortController()
  let endedBy: EndingSignal | undefined
  const end = onSignal((name) => {
    if (endedBy !== undefined) return
    endedBy = name
    clock.setTimer(end, sameSignalMs, { keepsAlive: false })
    onFirst()
    controller.abort(new DOMException(`ended by ${name}`, 'AbortError'))
  })
  return {
    signal: controller.signal,
    get endedBy() {
      return endedBy
    },
    end,
  }
}
