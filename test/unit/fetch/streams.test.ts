import { describe, expect, it } from 'vitest'
import {
  chatInit,
  chatUrl,
  CountingController,
  createFetchWorld,
  settle,
  watch,
} from '../../helpers/fetch-world.ts'
import { answer, networkError, streamedAnswer } from '../../helpers/retry-world.ts'

function start(status = 200, options: Parameters<typeof createFetchWorld>[1] = {}) {
  const streamed = streamedAnswer(status, { 'content-type': 'text/event-stream' })
  const world = createFetchWorld([streamed.response], options)
  const controller = new CountingController()
  const call = world.fetch(chatUrl, { ...chatInit, signal: controller.signal })
  return { ...world, ...streamed, controller, call }
}

async function readAll(response: Response): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = []
  for await (const chunk of response.body ?? []) chunks.push(chunk)
  return chunks
}

describe('a stream', () => {
  it('comes chunk by chunk as it was sent, each at once, and is not read ahead', async () => {
    let pulls = 0
    const chunks = [new Uint8Array([1, 2]), new Uint8Array([0, 255]), new Uint8Array([3])]
    const source = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          const chunk = chunks[pulls]
          pulls += 1
          if (chunk === undefined) controller.close()
          else controller.enqueue(chunk)
        },
      },
      { highWaterMark: 0 },
    )
    const { fetch, clock } = createFetchWorld([new Response(source)])
    const response = await fetch(chatUrl, chatInit)
    const reader = response.body?.getReader()
    await settle()
    expect(pulls).toBe(0)
    expect((await reader?.read())?.value).toBe(chunks[0])
    expect(pulls).toBe(1)
    expect((await reader?.read())?.value).toBe(chunks[1])
    expect((await reader?.read())?.value).toBe(chunks[2])
    expect(clock.timerCount).toBe(1)
    expect(await reader?.read()).toEqual({ done: true, value: undefined })
    expect(clock.timerCount).toBe(0)
  })

  it('leaves buffers alone of which its chunks are a part, as those of Node’s pool are', async () => {
    // Not of that pool itself, without which the runner could not say that it is gone.
    const pool = new Uint8Array(64).fill(46)
    const pooled = pool.subarray(8, 14)
    pooled.set(new TextEncoder().encode('pooled'))
    const source = new ReadableStream({ type: 'bytes' })
    // A stream of another make, which gives the chunks that it was given.
    const chunks: Uint8Array[] = [pooled]
    source.getReader = (() => ({
      read: async () => {
        const value = chunks.shift()
        return { done: value === undefined, value }
      },
      releaseLock: () => {},
    })) as unknown as typeof source.getReader
    class ForeignResponse extends Response {
      override get body(): typeof source {
        return source
      }
    }
    const { fetch } = createFetchWorld([new ForeignResponse('')])
    const reader = (await fetch(chatUrl, chatInit)).body?.getReader()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('pooled')
    expect(pool.buffer.byteLength).toBe(64)
  })

  it('whose first chunk is there is not waited for further', async () => {
    const { call, push } = start()
    push('data: 1\n\n')
    const reader = (await call).body?.getReader()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('data: 1\n\n')
  })

  it('leaves no timer and no listener when it has ended', async () => {
    const { call, push, end, clock, controller } = start()
    const response = await call
    expect([clock.timerCount, controller.listeners]).toEqual([1, 1])
    push('a')
    end()
    expect(await readAll(response)).toHaveLength(1)
    expect([clock.timerCount, controller.listeners, controller.listenersMax]).toEqual([0, 0, 1])
  })

  it('leaves none when the caller cancels it, and its source is told', async () => {
    const { call, cancelled, clock, controller } = start()
    await (await call).body?.cancel('enough')
    expect(cancelled()).toBe(true)
    expect([clock.timerCount, controller.listeners]).toEqual([0, 0])
  })

  it('leaves none when it breaks, and breaks as it would without us', async () => {
    const { call, push, fail, clock, controller, sent } = start()
    const response = await call
    push('a')
    const reading = watch(readAll(response))
    await settle()
    const error = networkError()
    fail(error)
    await settle()
    expect(reading.error).toBe(error)
    expect([clock.timerCount, controller.listeners]).toEqual([0, 0])
    expect(sent).toHaveLength(1)
  })

  it.each(['json', 'text', 'arrayBuffer', 'blob'] as const)(
    'read whole by %s leaves none',
    async (name) => {
      const { call, push, end, clock, controller } = start()
      const response = await call
      const reading = watch<unknown>(response[name]())
      push('[1')
      await settle()
      expect(reading.isSettled).toBe(false)
      push(']')
      end()
      await settle()
      expect(reading.isSettled).toBe(true)
      const { value } = reading
      if (name === 'json') expect(value).toEqual([1])
      if (name === 'text') expect(value).toBe('[1]')
      if (value instanceof ArrayBuffer) expect(value.byteLength).toBe(3)
      if (value instanceof Blob) expect([value.size, value.type]).toEqual([3, 'text/event-stream'])
      expect([clock.timerCount, controller.listeners]).toEqual([0, 0])
    },
  )

  it('can be looked at and then read whole', async () => {
    const { call, push, end } = start()
    const response = await call
    expect(response.body).toBe(response.body)
    expect(response.bodyUsed).toBe(false)
    push('[2]')
    end()
    expect(await response.json()).toEqual([2])
    expect(response.bodyUsed).toBe(true)
    await expect(response.text()).rejects.toThrow(TypeError)
  })

  it('can be cloned', async () => {
    const { call, push, end, clock } = start()
    const response = await call
    Object.defineProperty(response, 'url', { value: chatUrl })
    const clone = response.clone()
    push('[3]')
    end()
    expect([clone.status, clone.url, clone.headers.get('content-type')]).toEqual([
      200,
      chatUrl,
      'text/event-stream',
    ])
    expect(await clone.json()).toEqual([3])
    expect(await response.json()).toEqual([3])
    expect(clock.timerCount).toBe(0)
  })

  it('cannot be read twice, and a try does not end the watch over the first reading', async () => {
    const { call, push, end, clock } = start()
    const response = await call
    const reading = watch(response.text())
    await expect(response.json()).rejects.toThrow(TypeError)
    expect(clock.timerCount).toBe(1)
    push('a')
    end()
    await settle()
    expect(reading.value).toBe('a')
    expect(clock.timerCount).toBe(0)
  })

  it('can still be looked at while or after it is read whole', async () => {
    const { call, end } = start()
    const response = await call
    const reading = response.text()
    expect(response.body?.locked).toBe(true)
    end()
    await reading
    expect([response.body instanceof ReadableStream, response.bodyUsed]).toEqual([true, true])
  })

  it('of a form is read as one', async () => {
    const form = new FormData()
    form.set('a', 'b')
    const { fetch } = createFetchWorld([() => new Response(form)])
    const plain = await (await fetch(chatUrl, chatInit)).formData()
    const looked = await fetch(chatUrl, chatInit)
    expect(looked.body).not.toBeNull()
    expect([plain.get('a'), (await looked.formData()).get('a')]).toEqual(['b', 'b'])
  })
})

describe('the timeout of an attempt', () => {
  const retry = { attemptTimeoutMs: 1_000, maxRetries: 1 }

  it('covers the headers', async () => {
    const { fetch, clock, sent, limiter } = createFetchWorld(
      [() => new Promise<Response>(() => undefined), () => answer(200)],
      { retry },
    )
    const call = watch(fetch(chatUrl, chatInit))
    await settle()
    await clock.run(999)
    expect(sent[0]?.signal.aborted).toBe(false)
    await clock.run(10_000)
    expect(sent[0]?.signal.reason).toMatchObject({ name: 'TimeoutError' })
    expect(call.value?.status).toBe(200)
    expect(limiter.snapshot().counters).toMatchObject({ granted: 2, settled: 1, abandoned: 1 })
  })

  it.each(['the stream', 'the whole'])('covers the body, read as %s', async (way) => {
    const { call, push, clock, controller, cancelled, sent } = start(200, { retry })
    const response = await call
    push('a')
    const reading = watch<unknown>(way === 'the whole' ? response.text() : readAll(response))
    await settle()
    await clock.run(999)
    expect(reading.isSettled).toBe(false)
    await clock.run(1)
    expect(reading.error).toMatchObject({ name: 'TimeoutError' })
    expect(sent).toHaveLength(1)
    expect(sent[0]?.signal.aborted).toBe(true)
    if (way === 'the stream') expect(cancelled()).toBe(true)
    expect([clock.timerCount, controller.listeners]).toEqual([0, 0])
  })

  it('covers a body that nobody has read yet', async () => {
    const { call, push, clock, controller, cancelled } = start(200, { retry })
    const response = await call
    push('a')
    await clock.run(1_000)
    expect(cancelled()).toBe(true)
    expect([clock.timerCount, controller.listeners]).toEqual([0, 0])
    const again = start(200, { retry })
    const other = await again.call
    await again.clock.run(1_000)
    await expect(readAll(response)).rejects.toMatchObject({ name: 'TimeoutError' })
    await expect(other.text()).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it('covers the body of a failure that is handed back', async () => {
    const { call, push, clock, controller } = start(400, { retry })
    const response = await call
    expect(response.headers.get('x-should-retry')).toBe('false')
    push('a')
    const reading = watch(response.text())
    await settle()
    await clock.run(1_000)
    expect(reading.error).toMatchObject({ name: 'TimeoutError' })
    expect([clock.timerCount, controller.listeners]).toEqual([0, 0])
  })

  it('leaves no timer where a failure that is handed back has no body', async () => {
    const { fetch, clock } = createFetchWorld([() => new Response(null, { status: 404 })])
    await fetch('https://api.together.xyz/v1/models', { method: 'HEAD' })
    expect(clock.timerCount).toBe(0)
  })

  it('is over when the deadline of the call is', async () => {
    const { call, clock, controller } = start(200, { retry: { deadlineMs: 500 } })
    const reading = watch((await call).text())
    await clock.run(500)
    expect(reading.error).toMatchObject({ name: 'TimeoutError' })
    expect([clock.timerCount, controller.listeners]).toEqual([0, 0])
  })
})

describe('a failure with a long body', () => {
  const text = 'x'.repeat(3_000)

  it('is handed back with all of it', async () => {
    const { call, push, end, clock, controller } = start(503, { retry: { maxRetries: 0 } })
    push(text)
    push(text)
    const response = await call
    expect(response.status).toBe(503)
    push(text)
    end()
    expect(await response.text()).toBe(text + text + text)
    expect([clock.timerCount, controller.listeners]).toEqual([0, 0])
  })

  it('is given up where there is another attempt', async () => {
    const { response, push, cancelled } = streamedAnswer(503)
    push(text)
    push(text)
    const { fetch, clock } = createFetchWorld([response, answer(200)])
    const call = watch(fetch(chatUrl, chatInit))
    await settle()
    await clock.run(10_000)
    expect(call.value?.status).toBe(200)
    expect(cancelled()).toBe(true)
  })

  it('breaks where it broke', async () => {
    const { call, push, fail } = start(503, { retry: { maxRetries: 0 } })
    push('abc')
    const waiting = watch(call)
    await settle()
    fail(networkError())
    await settle()
    const reader = waiting.value?.body?.getReader()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('abc')
    await expect(reader?.read()).rejects.toThrow('fetch failed')
  })
})
