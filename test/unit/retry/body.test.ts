import { expect, it } from 'vitest'
import { BodyReading } from '../../../src/retry/body.ts'

function bodyOf(chunks: readonly Uint8Array[], isEnded = true): Response {
  return new Response(
    new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const chunk of chunks) controller.enqueue(chunk)
        if (isEnded) controller.close()
      },
    }),
  )
}

const bytes = new TextEncoder().encode('Straße € 1')

it.each([
  [[bytes]],
  [[bytes.slice(0, 5), bytes.slice(5)]],
  [[...bytes].map((b) => Uint8Array.of(b))],
])('reads a text whole, however it is cut into chunks: %#', async (chunks) => {
  const reading = new BodyReading(bodyOf(chunks), { keepsBytes: true })
  expect(await reading.read(Infinity)).toBe('Straße € 1')
  expect([reading.text, reading.isComplete]).toEqual(['Straße € 1', true])
  expect(reading.bytes).toEqual(chunks)
})

it('has what came so far, and ends before a character of which only a part has come', async () => {
  const reading = new BodyReading(bodyOf([bytes.slice(0, 5)], false))
  void reading.read(Infinity)
  await new Promise((resolve) => setImmediate(resolve))
  expect([reading.text, reading.isComplete]).toEqual(['Stra', false])
})

it('gives the rest up where enough has come', async () => {
  const reading = new BodyReading(bodyOf([bytes.slice(0, 4), bytes.slice(4)], false))
  expect(await reading.read(4)).toBe('Stra')
  expect(reading.isComplete).toBe(false)
})

it('does not take the end of a stream that it has given up for the end of the body', async () => {
  const reading = new BodyReading(bodyOf([bytes.slice(0, 4)], false), { keepsBytes: true })
  const read = reading.read(Infinity)
  await new Promise((resolve) => setImmediate(resolve))
  reading.cancel()
  expect(await read).toBe('Stra')
  expect(reading.isComplete).toBe(false)
})
