/**
 * L slots, each held until W + drift after its release, or after `arrivalBoundMs` where that is earlier or none came.
 *
 * Why it is right. The headers of an answer come after the server counted the request, so `min(release, grant + bound)`
 * is never before the moment of counting, c. Of our requests counted in a half-open window [x, x + W) take the one
 * granted last, at t; it is counted at t or later, so t < x + W. Each of the others was counted at c >= x and granted
 * before t, and its slot is held until c + W + drift > t at least: at t all of them hold a slot. There are L slots, so at
 * most L are in the window; fixed windows and a token bucket (L, L/W) follow. 13 ms of drift are 200 ppm of W + bound,
 * twice what is asked for. Expiry is computed, not timed, so a lost `release()` or a late timer costs nothing but time.
 */
import type { LimiterOptions } from '../../parts/contract.ts'

export const relevantChecks: readonly string[] = [
  'never-exceeds-quota',
  'fifo-within-key',
  'every-call-settles-once',
  'permits-are-conserved',
  'uses-the-quota',
]

interface Slot {
  freeAt: number
}

export function createLimiter(options: LimiterOptions): {
  acquire(): Promise<{ release(): void }>
} {
  const holdMs = 60_000 + 13
  const queue: ((permit: { release(): void }) => void)[] = []
  let slots: Slot[] = []
  let timer: ReturnType<typeof setTimeout> | undefined

  function grant(now: number): { release(): void } {
    const slot: Slot = { freeAt: now + options.arrivalBoundMs + holdMs }
    slots.push(slot)
    return {
      release() {
        // The second call of a caller who calls twice comes later and changes nothing.
        slot.freeAt = Math.min(slot.freeAt, performance.now() + holdMs)
        serve()
      },
    }
  }

  function serve(): void {
    clearTimeout(timer)
    timer = undefined
    if (queue.length === 0) return
    const now = performance.now()
    slots = slots.filter((slot) => slot.freeAt > now)
    while (queue.length > 0 && slots.length < options.maxPerMinute) queue.shift()?.(grant(now))
    if (queue.length === 0) return
    const next = slots.reduce((soonest, slot) => Math.min(soonest, slot.freeAt), Infinity)
    timer = setTimeout(serve, Math.ceil(next - now))
  }

  return {
    acquire: () =>
      new Promise((resolve) => {
        queue.push(resolve)
        serve()
      }),
  }
}
