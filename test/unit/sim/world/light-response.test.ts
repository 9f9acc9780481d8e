import { describe, expect, it } from 'vitest'
import {
  LightResponse,
  networkError,
  type LightResponseParts,
} from '../../../../sim/world/light-response.ts'

interface Watched {
  response: LightResponse
  /** How often the body was dealt with. */
  done: () => number
  arrive: () => void
}

function make(changes: Partial<LightResponseParts> = {}): Watched {
  let count = 0
  let arrive: (() => void) | undefined
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve
  })
  const response = new LightResponse({
    status: 200,
    headers: { 'retry-after': '3', 'content-type': 'application/json' },
    text: '{"id":"€"}',
    whole: true,
    arrived,
    events: { onDone: () => (count += 1) },
    ...changes,
  })
  return { response, done: () => count, arrive: () => arrive?.() }
}

/** A response whose body is there at once. */
function arrivedResponse(changes: Partial<LightResponseParts> = {}): Watched {
  const watched = make(changes)
  watched.arrive()
  return watched
}

describe('LightResponse', () => {
  it.each([
    [200, true],
    [299, true],
    [199, false],
    [300, false],
    [429, false],
  ])('knows whether %i is ok', (status, ok) => {
    expect(make({ status }).response).toMatchObject({ status, ok })
  })

  it('gives its body in all the usual forms', async () => {
    const bytes = new TextEncoder().encode('{"id":"€"}')
    expect(await arrivedResponse().response.text()).toBe('{"id":"€"}')
    expect(await arrivedResponse().response.json()).toEqual({ id: '€' })
    expect(new Uint8Array(await arrivedResponse().response.arrayBuffer())).toEqual(bytes)
    expect(await arrivedResponse().response.bytes()).toEqual(bytes)
    expect(await (await arrivedResponse().response.blob()).text()).toBe('{"id":"€"}')
  })

  it('waits for its last byte, and has not been dealt with before', async () => {
    const { response, done, arrive } = make()
    const text = response.text()
    await Promise.resolve()
    expect([response.bodyUsed, done()]).toEqual([true, 0])
    arrive()
    expect(await text).toBe('{"id":"€"}')
    expect(done()).toBe(1)
  })

  it('can be read once', async () => {
    const { response } = arrivedResponse()
    await response.text()
    await expect(response.json()).rejects.toThrow(TypeError)
    expect(() => response.clone()).toThrow(TypeError)
  })

  it('fails as undici does when it was cut, and has then been dealt with', async () => {
    const { response, done } = arrivedResponse({ whole: false })
    await expect(response.text()).rejects.toMatchObject({
      name: 'TypeError',
      message: 'terminated',
      cause: { code: 'UND_ERR_SOCKET' },
    })
    expect(done()).toBe(1)
  })

  it('rejects with a SyntaxError when the body is no JSON', async () => {
    await expect(arrivedResponse({ text: '{"id":' }).response.json()).rejects.toThrow(SyntaxError)
  })

  it('has copies that are read apart', async () => {
    const { response } = arrivedResponse()
    const copy = response.clone()
    expect(await response.text()).toBe(await copy.text())
  })
})

describe('LightResponse.body', () => {
  it('gives one chunk to a reader, then ends', async () => {
    const { response, done } = arrivedResponse()
    const reader = response.body.getReader()
    const first = await reader.read()
    expect(new TextDecoder().decode(first.value)).toBe('{"id":"€"}')
    expect(await reader.read()).toEqual({ done: true, value: undefined })
    expect(done()).toBe(1)
  })

  it('can be iterated over', async () => {
    const chunks: Uint8Array[] = []
    for await (const chunk of arrivedResponse().response.body) chunks.push(chunk)
    expect(new TextDecoder().decode(chunks[0])).toBe('{"id":"€"}')
    expect(chunks).toHaveLength(1)
  })

  it('counts as dealt with when an iteration is left, even before its first chunk', async () => {
    const unread = make()
    await unread.response.body[Symbol.asyncIterator]().return?.()
    expect([unread.done(), unread.response.bodyUsed]).toEqual([1, true])
    const left = arrivedResponse()
    for await (const chunk of left.response.body) {
      expect(left.response.body.locked).toBe(true)
      if (chunk.length > 0) break
    }
    expect(left.done()).toBeGreaterThan(0)
    expect(left.response.body.locked).toBe(false)
    const cut = arrivedResponse({ whole: false })
    await expect(cut.response.body[Symbol.asyncIterator]().next()).rejects.toThrow('terminated')
    expect(cut.response.body.locked).toBe(false)
  })

  it('ends for who waits for a chunk when its reader cancels it, as a real one does', async () => {
    const real = new Response(new ReadableStream()).body?.getReader()
    const light = make().response.body.getReader()
    for (const reader of [real, light]) {
      const read = reader?.read()
      await reader?.cancel()
      expect(await read).toEqual({ done: true, value: undefined })
    }
  })

  it('counts as dealt with when it is cancelled, by itself or by its reader', async () => {
    const direct = make()
    await direct.response.body.cancel()
    expect([direct.done(), direct.response.bodyUsed]).toEqual([1, true])
    const byReader = make()
    const reader = byReader.response.body.getReader()
    await reader.cancel()
    expect(byReader.done()).toBe(1)
    expect(await reader.read()).toEqual({ done: true, value: undefined })
  })

  it('is locked by a reader until that lets go', async () => {
    const { response } = make()
    const reader = response.body.getReader()
    expect(() => response.body.getReader()).toThrow(TypeError)
    await expect(response.body.cancel()).rejects.toThrow(TypeError)
    reader.releaseLock()
    await expect(response.body.cancel()).resolves.toBeUndefined()
  })

  it('flows through pipes, to the last byte', async () => {
    const { response, done } = arrivedResponse()
    const texts: string[] = []
    const sink = new WritableStream<string>({ write: (text) => void texts.push(text) })
    const decoder = new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>
    await response.body.pipeThrough(decoder).pipeTo(sink)
    expect(texts.join('')).toBe('{"id":"€"}')
    expect(done()).toBe(1)
  })

  it('is not read by a pipe that takes nothing', async () => {
    const { response, done } = make()
    const [left] = response.body.tee()
    expect(() => response.body.getReader()).toThrow(TypeError)
    expect(left.locked).toBe(false)
    await Promise.resolve()
    expect(done()).toBe(0)
  })

  it('is not dealt with by being looked at', () => {
    const { response, done } = make()
    response.body.getReader()
    expect([done(), response.bodyUsed]).toEqual([0, false])
  })
})

describe('the light stand-ins', () => {
  it('pass for what they stand in for', () => {
    const { response } = arrivedResponse()
    expect(response).toBeInstanceOf(Response)
    expect(response.headers).toBeInstanceOf(Headers)
    expect(response.body).toBeInstanceOf(ReadableStream)
  })
})

describe('LightHeaders', () => {
  it('finds names in any case, and null for what is not there', () => {
    const { headers } = make().response
    expect(headers.get('Retry-After')).toBe('3')
    expect(headers.get('x-none')).toBeNull()
    expect([headers.has('RETRY-AFTER'), headers.has('x-none')]).toEqual([true, false])
  })

  it('has no headers but those that were sent', () => {
    expect(make().response.headers.get('constructor')).toBeNull()
  })

  it('can be gone through in all the usual ways', () => {
    const { headers } = make().response
    const seen: string[] = []
    headers.forEach((value, name) => seen.push(`${name}=${value}`))
    expect(seen).toEqual(['retry-after=3', 'content-type=application/json'])
    expect(Object.fromEntries(headers)).toEqual(Object.fromEntries(headers.entries()))
    expect([...headers.keys()]).toEqual(['retry-after', 'content-type'])
    expect([...headers.values()]).toEqual(['3', 'application/json'])
    expect(new Headers([...headers]).get('retry-after')).toBe('3')
  })
})

describe('networkError', () => {
  it('is a TypeError whose cause has a code', () => {
    const error = networkError('fetch failed', 'reset', 'ECONNRESET')
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ cause: { message: 'reset', code: 'ECONNRESET' } })
  })
})
