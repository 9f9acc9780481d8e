/**
 * The official clients, unmodified, against the mock over loopback: everything they do without files and jobs.
 */

import { createTogetherAI } from '@ai-sdk/togetherai'
import { embed, generateText, streamText } from 'ai'
import OpenAI from 'openai'
import Together, { BadRequestError, NotFoundError, PermissionDeniedError } from 'together-ai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMockTogether, type RunningMock } from '../../src/server/index.ts'

const chatModel = 'Qwen/Qwen2.5-7B-Instruct-Turbo'
const embeddingModel = 'mock/embed-32'
const reply = 'This is a reply of the mock server and it says nothing at all .'
const messages = [{ role: 'user' as const, content: 'Say nothing.' }]

let mock: RunningMock

beforeAll(async () => {
  mock = await createMockTogether()
})

afterAll(() => mock.close())

/** Vectors of the mock have length 1, to six decimals each. */
function lengthOf(vector: readonly number[]): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
}

function createTogether(): Together {
  return new Together({ apiKey: 'My API Key', baseURL: `${mock.url}/v1`, maxRetries: 0 })
}

function createOpenAI(): OpenAI {
  return new OpenAI({ apiKey: 'test', baseURL: `${mock.url}/v1`, maxRetries: 0 })
}

function createAI() {
  return createTogetherAI({ apiKey: 'test', baseURL: `${mock.url}/v1` })
}

describe('together-ai', () => {
  it('chats', async () => {
    const answer = await createTogether().chat.completions.create({ model: chatModel, messages })
    expect(answer.choices[0]?.message?.content).toBe(reply)
    expect(answer.usage?.total_tokens).toBe(18)
  })

  it('chats in a stream', async () => {
    const stream = await createTogether().chat.completions.create({
      model: chatModel,
      messages,
      stream: true,
    })
    let text = ''
    let tokens = 0
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      tokens += chunk.usage?.completion_tokens ?? 0
    }
    expect(text).toBe(reply)
    expect(tokens).toBe(15)
  })

  it('collects a stream by its own helper', async () => {
    const stream = createTogether().chat.completions.stream({ model: chatModel, messages })
    expect(await stream.finalContent()).toBe(reply)
  })

  it('completes, whole and in a stream', async () => {
    const body = { model: 'mistralai/Mixtral-8x7B-v0.1', prompt: 'Once' }
    const answer = await createTogether().completions.create(body)
    expect(answer.choices[0]?.text).toBe(reply)
    let text = ''
    for await (const chunk of await createTogether().completions.create({
      ...body,
      stream: true,
    })) {
      text += chunk.choices[0]?.text ?? ''
    }
    expect(text).toBe(reply)
  })

  it('embeds', async () => {
    const input = ['one', 'two', 'one']
    const { data } = await createTogether().embeddings.create({ model: embeddingModel, input })
    expect(data.map(({ embedding }) => embedding.length)).toEqual([32, 32, 32])
    expect(data[0]?.embedding).toEqual(data[2]?.embedding)
    expect(data[0]?.embedding).not.toEqual(data[1]?.embedding)
    expect(lengthOf(data[0]?.embedding ?? [])).toBeCloseTo(1, 4)
  })

  it('draws', async () => {
    const body = { model: 'black-forest-labs/FLUX.1-schnell', prompt: 'grey', n: 2 } as const
    const links = await createTogether().images.generate(body)
    expect(links.data.map(({ index }) => index)).toEqual([0, 1])
    const inline = await createTogether().images.generate({ ...body, response_format: 'base64' })
    expect(
      Buffer.from(inline.data[0]?.b64_json ?? '', 'base64')
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG')
  })

  it('reranks', async () => {
    const answer = await createTogether().rerank.create({
      model: 'Salesforce/Llama-Rank-V1',
      query: 'q',
      documents: ['a', 'b', 'c'],
      top_n: 2,
    })
    expect(answer.results).toHaveLength(2)
  })

  it('lists models, takes one in and asks how far that is', async () => {
    const client = createTogether()
    const models = await client.models.list()
    expect(models.map(({ id }) => id)).toContain(chatModel)
    const { data } = await client.models.upload({ model_name: 'm', model_source: 's' })
    expect((await client.models.uploads.status(data.job_id)).job_id).toBe(data.job_id)
  })

  it('throws its own errors for refusals', async () => {
    const chats = createTogether().chat.completions
    await expect(chats.create({ model: 'no/body', messages })).rejects.toThrow(NotFoundError)
    await expect(chats.create({ model: chatModel, messages: [] })).rejects.toThrow(BadRequestError)
    await expect(chats.create({ model: chatModel, messages, max_tokens: 1e6 })).rejects.toThrow(
      PermissionDeniedError,
    )
    await expect(createTogether().get('/_stainless_unknown_path')).rejects.toThrow(NotFoundError)
  })
})

describe('openai', () => {
  it('chats, whole and in a stream', async () => {
    const answer = await createOpenAI().chat.completions.create({ model: chatModel, messages })
    expect(answer.choices[0]?.message.content).toBe(reply)
    let text = ''
    const stream = await createOpenAI().chat.completions.create({
      model: chatModel,
      messages,
      stream: true,
      stream_options: { include_usage: true },
    })
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
    expect(text).toBe(reply)
  })

  it('embeds', async () => {
    const body = { model: embeddingModel, input: 'one' }
    // Left alone, this client asks for base64 and decodes it.
    const { data } = await createOpenAI().embeddings.create(body)
    const plain = await createOpenAI().embeddings.create({ ...body, encoding_format: 'float' })
    expect(data[0]?.embedding).toHaveLength(32)
    expect(data[0]?.embedding.map((value) => Math.round(value * 1e6) / 1e6)).toEqual(
      plain.data[0]?.embedding,
    )
  })
})

describe('@ai-sdk/togetherai', () => {
  it('chats', async () => {
    const { text, usage } = await generateText({
      model: createAI()(chatModel),
      prompt: 'Say nothing.',
      maxRetries: 0,
    })
    expect(text).toBe(reply)
    expect(usage.totalTokens).toBe(18)
  })

  it('chats in a stream', async () => {
    const { textStream } = streamText({
      model: createAI()(chatModel),
      prompt: 'Say nothing.',
      maxRetries: 0,
    })
    let text = ''
    for await (const part of textStream) text += part
    expect(text).toBe(reply)
  })

  it('embeds', async () => {
    const { embedding } = await embed({
      model: createAI().embeddingModel(embeddingModel),
      value: 'one',
      maxRetries: 0,
    })
    expect(embedding).toHaveLength(32)
    expect(lengthOf(embedding)).toBeCloseTo(1, 4)
  })
})
