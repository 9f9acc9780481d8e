/** How a server counts, as the judges know it. */
import { windowMs } from './quota.ts'
import type { Scenario } from './scenario/types.ts'

/**
 * Whether whoever sends no more than the limit in any window is allowed all of it. The others are what the promise leaves
 * out: a sliding counter takes the requests of the window before for evenly spread, and slices and small bursts ask for a
 * pace that no client keeps on the way to the server.
 */
export function countsPerWindow(enforcement: Scenario['enforcement']): boolean {
  switch (enforcement.kind) {
    case 'fixed-window':
    case 'sliding-log':
      return true
    case 'token-bucket':
      return (enforcement.burstMs ?? windowMs) >= windowMs
    case 'gcra':
      return enforcement.burstMs >= windowMs
    default:
      return false
  }
}
