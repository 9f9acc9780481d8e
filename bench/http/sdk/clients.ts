/**
 * The official clients, each in the ways it can be set up: alone, with all of ours, with our fetch and its own retries.
 */
import { createTogetherAI } from '@ai-sdk/togetherai'
import { generateText } from 'ai'
import OpenAI from 'openai'
import Together from 'together-ai'
import type { RateLimitedClientOptions } from '../../../src/index.ts'
import { answerTokensMax } from './limits.ts'

/** `bare` is without us; `fetch` leaves the client's own retries on. @internal */
export type Way = 'bare' | 'fetch' | 'whole'

/** Where a client sends, and what beneath it. @internal */
export interface ClientPlace {
  readonly baseURL: string
  readonly way: Way
  /** Where the way is `bare`, only its `fetch` is used, which is then none of ours. */
  readonly options: RateLimitedClientOptions
}

/** Makes one call with these headers. @returns The text of the answer. @internal */
export type Ask = (headers: Record<string, string>) => Promise<string | null | undefined>

/** @internal */
export interface SdkClient {
  readonly name: string
  /** Obeys no mark on a response, so final failures have to be thrown where it retries by itself. */
  readonly needsThrow: boolean
  readonly connect: (place: ClientPlace) => Ask
}

const model = 'Qwen/Qwen2.5-7B-Instruct-Turbo'
const messages = [{ role: 'user' as const, content: 'Say nothing.' }]
const apiKey = 'test'

/** What `together-ai` and `openai` are made with. */
function clientOptions({ baseURL, way, options }: ClientPlace): ClientOptions {
  return { apiKey, baseURL, ...(way === 'whole' ? options : { fetch: options.fetch }) }
}

type ClientOptions = Partial<RateLimitedClientOptions> & Record<'apiKey' | 'baseURL', string>

/** All of them. @internal */
export const sdkClients: readonly SdkClient[] = [
  {
    name: 'together-ai',
    needsThrow: false,
    connect: (place) => {
      const client = new Together(clientOptions(place))
      const body = { model, messages, max_tokens: answerTokensMax }
      return async (headers) => {
        const answer = await client.chat.completions.create(body, { headers })
        return answer.choices[0]?.message?.content
      }
    },
  },
  {
    name: 'openai',
    needsThrow: false,
    connect: (place) => {
      const client = new OpenAI(clientOptions(place))
      const body = { model, messages, max_tokens: answerTokensMax }
      return async (headers) => {
        const answer = await client.chat.completions.create(body, { headers })
        return answer.choices[0]?.message.content
      }
    },
  },
  {
    name: '@ai-sdk/togetherai',
    needsThrow: true,
    connect: ({ baseURL, way, options }) => {
      const provider = createTogetherAI({ apiKey, baseURL, fetch: options.fetch })
      const call = {
        model: provider(model),
        messages,
        maxOutputTokens: answerTokensMax,
        ...(way === 'whole' ? { maxRetries: 0 } : {}),
      }
      return async (headers) => (await generateText({ ...call, headers })).text
    },
  },
]
