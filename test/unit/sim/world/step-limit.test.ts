/** A run that goes on for ever is ended after so many steps. */
import { expect, it } from 'vitest'
import { limitSteps, TooManySteps } from '../../../../sim/world/step-limit.ts'
import type { VirtualTime } from '../../../../sim/world/time.ts'

it('counts the steps and refuses the one after the last', async () => {
  let fired = 0
  const endless: VirtualTime = {
    wallEpochMs: 0,
    now: () => fired,
    pendingTimers: () => 1,
    reset: () => {},
    step: async () => {
      fired += 1
    },
    run: async (isOver) => {
      while (!isOver()) fired += 1
    },
    host: (work) => work(),
    disturb: () => ({ early: 0, late: 0 }),
    setWorldTimer: () => {},
    setArrival: () => {},
    drain: async () => {},
    hold: (promise) => promise,
    jumpWall: () => {},
  }
  const time = limitSteps(endless, 3)
  const run = async (): Promise<void> => {
    for (;;) await time.step()
  }
  await expect(run()).rejects.toThrow(TooManySteps)
  expect([fired, time.now()]).toEqual([3, 3])
  // Steps that are taken together count each.
  await expect(limitSteps(endless, 5).run(() => false)).rejects.toThrow(TooManySteps)
  expect(fired).toBe(8)
  await limitSteps(endless, 5).run(() => fired === 10)
  expect(fired).toBe(10)
})
