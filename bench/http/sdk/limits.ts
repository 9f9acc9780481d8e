/**
 * What the SDKs are held to: the chat limits of Together's first tier with a minute made shorter, and faults.
 *
 * The two sides are written down apart: neither may learn the limits from the other.
 */
import { findServerProfile, type FaultRule, type ServerProfile } from '../../../src/server/index.ts'
import type { Profile } from '../../../src/index.ts'

/** A minute of the tier takes so long here. @internal */
export const minuteMs = 2_000

/**
 * What a call asks for: with its prompt and what the fetch adds for the template, some more than the 300 tokens that each
 * request has where both limits are used up. So the limit in tokens binds, by the fetch's own estimate.
 *
 * @internal
 */
export const answerTokensMax = 230

/**
 * The longest that a request takes here from its grant until it is counted, in milliseconds, and at once the most of them
 * under way. Client and server share one process, on a machine that may have other work: with the default bound and no
 * more, requests were counted too late under a load of eight, and refused.
 *
 * @internal
 */
export const clientBounds = { arrivalBoundMs: 30_000, answerBoundMs: 30_000, concurrencyMax: 100 }

/** The client's side. A window this short is strict only where that is asked for. @internal */
export const clientProfile: Profile = {
  name: 'tier-1 in short',
  tokenAccounting: 'reserved',
  rateLimits: [
    { id: 'chat', endpoints: ['chat'], requestsMax: 600, windowMs: minuteMs, strict: true },
    { id: 'tokens', endpoints: ['chat'], tokensMax: 180_000, windowMs: minuteMs, strict: true },
  ],
  concurrencyLimits: [],
}

/** The server's side: no window of its sliding log, wherever it begins, may hold more. @internal */
export function shortServerProfile(): ServerProfile {
  const tier = findServerProfile('tier-1')
  if (tier === undefined) throw new Error('the mock has no profile tier-1')
  const rateLimits = tier.rateLimits.map((limit) => {
    return { ...limit, windowMs: (limit.windowMs * minuteMs) / 60_000 }
  })
  return { ...tier, name: 'tier-1 in short', rateLimits, enforcement: { kind: 'sliding-log' } }
}

/** One request in ten meets one of them; the 429 names its wait as Together does, a second of the tier's. @internal */
export const faults: readonly FaultRule[] = [
  {
    id: 'limited',
    match: { endpoint: 'chat', perMille: 20 },
    do: {
      kind: 'status',
      status: 429,
      hints: [{ header: 'x-ratelimit-reset', delayMs: minuteMs / 60 }],
    },
  },
  { id: 'down', match: { endpoint: 'chat', perMille: 40 }, do: { kind: 'status', status: 503 } },
  { id: 'drop', match: { endpoint: 'chat', perMille: 44 }, do: { kind: 'drop', when: 'after' } },
]
