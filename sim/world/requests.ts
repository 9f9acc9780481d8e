/** The requests that the workload sends: well-formed, small but for chats that are to spend tokens, and few different ones. */
import type { EndpointClass } from '../../src/core/profile.ts'
import type { ChatSize } from '../scenario/types.ts'
import type { MockFile, MockModel, MockRequest } from '../../src/server/handler.ts'

/** What the server is told to know; vectors of four numbers say as much as longer ones here. */
export const simulatedModels: readonly MockModel[] = [
  { id: 'simulated/chat', type: 'chat' },
  { id: 'simulated/other-chat', type: 'chat' },
  { id: 'simulated/embeddings', type: 'embedding', dimensions: 4 },
  { id: 'simulated/images', type: 'image' },
  // One for which some profiles have a limit of its own.
  { id: 'deepseek-ai/DeepSeek-R1', type: 'chat' },
]

/** What batches run. */
export const simulatedFile: MockFile = {
  id: 'file-simulated',
  content: JSON.stringify({
    custom_id: '1',
    body: { model: 'simulated/chat', messages: [{ role: 'user', content: 'Say yes.' }] },
  }),
}

const models: Readonly<Record<EndpointClass, string>> = {
  chat: 'simulated/chat',
  embeddings: 'simulated/embeddings',
  images: 'simulated/images',
  'fine-tunes': 'simulated/chat',
  batches: 'simulated/chat',
}

const bodies: Readonly<Record<EndpointClass, (model: string) => object>> = {
  chat: (model) => chatBody(model, 'Say yes.', 1),
  embeddings: (model) => ({ model, input: 'one short text' }),
  images: (model) => ({ model, prompt: 'a small red square', n: 1 }),
  'fine-tunes': (model) => ({ model, training_file: 'file-simulated' }),
  batches: () => ({ endpoint: '/v1/chat/completions', input_file_id: simulatedFile.id }),
}

function chatBody(model: string, content: string, tokensMax: number): object {
  return { model, messages: [{ role: 'user', content }], max_tokens: tokensMax }
}

const paths: Readonly<Record<EndpointClass, string>> = {
  chat: '/v1/chat/completions',
  embeddings: '/v1/embeddings',
  images: '/v1/images/generations',
  'fine-tunes': '/v1/fine-tunes',
  batches: '/v1/batches',
}

const headers = { authorization: 'Bearer simulated-key', 'content-type': 'application/json' }

/** A request of that class; equal arguments give the same object. */
export function requestFor(endpoint: EndpointClass, model?: string, size?: ChatSize): MockRequest {
  const key = `${endpoint} ${model ?? ''} ${size?.promptLength} ${size?.tokensMax}`
  let request = cache.get(key)
  if (request === undefined) {
    const name = model ?? models[endpoint]
    const content =
      size === undefined
        ? bodies[endpoint](name)
        : chatBody(name, 'x'.repeat(size.promptLength), size.tokensMax)
    const body = JSON.stringify(content)
    request = { method: 'POST', path: paths[endpoint], headers, body }
    cache.set(key, request)
  }
  return request
}

const cache = new Map<string, MockRequest>()

/** What a server may reserve for a chat: four characters of a prompt are a token. */
export function reservedTokens({ promptLength, tokensMax }: ChatSize): number {
  return Math.ceil(promptLength / 4) + tokensMax
}

/** Asks for a job's state. */
export function jobRequest(endpoint: 'fine-tunes' | 'batches', id: string): MockRequest {
  return { method: 'GET', path: `${paths[endpoint]}/${id}`, headers }
}
