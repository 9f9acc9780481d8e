/**
 * Latency models by name.
 */

import type { LatencyModel } from './latency-model.ts'

/**
 * The models that have a name: `none` answers at once; `typical` is of the order of a hosted service with small models,
 * round figures for trying a client out, not a measurement of anybody's.
 *
 * @public
 */
export const latencyPresets: Readonly<Record<'none' | 'typical', LatencyModel>> = Object.freeze({
  none: {},
  typical: {
    timeToFirstTokenMs: 250,
    sigma: 0.4,
    interTokenMs: 10,
    perPromptTokenMs: 0.05,
    maxMs: 60_000,
    load: { concurrency: 100, factor: 3 },
    byEndpoint: {
      embeddings: { timeToFirstTokenMs: 60 },
      rerank: { timeToFirstTokenMs: 80 },
      images: { timeToFirstTokenMs: 1_500, sigma: 0.3 },
      'fine-tunes': { timeToFirstTokenMs: 100 },
      batches: { timeToFirstTokenMs: 100 },
      files: { timeToFirstTokenMs: 100 },
      models: { timeToFirstTokenMs: 50 },
    },
  },
})

/** The model of this name, if there is one. @public */
export function findLatencyPreset(name: string): LatencyModel | undefined {
  return isPreset(name) ? latencyPresets[name] : undefined
}

function isPreset(name: string): name is keyof typeof latencyPresets {
  return Object.hasOwn(latencyPresets, name)
}
