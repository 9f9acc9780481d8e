/**
 * Defect: `<=` for `<`, so that one request more than the limit fits into a window. Plain JavaScript on purpose.
 * Expected: never-exceeds-quota.
 */
export const expectedInvariants = ['never-exceeds-quota']

export function createLimiter({ maxPerMinute, arrivalBoundMs }) {
  const holdMs = 60_000 + arrivalBoundMs + 12
  const grantedAt = []
  const queue = []
  let timer

  function pump() {
    timer = undefined
    const now = performance.now()
    while (grantedAt.length > 0 && grantedAt[0] + holdMs <= now) grantedAt.shift()
    while (queue.length > 0 && grantedAt.length <= maxPerMinute) {
      grantedAt.push(now)
      queue.shift()()
    }
    if (queue.length > 0) timer = setTimeout(pump, Math.ceil(grantedAt[0] + holdMs - now))
  }

  return {
    acquire() {
      return new Promise((resolve) => {
        queue.push(resolve)
        if (timer === undefined) pump()
      })
    },
  }
}
