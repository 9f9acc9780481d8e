/**
 * Whatever is sent, the mock answers: never an exception, never a 5xx, always a well-formed body.
 */

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MockTogether, parseFaultRules, type MockRequest } from '../../src/server/handler.ts'
import { expectWellFormed } from '../helpers/expect-well-formed.ts'
import { InvalidOptionError } from '../../src/core/errors.ts'
import {
  batchFile,
  chatModel,
  embeddingModel,
  imageModel,
  rerankModel,
} from '../unit/server/mock-request.ts'

const methods = fc.constantFrom(
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'get',
  '',
  '__proto__',
)
const knownPaths = fc.constantFrom(
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/embeddings',
  '/v1/images/generations',
  '/v1/rerank',
  '/v1/jobs',
  '/v1/jobs/job-1-1',
  '/v1/fine-tunes',
  '/v1/fine-tunes/00000001-0000-4000-8000-000000000001',
  '/v1/fine-tunes/00000001-0000-4000-8000-000000000001/cancel',
  '/v1/batches',
  '/v1/batches/00000002-0000-4000-8000-000000000001',
  '/v1/batches/00000002-0000-4000-8000-000000000001/cancel',
  '/v1/models',
  '/v1/files',
  '/v1/files?file_name=a&purpose=batch-api',
  '/v1/files/upload',
  '/v1/files/file-2',
  '/v1/files/file-2/content',
  '/v1/files/file-2/preprocess',
  '/v1/uploads/file-1',
)
const paths = fc.oneof(
  { weight: 6, arbitrary: knownPaths },
  { weight: 1, arbitrary: fc.tuple(knownPaths, fc.string()).map(([path, tail]) => path + tail) },
  { weight: 1, arbitrary: fc.string() },
)
const fieldValues = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<unknown>(chatModel, embeddingModel, imageModel) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>([{ role: 'user', content: 'x' }], ['x'], 'x', 1),
  },
  { weight: 2, arbitrary: fc.constantFrom<unknown>('/v1/chat/completions', null, true, -1, 1e300) },
  { weight: 3, arbitrary: fc.jsonValue() },
)
const fieldNames = [
  'model',
  'messages',
  'input',
  'prompt',
  'n',
  'max_tokens',
  'stream',
  'training_file',
  'suffix',
  'endpoint',
  'input_file_id',
  'model_id',
  'response_format',
  'tools',
  'tool_choice',
  'stop',
  'logprobs',
  'seed',
  'echo',
  'documents',
  'query',
  'top_n',
  'model_name',
  '__proto__',
  'constructor',
]
/** Well-formed for every operation whose model type it happens to name, until something is put over it. */
const wellFormed = {
  messages: [{ role: 'user', content: 'x' }],
  input: ['x', 'y'],
  prompt: 'x',
  training_file: 'file-1',
  endpoint: '/v1/chat/completions',
  input_file_id: 'file-1',
  query: 'x',
  documents: ['x', 'y'],
  model_name: 'x',
  model_source: 'y',
}
const models = fc.constantFrom(chatModel, embeddingModel, imageModel, rerankModel, 'no/body')
const bodies = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(models, fc.dictionary(fc.constantFrom(...fieldNames), fieldValues, { maxKeys: 2 }))
      .map(([model, over]) => JSON.stringify({ ...wellFormed, model, ...over })),
  },
  {
    weight: 4,
    arbitrary: fc
      .dictionary(fc.constantFrom(...fieldNames), fieldValues)
      .map((body) => JSON.stringify(body)),
  },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.constantFrom('', '{', '[]', 'null', '"', '{"model":', '\uFEFF{}') },
  { weight: 1, arbitrary: fc.nat(100_000).map((depth) => '['.repeat(depth)) },
)
const headers = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constant<Record<string, string>>({ authorization: 'Bearer some key' }),
  },
  { weight: 1, arbitrary: fc.string().map((authorization) => ({ authorization })) },
  { weight: 1, arbitrary: fc.constant<Record<string, string>>({}) },
)
const formFields = fc.dictionary(
  fc.constantFrom('purpose', 'file_name', 'file_type', 'file', '__proto__'),
  fc.oneof(fc.constantFrom('batch-api', 'fine-tune', 'eval', 'a.jsonl', 'csv'), fc.string()),
)
const formFiles = fc.record({ name: fc.string(), bytes: fc.uint8Array() })
const contents: fc.Arbitrary<Pick<MockRequest, 'body' | 'form'>> = fc.oneof(
  { weight: 8, arbitrary: bodies.map((body) => ({ body })) },
  { weight: 1, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.uint8Array().map((body) => ({ body })) },
  {
    weight: 1,
    arbitrary: fc
      .record({ fields: formFields, file: formFiles }, { requiredKeys: ['fields'] })
      .map((form) => ({ form })),
  },
)
const requests: fc.Arbitrary<MockRequest> = fc
  .record({ method: methods, path: paths, headers, content: contents })
  .map(({ content, ...request }) => ({ ...request, ...content }))
const instants = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 0, max: 1e9 }) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, -1, -0, 0.1, 1e9 + 0.3) },
)

const profile = {
  name: 'wide',
  rateLimits: [{ id: 'all', endpoints: ['chat'], requestsMax: 1_000_000, windowMs: 1_000 }],
  concurrencyLimits: [],
} as const

describe('bad input', () => {
  it('is answered with a status below 500 and a JSON body, and never throws', () => {
    const mock = new MockTogether({ profile, files: [batchFile, { ...batchFile, id: 'file-2' }] })
    const statuses = new Set<number>()
    fc.assert(
      fc.property(requests, instants, (request, nowMs) => {
        const response = mock.handle(request, nowMs)
        statuses.add(response.status)
        expect(response.status).toBeGreaterThanOrEqual(200)
        expect(response.status).toBeLessThan(500)
        expectWellFormed(request, response)
        for (const [name, value] of Object.entries(response.headers)) {
          expect(`${name}: ${value}`).not.toContain('NaN')
          expect(`${name}: ${value}`).toMatch(/^[a-z0-9-]+: [\x20-\x7e]*$/)
        }
      }),
      { numRuns: 10_000 },
    )
    // The generator must reach past the doors, or the property says nothing about what is behind them.
    for (const status of [200, 201, 400, 401, 404, 405]) expect(statuses).toContain(status)
  })

  it('in an error, has the shape of its endpoint', () => {
    const mock = new MockTogether({ profile, files: [batchFile, { ...batchFile, id: 'file-2' }] })
    fc.assert(
      fc.property(requests, (request) => {
        const { status, body } = mock.handle(request, 0)
        if (status < 400) return
        const { error } = JSON.parse(body)
        if (mock.journal().at(-1)?.endpoint === 'batches') expect(error).toEqual(expect.any(String))
        else {
          expect(Object.keys(error)).toEqual(['message', 'type', 'param', 'code'])
          expect([error.message, error.type]).toEqual([expect.any(String), expect.any(String)])
        }
      }),
      { numRuns: 3_000 },
    )
  })

  it('in a fault plan, is refused with the name of an option', () => {
    const actions = fc.oneof(
      fc.jsonValue(),
      fc.record({
        kind: fc.constantFrom('status', 'delay', 'drop', 'hang'),
        status: fc.jsonValue(),
      }),
    )
    const rules = fc.oneof(
      fc.jsonValue(),
      fc.array(fc.record({ match: fc.jsonValue(), do: actions }, { requiredKeys: [] })),
    )
    fc.assert(
      fc.property(rules, (value) => {
        try {
          parseFaultRules(value)
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidOptionError)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
