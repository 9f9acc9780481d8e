/** What is asked of both servers. */

/** A request, sent over and over. @internal */
export interface BenchCase {
  readonly name: 'chat' | 'embeddings'
  readonly path: string
  readonly body: string
}

/** Every request carries these. @internal */
export const requestHeaders: Readonly<Record<string, string>> = {
  authorization: 'Bearer bench-key-0001',
  'content-type': 'application/json',
}

/** The cases, in the order in which they are run. @internal */
export const benchCases: readonly BenchCase[] = [
  {
    name: 'chat',
    path: '/v1/chat/completions',
    body: JSON.stringify({
      model: 'Qwen/Qwen2.5-7B-Instruct-Turbo',
      messages: [{ role: 'user', content: 'What is the capital of the moon?' }],
      max_tokens: 100,
    }),
  },
  {
    name: 'embeddings',
    path: '/v1/embeddings',
    body: JSON.stringify({ model: 'mock/embed-32', input: 'What is the capital of the moon?' }),
  },
]
