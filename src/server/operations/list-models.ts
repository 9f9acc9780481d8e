/**
 * `GET /v1/models`: a bare array, as Together answers it. Not limited.
 */

import type { Operation } from './operation.ts'

const DAY_MS = 86_400_000

/** Lists the catalogue. @internal */
export const listModels: Operation = {
  endpoint: 'models',
  act: ({ query }, { catalogue, time }) => {
    // The mock runs no dedicated endpoints.
    if (query.get('dedicated') === 'true') return { status: 200, body: '[]' }
    // A day before the server's zero: older than any answer, and the same at every request.
    const created = time.unixSeconds(-DAY_MS)
    const models = [...catalogue.values()].map((model) => ({
      id: model.id,
      object: 'model',
      created,
      type: model.type,
      display_name: model.id,
      organization: model.id.split('/')[0],
      context_length: model.contextLength,
      pricing: { hourly: 0, ...model.pricing, base: 0, finetune: 0 },
    }))
    return { status: 200, body: JSON.stringify(models) }
  },
}
