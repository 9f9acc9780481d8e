/**
 * Expects answers of the mock server to be JSON, and good ones to have the form that the API's description gives them.
 */

import { expect } from 'vitest'
import type { MockRequest, MockResponse } from '../../src/server/handler.ts'
import { expectSchema } from './expect-schema.ts'
import {
  batchErrorSchema,
  batchListSchema,
  createdBatchSchema,
  fileDeletedSchema,
  fileListSchema,
  fileSchema,
} from './response-schemas/files.ts'
import {
  bareErrorSchema,
  fineTuneListSchema,
  modelLimitsSchema,
  previewSchema,
  priceEstimateSchema,
  shortFineTuneSchema,
  supportedModelsSchema,
} from './response-schemas/fine-tunes.ts'
import {
  chatChunkSchema,
  chatSchema,
  completionChunkSchema,
  completionSchema,
  embeddingsSchema,
  errorSchema,
  imagesSchema,
  modelsSchema,
  modelUploadSchema,
  rerankSchema,
  uploadJobsSchema,
} from './response-schemas/inference.ts'

const successSchemas: Readonly<Record<string, object>> = {
  'GET /v1/fine-tunes': fineTuneListSchema,
  'POST /v1/fine-tunes': shortFineTuneSchema,
  'POST /v1/fine-tunes/estimate-price': priceEstimateSchema,
  'POST /v1/fine-tunes/preview': previewSchema,
  'GET /v1/fine-tunes/models/supported': supportedModelsSchema,
  'GET /v1/fine-tunes/models/limits': modelLimitsSchema,
  'POST /v1/chat/completions': chatSchema,
  'POST /v1/completions': completionSchema,
  'POST /v1/embeddings': embeddingsSchema,
  'POST /v1/images/generations': imagesSchema,
  'POST /v1/rerank': rerankSchema,
  'GET /v1/models': modelsSchema,
  'POST /v1/models': modelUploadSchema,
  'GET /v1/jobs': uploadJobsSchema,
  'GET /v1/files': fileListSchema,
  'POST /v1/files/upload': fileSchema,
  'GET /v1/files/file-2': fileSchema,
  'DELETE /v1/files/file-2': fileDeletedSchema,
  'POST /v1/batches': createdBatchSchema,
  'GET /v1/batches': batchListSchema,
}
const chunkSchemas: Readonly<Record<string, object>> = {
  '/v1/chat/completions': chatChunkSchema,
  '/v1/completions': completionChunkSchema,
}
const anyErrorSchema = { anyOf: [batchErrorSchema, errorSchema] }
const limitsErrorSchema = { anyOf: [bareErrorSchema, errorSchema] }
/** Parts looked at from each end of a stream: those between are made like them. */
const PARTS_LOOKED_AT = 20

/** @internal */
export function expectWellFormed({ method, path }: MockRequest, response: MockResponse): void {
  const [route = ''] = path.split('?')
  const parts = response.stream?.parts ?? []
  const ends = [...parts.slice(0, PARTS_LOOKED_AT), ...parts.slice(-PARTS_LOOKED_AT)]
  for (const part of ends) {
    expect(part.startsWith('data: ') && part.endsWith('\n\n')).toBe(true)
    if (part === 'data: [DONE]\n\n') continue
    expectSchema(JSON.parse(part.slice('data: '.length)), chunkSchemas[route] ?? {})
  }
  if (response.stream !== undefined || response.bytes !== undefined) return
  // Where to put a file is said by headers alone.
  if (response.status === 302) return
  const body: unknown = JSON.parse(response.body)
  if (response.status >= 400) expectSchema(body, errorSchemaOf(route))
  else expectSchema(body, successSchemas[`${method} ${route}`] ?? {})
}

/** Batches and the limits of a model have errors of their own; what only resembles their paths has those of all others. */
function errorSchemaOf(route: string): object {
  if (route === '/v1/fine-tunes/models/limits') return limitsErrorSchema
  return route.startsWith('/v1/batches') ? anyErrorSchema : errorSchema
}
