/**
 * Whatever comes over HTTP, the shell and the handler behind it answer it: never a 5xx, always a body in the form of the
 * endpoint's errors, and the next good request is served.
 */

import * as fc from 'fast-check'
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { afterAll, describe, expect, it } from 'vitest'
import { createMockApp } from '../../src/server/http/app.ts'
import { findServerProfile, MockTogether } from '../../src/server/index.ts'
import { expectSchema } from '../helpers/expect-schema.ts'
import { batchErrorSchema } from '../helpers/response-schemas/files.ts'
import { errorSchema } from '../helpers/response-schemas/inference.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'
import { batchFile, chat, chatModel } from '../unit/server/mock-request.ts'

const BODY_LENGTH_MAX = 2_000
const UPLOAD_LENGTH_MAX = 4_000

const profile = findServerProfile('tier-5')
const mock = new MockTogether({
  files: [batchFile, { ...batchFile, id: 'file-2' }],
  ...(profile === undefined ? {} : { profile: { ...profile, rateLimits: [] } }),
})
const app: FastifyInstance = createMockApp(mock, {
  clock: new VirtualClock(),
  bodyLengthMax: BODY_LENGTH_MAX,
  uploadLengthMax: UPLOAD_LENGTH_MAX,
})

afterAll(() => app.close())

const methods = fc.constantFrom<InjectOptions['method']>('GET', 'POST', 'PUT', 'DELETE', 'PATCH')
const paths = fc.constantFrom(
  '/v1/chat/completions',
  '/v1/embeddings',
  '/v1/files',
  '/v1/files?file_name=a.jsonl&purpose=batch-api&file_type=jsonl',
  '/v1/files/upload',
  '/v1/files/file-2',
  '/v1/files/file-2/content',
  '/v1/files/%2e%2e%2f',
  '/v1/files/%zz',
  '/v1/uploads/file-1',
  '/v1/batches',
  '/v1/batches/none/cancel',
  '/v1/fine-tunes',
  '/v1//files',
  '/v1/files/',
  '//',
)
const types = fc.constantFrom<string | undefined>(
  undefined,
  'application/json',
  'application/json; charset=utf-16',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'multipart/form-data; boundary=b',
  'multipart/form-data; boundary="',
  'MULTIPART/FORM-DATA; BOUNDARY=b',
  'application/octet-stream',
  'text/plain',
  'nonsense',
  '; ; ;',
)

/** A part of a form, perhaps broken. */
const parts = fc
  .record({
    name: fc.constantFrom('file', 'purpose', 'file_name', 'file_type', '', '"', '__proto__'),
    file: fc.option(fc.constantFrom('a.jsonl', '../../x', '', 'é')),
    value: fc.oneof(fc.constantFrom('batch-api', 'a.jsonl', 'jsonl'), fc.string(), longText(6_000)),
    end: fc.constantFrom('\r\n', '\n', ''),
  })
  .map(
    ({ name, file, value, end }) =>
      `--b\r\ncontent-disposition: form-data; name="${name}"` +
      `${file === null ? '' : `; filename="${file}"`}${end}\r\n${value}${end}`,
  )
const forms = fc
  .tuple(fc.array(parts, { maxLength: 4 }), fc.constantFrom('--b--\r\n', '--b', '', '--b--'))
  .map(([all, end]) => all.join('') + end)
const batchBody = {
  endpoint: '/v1/chat/completions',
  input_file_id: 'file-1',
  model: chatModel,
  training_file: 'x',
}
const payloads = fc.oneof(
  forms,
  fc.json(),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom('', '{', 'purpose=eval&file_name=x'),
  fc.constant(JSON.stringify(batchBody)),
  longText(6_000),
)

function longText(max: number): fc.Arbitrary<string> {
  return fc.nat(max).map((length) => 'x'.repeat(length))
}

const requests: fc.Arbitrary<InjectOptions & { url: string }> = fc
  .record({
    method: methods,
    url: paths,
    type: types,
    payload: fc.option(payloads),
    authorization: fc.constantFrom('Bearer k', 'Bearer k', 'Bearer k', 'Basic k', ''),
  })
  .map(({ method, url, type, payload, authorization }) => ({
    ...(method === undefined ? {} : { method }),
    url,
    headers: { authorization, ...(type === undefined ? {} : { 'content-type': type }) },
    ...(payload === null ? {} : { payload }),
  }))

function expectError(response: LightMyRequestResponse, url: string): void {
  if (response.statusCode < 400) return
  // What fastify itself refuses has not got as far as an endpoint.
  const isOfBatches =
    url.startsWith('/v1/batches') && mock.journal().at(-1)?.status === response.statusCode
  const json: { error: unknown } = response.json()
  expectSchema(json, isOfBatches && typeof json.error === 'string' ? batchErrorSchema : errorSchema)
}

describe('bad requests over HTTP', () => {
  it('are answered below 500, in the form of errors, and hurt nobody', async () => {
    const statuses = new Set<number>()
    const { path, headers, body } = chat()
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        const response = await app.inject(request)
        statuses.add(response.statusCode)
        expect(response.statusCode).toBeGreaterThanOrEqual(200)
        expect(response.statusCode).toBeLessThan(500)
        expectError(response, request.url)
      }),
      { numRuns: 10_000 },
    )
    for (const status of [200, 201, 302, 400, 401, 404, 405, 413, 415]) {
      expect(statuses).toContain(status)
    }
    const good = {
      method: 'POST',
      url: path,
      headers: { ...headers },
      payload: String(body),
    } as const
    expect((await app.inject(good)).statusCode).toBe(200)
  })
})
