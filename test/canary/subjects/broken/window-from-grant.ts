/**
 * Defect: a slot comes back as soon as its response is here and a window has passed since the *grant*. The server may
 * have counted the request seconds after the grant, so its window is not over yet.
 * Expected: never-exceeds-quota.
 */
import type { LimiterOptions } from '../../parts/contract.ts'

export const expectedInvariants: readonly string[] = ['never-exceeds-quota']

interface Slot {
  grantedAt: number
  released: boolean
}

export function createLimiter(options: LimiterOptions): {
  acquire(): Promise<{ release(): void }>
} {
  const windowMs = 60_000
  let slots: Slot[] = []
  const queue: ((permit: { release(): void }) => void)[] = []
  let timer: ReturnType<typeof setTimeout> | undefined

  const freeAt = (slot: Slot): number =>
    slot.grantedAt + windowMs + (slot.released ? 0 : options.arrivalBoundMs + 12)

  const pump = (): void => {
    clearTimeout(timer)
    timer = undefined
    const now = performance.now()
    slots = slots.filter((slot) => freeAt(slot) > now)
    while (queue.length > 0 && slots.length < options.maxPerMinute) {
      const slot: Slot = { grantedAt: now, released: false }
      slots.push(slot)
      queue.shift()?.({
        release: () => {
          slot.released = true
          pump()
        },
      })
    }
    if (queue.length === 0) return
    const next = slots.reduce((soonest, slot) => Math.min(soonest, freeAt(slot)), Infinity)
    timer = setTimeout(pump, Math.ceil(next - now))
  }

  return {
    acquire: () =>
      new Promise((resolve) => {
        queue.push(resolve)
        pump()
      }),
  }
}
