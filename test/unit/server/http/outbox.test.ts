import { afterEach, describe, expect, it } from 'vitest'
import { createMockTogether, type RunningMock } from '../../../../src/server/index.ts'
import { embeddingModel } from '../mock-request.ts'

let mock: RunningMock | undefined

afterEach(async () => {
  await mock?.close()
})

async function embed(url: string, input: string, signal?: AbortSignal): Promise<string> {
  const response = await fetch(`${url}/v1/embeddings`, {
    method: 'POST',
    headers: { authorization: 'Bearer key', 'content-type': 'application/json' },
    body: JSON.stringify({ model: embeddingModel, input }),
    ...(signal === undefined ? {} : { signal }),
  })
  return response.text()
}

describe('answers of one turn', () => {
  it('each go to the client that asked', async () => {
    mock = await createMockTogether()
    const { url } = mock
    const texts = Array.from({ length: 40 }, (_, index) => `text ${index}`)
    const together = await Promise.all(texts.map((text) => embed(url, text)))
    expect(new Set(together).size).toBe(texts.length)
    for (const [index, text] of texts.entries()) {
      expect(together[index]).toBe(await embed(url, text))
    }
  })

  it('are not held up by a client that has left', async () => {
    mock = await createMockTogether()
    const { url } = mock
    const leaving = new AbortController()
    const lost = Promise.allSettled(['a', 'b', 'c'].map((text) => embed(url, text, leaving.signal)))
    const kept = embed(url, 'd')
    setImmediate(() => leaving.abort())
    await lost
    expect(JSON.parse(await kept)).toMatchObject({ object: 'list' })
  })
})
