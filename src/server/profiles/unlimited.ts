/**
 * No limits, and any model or id is answered: for conformance runs and load tests of a client.
 */

import type { ServerProfile } from './server-profile.ts'

/** Nothing is refused for rate. @internal */
export const unlimitedProfile: ServerProfile = Object.freeze({
  name: 'unlimited',
  description: 'No limits; any model and any id is answered.',
  rateLimits: [],
  concurrencyLimits: [],
  headers: { always: [], refused: [] },
  isLenient: true,
} as const)
