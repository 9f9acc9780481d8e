/**
 * Streams over real connections, by a clock that the test moves: where a connection dies or a client leaves.
 */
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { createMockTogether, MockTogether, type RunningMock } from '../../src/server/index.ts'
import type { FaultAction } from '../../src/server/index.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const path = '/v1/chat/completions'
const headers = { authorization: 'Bearer key', 'content-type': 'application/json' }
const body = JSON.stringify({
  model: 'Qwen/Qwen2.5-7B-Instruct-Turbo',
  messages: [{ role: 'user', content: 'x' }],
  stream: true,
})
const latency = { timeToFirstTokenMs: 200, interTokenMs: 10 }

let mock: RunningMock | undefined

afterEach(async () => {
  await mock?.close()
})

interface Listener {
  readonly answer: IncomingMessage
  readonly clock: VirtualClock
  readonly heard: () => string
  readonly isOver: () => boolean
}

/** Asks for a stream and waits for its first part, at 200 ms. */
async function listen(fault?: FaultAction): Promise<Listener> {
  const clock = new VirtualClock()
  mock = await createMockTogether({
    clock,
    latency,
    faults: fault === undefined ? [] : [{ do: fault }],
  })
  const sent = request(mock.url + path, { method: 'POST', headers }).end(body)
  sent.on('error', () => undefined)
  await expect.poll(() => clock.timerCount).toBe(1)
  clock.advance(200)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  let text = ''
  let isOver = false
  answer
    .setEncoding('utf8')
    .on('data', (chunk: string) => (text += chunk))
    .on('error', () => undefined)
    .on('close', () => (isOver = true))
  await expect.poll(() => countParts(text)).toBe(1)
  return { answer, clock, heard: () => text, isOver: () => isOver }
}

function countParts(text: string): number {
  return text.split('\n\n').length - 1
}

describe('a stream', () => {
  it('ends with the client', async () => {
    const { answer, clock, heard } = await listen()
    clock.advance(20)
    await expect.poll(() => countParts(heard())).toBe(3)
    expect(clock.timerCount).toBe(1)
    answer.destroy()
    await expect.poll(() => clock.timerCount).toBe(0)
  })

  it('keeps its pace until it is cut', async () => {
    const { answer, clock, heard, isOver } = await listen({ kind: 'cut-stream', afterParts: 3 })
    clock.advance(19)
    await expect.poll(() => countParts(heard())).toBe(2)
    expect(isOver()).toBe(false)
    clock.advance(1)
    await expect.poll(isOver).toBe(true)
    expect(countParts(heard())).toBe(3)
    expect(answer.complete).toBe(false)
    expect(clock.timerCount).toBe(0)
  })

  it('keeps its pace until half of it is there, where it is truncated', async () => {
    const { answer, clock, heard, isOver } = await listen({ kind: 'truncate' })
    clock.advance(20)
    await expect.poll(() => countParts(heard())).toBe(3)
    expect(isOver()).toBe(false)
    clock.advance(1_000)
    await expect.poll(isOver).toBe(true)
    const whole = new MockTogether().handle({ method: 'POST', path, headers, body }, 0)
    const length = whole.stream?.parts.join('').length ?? NaN
    expect(answer.headers['content-length']).toBe(String(length))
    expect(heard()).toHaveLength(length >> 1)
    expect(clock.timerCount).toBe(0)
  })
})
