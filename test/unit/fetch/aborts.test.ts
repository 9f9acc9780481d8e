import { describe, expect, it } from 'vitest'
import { ClosedError } from '../../../src/core/errors.ts'
import type { Profile } from '../../../src/core/profile.ts'
import {
  chatInit,
  chatUrl,
  CountingController,
  createFetchWorld,
  placesUsed,
  settle,
  watch,
  type FetchStep,
} from '../../helpers/fetch-world.ts'
import { answer, streamedAnswer } from '../../helpers/retry-world.ts'

const reason = new Error('the user left')

const oneAtOnce: Profile = {
  name: 'one at once',
  rateLimits: [],
  concurrencyLimits: [{ id: 'one', endpoints: ['chat'], concurrentMax: 1, heldUntil: 'response' }],
}

function createWorld(script: FetchStep[]) {
  const controller = new CountingController()
  const world = createFetchWorld(script, { limits: { profile: oneAtOnce } })
  const start = () => watch(world.fetch(chatUrl, { ...chatInit, signal: controller.signal }))
  /** Nothing is held, nobody waits, nothing is set and nobody listens. */
  const expectNothingLeft = () => {
    expect(placesUsed(world.limiter)).toBe(0)
    expect(world.limiter.snapshot().queueLength).toBe(0)
    expect(world.clock.timerCount).toBe(0)
    expect(controller.listeners).toBe(0)
  }
  return { ...world, controller, start, expectNothingLeft }
}

async function afterTurns(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
}

const hangs: FetchStep = () => new Promise<Response>(() => undefined)

describe('an abort', () => {
  it('before the call sends nothing', async () => {
    const { start, controller, sent, expectNothingLeft } = createWorld([answer(200)])
    controller.abort(reason)
    const call = start()
    await settle()
    expect(call.error).toBe(reason)
    expect(sent).toHaveLength(0)
    expectNothingLeft()
  })

  it('in the queue ends the call at once, and those behind it move up', async () => {
    const { fetch, start, controller, limiter, sent, clock } = createWorld([hangs])
    const other = new AbortController()
    const first = watch(fetch(chatUrl, { ...chatInit, signal: other.signal }))
    await settle()
    const call = start()
    await settle()
    expect(limiter.snapshot().queueLength).toBe(1)
    controller.abort(reason)
    await settle()
    expect(call.error).toBe(reason)
    expect(limiter.snapshot().queueLength).toBe(0)
    expect(controller.listeners).toBe(0)
    expect(sent).toHaveLength(1)
    other.abort(reason)
    await settle()
    expect(first.error).toBe(reason)
    expect([placesUsed(limiter), clock.timerCount]).toEqual([0, 0])
  })

  it('rejects with its reason also where that is an error that calls end with', async () => {
    const { start, controller, expectNothingLeft } = createWorld([hangs])
    const call = start()
    await settle()
    const closed = new ClosedError()
    controller.abort(closed)
    await settle()
    expect(call.error).toBe(closed)
    expectNothingLeft()
  })

  it('while it sends frees the place at once and aborts the request with its reason', async () => {
    const { start, controller, limiter, sent, expectNothingLeft } = createWorld([hangs])
    const call = start()
    await settle()
    expect(placesUsed(limiter)).toBe(1)
    controller.abort(reason)
    await settle()
    expect(sent[0]?.signal.reason).toBe(reason)
    expect(placesUsed(limiter)).toBe(0)
    expect(call.error).toBe(reason)
    expectNothingLeft()
  })

  it('in a backoff ends the call at once', async () => {
    const { start, controller, clock, expectNothingLeft, sent } = createWorld([answer(503)])
    const call = start()
    await settle()
    expect(clock.timerCount).toBe(1)
    controller.abort(reason)
    await settle()
    expect(call.error).toBe(reason)
    expect(sent).toHaveLength(1)
    expectNothingLeft()
  })

  it('in a pause ends the call at once', async () => {
    const refusal = answer(429, {}, { 'retry-after': '9' })
    const { start, controller, limiter, expectNothingLeft } = createWorld([refusal])
    const call = start()
    await settle()
    expect(limiter.snapshot().queueLength).toBe(1)
    controller.abort(reason)
    await settle()
    expect(call.error).toBe(reason)
    expectNothingLeft()
  })

  it('while the body of a failure is read ends the call at once', async () => {
    const { response, cancelled } = streamedAnswer(503)
    const { start, controller, expectNothingLeft } = createWorld([response])
    const call = start()
    await settle()
    expect(call.isSettled).toBe(false)
    controller.abort(reason)
    await settle()
    expect(call.error).toBe(reason)
    expect(cancelled()).toBe(true)
    expectNothingLeft()
  })

  it.each(['stream', 'text'])('while the body comes ends its reading at once: %s', async (way) => {
    const { response, push, cancelled } = streamedAnswer(200)
    const { start, controller, sent, expectNothingLeft } = createWorld([response])
    const call = start()
    await settle()
    push('a')
    const body =
      way === 'text' ? call.value?.text() : call.value?.body?.pipeTo(new WritableStream())
    const reading = watch<unknown>(Promise.resolve(body))
    await settle()
    controller.abort(reason)
    await settle()
    expect(reading.error).toBe(reason)
    expect(sent[0]?.signal.reason).toBe(reason)
    if (way === 'stream') expect(cancelled()).toBe(true)
    expectNothingLeft()
  })

  it.each(Array.from({ length: 20 }, (_, turns) => turns))(
    '%i turns after the headers is not forgotten',
    async (turns) => {
      const { response, cancelled } = streamedAnswer(200)
      const { start, controller, expectNothingLeft } = createWorld([
        () => {
          void afterTurns(turns).then(() => controller.abort(reason))
          return response
        },
      ])
      const call = start()
      await settle()
      if (call.value !== undefined) await expect(call.value.text()).rejects.toBe(reason)
      else expect(call.error).toBe(reason)
      await settle()
      expect(cancelled()).toBe(true)
      expectNothingLeft()
    },
  )

  it.each([
    ['of a Request', (signal: AbortSignal) => [new Request(chatUrl, { ...chatInit, signal })]],
    ['beside a Request', (signal: AbortSignal) => [new Request(chatUrl, chatInit), { signal }]],
  ] as const)('comes from the signal %s', async (_name, argsFor) => {
    const { fetch, limiter } = createFetchWorld([hangs], { limits: { profile: oneAtOnce } })
    const controller = new AbortController()
    const [input, init] = argsFor(controller.signal) as [Request, RequestInit?]
    const call = watch(fetch(input, init))
    await settle()
    expect(placesUsed(limiter)).toBe(1)
    controller.abort(reason)
    await settle()
    expect(call.error).toBe(reason)
    expect(placesUsed(limiter)).toBe(0)
  })

  it('of one signal ends any number of calls, in flight and in the queue, without a warning', async () => {
    const warnings: Error[] = []
    const note = (warning: Error): void => void warnings.push(warning)
    process.on('warning', note)
    const controller = new AbortController()
    const { fetch, limiter } = createFetchWorld([hangs], { limits: { burstMax: 20 } })
    const { signal } = controller
    const calls = Array.from({ length: 60 }, () => watch(fetch(chatUrl, { ...chatInit, signal })))
    await settle()
    expect(limiter.snapshot().queueLength).toBe(40)
    controller.abort(reason)
    await settle()
    process.off('warning', note)
    expect(calls.every(({ error }) => error === reason)).toBe(true)
    expect(warnings).toEqual([])
  })

  it('at any turn of a call that fails ends it, or the body that it has handed back', async () => {
    for (let turns = 0; turns < 40; turns += 1) {
      const { response } = streamedAnswer(400)
      const { start, controller, expectNothingLeft } = createWorld([response])
      const call = start()
      await afterTurns(turns)
      controller.abort(reason)
      await settle()
      const reading = watch(call.value?.text() ?? Promise.reject(call.error))
      await settle()
      expect(reading.error).toBe(reason)
      expectNothingLeft()
    }
  })

  it('while the body of a Request is still to be read ends the call at once', async () => {
    const { fetch, sent } = createFetchWorld([answer(200)])
    const controller = new CountingController()
    const init = { method: 'POST', body: new ReadableStream(), duplex: 'half' } as RequestInit
    const call = watch(fetch(new Request(chatUrl, init), { signal: controller.signal }))
    await settle()
    controller.abort(reason)
    await settle()
    expect(call.error).toBe(reason)
    expect([sent.length, controller.listeners]).toEqual([0, 0])
  })

  it('of another signal does nothing where the options say null', async () => {
    const { fetch } = createFetchWorld([() => answer(200)])
    const controller = new AbortController()
    const request = new Request(chatUrl, { ...chatInit, signal: controller.signal })
    controller.abort(reason)
    expect((await fetch(request, { signal: null })).status).toBe(200)
  })
})
