/** Virtual time that ends a run after a number of steps: what was made of a failing scenario may go on for ever. */
import type { VirtualTime } from './time.ts'

/** The run took more steps than it may. */
export class TooManySteps extends Error {
  override readonly name = 'TooManySteps'
}

export interface SteppedTime extends VirtualTime {
  /** Timers that have fired. */
  steps: () => number
}

/** @param stepsMax - The step after these throws {@link TooManySteps}. */
export function limitSteps(time: VirtualTime, stepsMax: number): SteppedTime {
  let steps = 0
  const count = (): void => {
    steps += 1
    if (steps > stepsMax) throw new TooManySteps(`more than ${stepsMax} steps`)
  }
  return {
    ...time,
    steps: () => steps,
    step: async () => {
      count()
      await time.step()
    },
    run: (isOver) =>
      time.run(() => {
        if (isOver()) return true
        count()
        return false
      }),
  }
}
