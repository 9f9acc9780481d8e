/**
 * The limits that this project takes as given: per API key and minute, jobs at once, requests a batch.
 */

import type { ServerProfile } from './server-profile.ts'

/** The default profile. @public */
export const documentedServerProfile: ServerProfile = Object.freeze({
  name: 'documented',
  description: 'The documented limits per API key, in whole minutes.',
  rateLimits: [
    { id: 'chat', endpoints: ['chat', 'completions'], requestsMax: 600, windowMs: 60_000 },
    { id: 'embeddings', endpoints: ['embeddings'], requestsMax: 300, windowMs: 60_000 },
    {
      id: 'shared',
      endpoints: ['chat', 'completions', 'embeddings'],
      requestsMax: 600,
      windowMs: 60_000,
    },
    { id: 'images', endpoints: ['images'], requestsMax: 60, windowMs: 60_000 },
  ],
  concurrencyLimits: [
    { id: 'fine-tune-jobs', endpoint: 'fine-tunes', concurrentMax: 3, statusOver: 409 },
    { id: 'batches-in-flight', endpoint: 'batches', concurrentMax: 10, statusOver: 429 },
  ],
  batches: { requestsMax: 100, bytesMax: 100_000_000 },
} as const)
