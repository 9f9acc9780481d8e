import { describe, expect, it } from 'vitest'
import { findRoute } from '../../../../src/server/operations/routes.ts'

describe('findRoute', () => {
  it.each([
    ['POST', '/v1/chat/completions', 'chat', ''],
    ['POST', '/v1/embeddings', 'embeddings', ''],
    ['POST', '/v1/images/generations', 'images', ''],
    ['POST', '/v1/fine-tunes', 'fine-tunes', ''],
    ['GET', '/v1/fine-tunes', 'fine-tunes', ''],
    ['GET', '/v1/fine-tunes/ft-1', 'fine-tunes', 'ft-1'],
    ['DELETE', '/v1/fine-tunes/ft-1', 'fine-tunes', 'ft-1'],
    ['POST', '/v1/fine-tunes/ft-1/cancel', 'fine-tunes', 'ft-1'],
    ['GET', '/v1/fine-tunes/ft-1/events', 'fine-tunes', 'ft-1'],
    ['GET', '/v1/fine-tunes/ft-1/checkpoints', 'fine-tunes', 'ft-1'],
    ['GET', '/v1/fine-tunes/ft-1/metrics', 'fine-tunes', 'ft-1'],
    ['GET', '/v1/fine-tunes/ft-1/download-tokenized-dataset', 'fine-tunes', 'ft-1'],
    ['GET', '/v1/fine-tunes/models/supported', 'fine-tunes', ''],
    ['GET', '/v1/fine-tunes/models/limits', 'fine-tunes', ''],
    ['POST', '/v1/fine-tunes/estimate-price', 'fine-tunes', ''],
    ['POST', '/v1/fine-tunes/preview', 'fine-tunes', ''],
    ['GET', '/v1/finetune/download', 'fine-tunes', ''],
    ['POST', '/v1/batches', 'batches', ''],
    ['GET', '/v1/batches', 'batches', ''],
    ['GET', '/v1/batches/b', 'batches', 'b'],
    ['POST', '/v1/batches/b/cancel', 'batches', 'b'],
    ['GET', '/v1/models', 'models', ''],
  ])('finds %s %s', (method, path, endpoint, id) => {
    expect(findRoute(method, path)).toMatchObject({ kind: 'found', operation: { endpoint }, id })
  })

  it.each([
    ['GET', '/v1/chat/completions', 'POST'],
    ['DELETE', '/v1/fine-tunes', 'GET, POST'],
    ['PATCH', '/v1/fine-tunes/ft-1', 'GET, DELETE'],
    ['GET', '/v1/fine-tunes/preview', 'POST'],
    ['POST', '/v1/finetune/download', 'GET'],
    ['POST', '/v1/batches/b', 'GET'],
    ['GET', '/v1/batches/b/cancel', 'POST'],
    ['get', '/v1/models', 'GET, POST'],
  ])('tells a wrong method: %s %s', (method, path, allow) => {
    expect(findRoute(method, path)).toMatchObject({ kind: 'wrong-method', allow })
  })

  it.each([
    '',
    '/',
    '*',
    'v1/models',
    '/v1',
    '/v1/',
    '/v1/models/x',
    '/v1/models/',
    '/v1/batches/',
    '/v1/batches//cancel',
    '/v1/batches/b/',
    '/v1/batches/b/cancel/x',
    '/v1/batches/b/delete',
    '/v1/fine-tunes/models/other',
    '/v1/fine-tunes/ft-1/logs',
    '/v1/finetune/ft-1',
    '/v2/models',
    '/v1/constructor/x',
    '/_stainless_unknown_path',
  ])('knows nothing at %j', (path) => {
    expect(findRoute('GET', path)).toEqual({ kind: 'unknown' })
  })
})
