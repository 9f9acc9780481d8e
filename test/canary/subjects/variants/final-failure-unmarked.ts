/**
 * Defect: the fetch hands its last failure back without the mark, and the client in front of it sends everything again.
 * Expected: attempts-are-bounded.
 */
import type { AlterShipped } from '../../../../sim/subjects/types.ts'

export const expectedInvariants: readonly string[] = ['attempts-are-bounded']
export const themes: readonly string[] = ['storm', 'outage', 'recovery']
export const viaFetch = true

export const alterShipped: AlterShipped = (shipped) => ({
  createFetch: (options) => {
    const limitedFetch = shipped.createFetch(options)
    return async (...args) => {
      const response = await limitedFetch(...args)
      const headers = new Headers(response.headers)
      headers.delete('x-should-retry')
      return Object.defineProperty(response, 'headers', { value: headers })
    }
  },
})
