import { afterEach, describe, expect, it } from 'vitest'
import type { FastifyInstance } from 'fastify'
import { createMockApp } from '../../../../src/server/http/app.ts'
import { MockTogether, type MockTogetherOptions } from '../../../../src/server/index.ts'
import { VirtualClock } from '../../../helpers/virtual-clock.ts'
import { chatModel } from '../mock-request.ts'

/** Seventeen parts: fifteen tokens, the one that ends the text, `[DONE]`. */
const partCount = 17
const request = {
  method: 'POST',
  url: '/v1/chat/completions',
  headers: { authorization: 'Bearer key' },
  payload: JSON.stringify({
    model: chatModel,
    messages: [{ role: 'user', content: 'x' }],
    stream: true,
  }),
} as const
const latency = { timeToFirstTokenMs: 200, interTokenMs: 10 }

let app: FastifyInstance | undefined

afterEach(async () => {
  await app?.close()
})

/** Sends the request; `heard` is what has arrived so far. */
async function stream(
  options: MockTogetherOptions,
): Promise<{ clock: VirtualClock; heard: () => Promise<string>; isOver: () => boolean }> {
  const clock = new VirtualClock({ startMs: 5_000 })
  app = createMockApp(new MockTogether(options), { clock })
  let text = ''
  let over = false
  const sent = app.inject({ ...request, payloadAsStream: true })
  sent.then(
    (answer) =>
      answer
        .stream()
        .on('data', (chunk: Buffer) => (text += chunk.toString()))
        .on('error', () => undefined)
        .on('close', () => (over = true)),
    () => (over = true),
  )
  await expect.poll(() => clock.timerCount).toBe(1)
  const heard = async (): Promise<string> => {
    // The stream hands on what was written at some later turn of the event loop.
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
    return text
  }
  return { clock, heard, isOver: () => over }
}

function countParts(text: string): number {
  return text.split('\n\n').length - 1
}

describe('a stream', () => {
  it('comes part by part, each at its instant', async () => {
    const { clock, heard, isOver } = await stream({ latency })
    clock.advance(199)
    expect(await heard()).toBe('')
    for (let part = 1; part <= partCount; part += 1) {
      clock.advance(1)
      expect(countParts(await heard())).toBe(part)
      if (part === partCount) break
      clock.advance(9)
      expect(countParts(await heard())).toBe(part)
    }
    expect(await heard()).toMatch(/data: \[DONE\]\n\n$/)
    expect(isOver()).toBe(true)
    expect(clock.timerCount).toBe(0)
  })

  it('is on time at its end, although timers know whole milliseconds only', async () => {
    const { clock, heard } = await stream({ latency: { ...latency, interTokenMs: 10.25 } })
    clock.advance(200 + 163)
    expect(countParts(await heard())).toBe(partCount - 1)
    clock.advance(1)
    expect(countParts(await heard())).toBe(partCount)
  })

  it('catches up after a timer that was late', async () => {
    const { clock, heard } = await stream({ latency })
    clock.advance(200)
    clock.jump(95)
    expect(countParts(await heard())).toBe(10)
    clock.advance(5)
    expect(countParts(await heard())).toBe(11)
  })

  it('goes on where timers are early', async () => {
    const { clock, heard, isOver } = await stream({ latency })
    clock.earlyMs = 1
    clock.advance(1_000)
    expect(countParts(await heard())).toBe(partCount)
    expect(isOver()).toBe(true)
    // One before each part, and no second one because the first was early.
    expect(clock.timersSet).toBe(partCount)
  })

  it('sends several parts at once where they come faster than timers can', async () => {
    const { clock, heard } = await stream({ latency: { ...latency, interTokenMs: 0.25 } })
    clock.advance(200)
    for (const count of [1, 5, 9, 13, partCount]) {
      expect(countParts(await heard())).toBe(count)
      clock.advance(1)
    }
    expect(clock.timersSet).toBe(5)
  })

  it('ends with the app', async () => {
    const { clock, heard } = await stream({ latency })
    clock.advance(220)
    await heard()
    expect(clock.timerCount).toBe(1)
    await app?.close()
    expect(clock.timerCount).toBe(0)
  })
})
