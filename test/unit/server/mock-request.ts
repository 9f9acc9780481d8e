/**
 * Requests as the tests of the mock server make them.
 */

import type { MockFile, MockRequest } from '../../../src/server/handler.ts'

export const chatModel = 'Qwen/Qwen2.5-7B-Instruct-Turbo'
export const embeddingModel = 'BAAI/bge-base-en-v1.5'
export const imageModel = 'black-forest-labs/FLUX.1-schnell'

export const rerankModel = 'Salesforce/Llama-Rank-V1'
export const languageModel = 'mistralai/Mixtral-8x7B-v0.1'

/** A GET with a key. */
export function get(path: string, key = 'test-key-0001'): MockRequest {
  return { method: 'GET', path, headers: { authorization: `Bearer ${key}` } }
}

/** A POST with a key and a JSON body. */
export function post(path: string, body: unknown = {}, key = 'test-key-0001'): MockRequest {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  return { method: 'POST', path, headers, body: JSON.stringify(body) }
}

/** A small chat completion. */
export function chat(key?: string): MockRequest {
  const messages = [{ role: 'user', content: 'Say nothing.' }]
  return post('/v1/chat/completions', { model: chatModel, messages }, key)
}

/** A small embedding. */
export function embedding(key?: string): MockRequest {
  return post('/v1/embeddings', { model: embeddingModel, input: 'text' }, key)
}

/** One image. */
export function image(key?: string): MockRequest {
  return post('/v1/images/generations', { model: imageModel, prompt: 'grey' }, key)
}

/** A fine-tune job. */
export function fineTune(key?: string): MockRequest {
  return post('/v1/fine-tunes', { model: chatModel, training_file: 'file-1' }, key)
}

/** What `batch` runs. */
export const batchFile: MockFile = {
  id: 'file-1',
  content: `${JSON.stringify({
    custom_id: 'a',
    body: { model: chatModel, messages: [{ role: 'user', content: 'Say nothing.' }] },
  })}\n`,
}

/** A batch of one request; the mock needs the option `files: [batchFile]`. */
export function batch(key?: string): MockRequest {
  const body = { endpoint: '/v1/chat/completions', input_file_id: 'file-1' }
  return post('/v1/batches', body, key)
}
