/**
 * Defect: a 409 on a fine-tune is taken for something that passes: the job is sent again a second later, and again.
 * Expected: waits-after-a-conflict.
 */
import { systemClock } from '../../../../src/core/clock.ts'
import type { AlterShipped } from '../../../../sim/subjects/types.ts'

export const expectedInvariants: readonly string[] = ['waits-after-a-conflict']
export const themes: readonly string[] = ['work']

const triesMax = 3

export const alterShipped: AlterShipped = ({ workloads }) => ({
  workloads: {
    ...workloads,
    createFineTuneQueue: (options) =>
      workloads.createFineTuneQueue({ ...options, fetch: blindly(options?.fetch ?? fetch) }),
  },
})

function blindly(send: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (...args) => {
    for (let tries = 1; ; tries += 1) {
      const response = await send(...args)
      if (response.status !== 409 || tries === triesMax) return response
      await response.text()
      await new Promise<void>((resolve) => {
        systemClock.setTimer(resolve, 1_000)
      })
    }
  }
}
