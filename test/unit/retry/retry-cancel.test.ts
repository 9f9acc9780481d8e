import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DeadlineError } from '../../../src/core/errors.ts'
import { togetherRetry } from '../../../src/retry/index.ts'
import {
  answer,
  LoggingLimiter,
  networkError,
  never,
  startCall,
  streamedAnswer,
  type ScriptedCall,
  type Step,
} from '../../helpers/retry-world.ts'
import { drainPromises, VirtualClock } from '../../helpers/virtual-clock.ts'

const reason = { why: 'the user left' }
let clock: VirtualClock
let limiter: LoggingLimiter
let controller: AbortController

beforeEach(() => {
  clock = new VirtualClock()
  limiter = new LoggingLimiter(clock)
  controller = new AbortController()
})

afterEach(() => {
  expect(clock.timerCount).toBe(0)
  expect(getEventListeners(controller.signal, 'abort')).toEqual([])
})

/** Starts a call, aborts it `afterMs` later, and lets promises run once: no time passes. */
async function abortAfter(afterMs: number, script: Step[]): Promise<ScriptedCall> {
  const call = startCall(limiter, script, { signal: controller.signal, deadlineMs: 600_000 })
  await clock.run(afterMs)
  expect(call.ending).toBeUndefined()
  controller.abort(reason)
  await drainPromises()
  return call
}

/** Aborts a call so many promise reactions after its grant; the request, if it is sent, hangs. */
async function abortAtDepth(depth: number): Promise<{ signal: AbortSignal; fate: string }> {
  const own = new LoggingLimiter(clock)
  const ownController = new AbortController()
  const abortLater = async (): Promise<void> => {
    for (let step = 0; step < depth; step += 1) await Promise.resolve()
    sentBefore = call.sentAtMs.length
    ownController.abort(reason)
  }
  const acquire = own.acquire.bind(own)
  own.acquire = async () => {
    const permit = await acquire()
    void abortLater()
    return permit
  }
  let sentBefore: number | undefined
  const call = startCall(own, [never], { signal: ownController.signal })
  await drainPromises()
  expect(call.ending?.error).toBe(reason)
  expect(call.sentAtMs).toHaveLength(sentBefore ?? -1)
  const told = own.log.map((line) => line.split(' ')[1])
  return {
    signal: ownController.signal,
    fate: `${call.sentAtMs.length} sent: ${told.join(', ')}`,
  }
}

describe('an abort', () => {
  it('before the call asks nobody for anything', async () => {
    controller.abort(reason)
    const call = startCall(limiter, [], { signal: controller.signal })
    await drainPromises()
    expect(call.ending?.error).toBe(reason)
    expect(limiter.requests).toEqual([])
  })

  it('in the queue ends the call at once, also with a limiter that knows no aborts', async () => {
    limiter.acquire = never
    const call = await abortAfter(100, [])
    expect(call.ending?.error).toBe(reason)
  })

  it('in the queue gives back what the limiter grants later, and sends nothing', async () => {
    const acquire = limiter.acquire.bind(limiter)
    limiter.acquire = async () => {
      await new Promise<void>((resolve) => clock.setTimer(resolve, 500))
      return acquire()
    }
    const call = await abortAfter(100, [])
    expect(call.ending?.error).toBe(reason)
    await clock.run(500)
    expect(call.sentAtMs).toEqual([])
    expect(limiter.log).toEqual(['500 grant 1', '500 release 1'])
  })

  it('in the instant of the grant gives the permit back, however many promises lie between', async () => {
    const fates = new Set<string>()
    for (let depth = 0; depth < 20; depth += 1) {
      const { signal, fate } = await abortAtDepth(depth)
      fates.add(fate)
      expect(getEventListeners(signal, 'abort')).toEqual([])
    }
    expect([...fates]).toEqual(['0 sent: grant, release', '1 sent: grant, abandon'])
  })

  it('in flight ends the call and its request', async () => {
    const call = await abortAfter(100, [never])
    expect(call.ending?.error).toBe(reason)
    expect(call.contexts[0]?.signal.reason).toBe(reason)
    expect(limiter.log).toEqual(['0 grant 1', '100 abandon 1'])
  })

  it('in flight swallows what the request does later', async () => {
    const rejecting = (): Promise<Response> =>
      new Promise((_resolve, reject) => {
        clock.setTimer(() => reject(networkError()), 500)
      })
    const call = await abortAfter(100, [rejecting])
    expect(call.ending?.error).toBe(reason)
    await clock.run(500)
  })

  it('in flight cancels the body of an answer that comes later', async () => {
    const slow = streamedAnswer(200)
    const late = (): Promise<Response> =>
      new Promise((resolve) => {
        clock.setTimer(() => resolve(slow.response), 500)
      })
    await abortAfter(100, [late])
    await clock.run(500)
    expect(slow.cancelled()).toBe(true)
  })

  it.each([200, 400, 503])('while the body of a %i is read cancels it', async (status) => {
    const slow = streamedAnswer(status)
    slow.push('{')
    const call = await abortAfter(100, [slow.response])
    expect(call.ending?.error).toBe(reason)
    expect(slow.cancelled()).toBe(true)
    expect(call.contexts[0]?.signal.reason).toBe(reason)
  })

  it('out of the function itself ends the call at once', async () => {
    const abortAndHang = (): Promise<Response> => {
      controller.abort(reason)
      return never()
    }
    const call = startCall(limiter, [abortAndHang], { signal: controller.signal })
    await drainPromises()
    expect(call.ending?.error).toBe(reason)
  })

  it('in backoff ends the call at once', async () => {
    const call = await abortAfter(100, [answer(503)])
    expect(call.ending?.error).toBe(reason)
  })

  it('after the call changes nothing', async () => {
    const call = startCall(limiter, [answer(200, 1)], { signal: controller.signal })
    await drainPromises()
    controller.abort(reason)
    expect(call.ending).toEqual({ value: 1 })
    expect(call.contexts[0]?.signal.aborted).toBe(false)
  })

  it('leaves no listener and no timer behind a call that ends by itself', async () => {
    for (const step of [answer(200), answer(400), new Error('bug')]) {
      const call = startCall(limiter, [step], { signal: controller.signal, deadlineMs: 9 })
      await drainPromises()
      expect(call.ending).toBeDefined()
    }
  })
})

describe('a timeout', () => {
  it('ends the attempt, not the call', async () => {
    const call = startCall(limiter, [never, answer(200, 1)])
    await clock.run(60_000)
    expect(call.contexts[0]?.signal.reason).toMatchObject({ name: 'TimeoutError' })
    await clock.run(1_000)
    expect(call.sentAtMs).toEqual([0, 60_250])
    expect(call.ending).toEqual({ value: 1 })
  })

  it('covers the body', async () => {
    const slow = streamedAnswer(200)
    slow.push('{"a":')
    const call = startCall(limiter, [slow.response], { attemptTimeoutMs: 900, maxRetries: 0 })
    await clock.run(900)
    expect(call.ending?.error).toMatchObject({
      reason: 'attempts',
      status: 200,
      bodyText: '{"a":',
      cause: { name: 'TimeoutError' },
    })
    expect(slow.cancelled()).toBe(true)
  })

  it('starts with the grant, not in the queue', async () => {
    const acquire = limiter.acquire.bind(limiter)
    limiter.acquire = async () => {
      await new Promise<void>((resolve) => clock.setTimer(resolve, 100_000))
      return acquire()
    }
    const call = startCall(limiter, [answer(200, 1)])
    await clock.run(100_000)
    expect(call.ending).toEqual({ value: 1 })
  })

  it('can be switched off', async () => {
    const call = startCall(limiter, [never], {
      attemptTimeoutMs: Infinity,
      signal: controller.signal,
    })
    await clock.run(1e9)
    expect(call.ending).toBeUndefined()
    controller.abort(reason)
    await drainPromises()
  })
})

describe('a deadline', () => {
  it('in the queue is a DeadlineError, also with a limiter that knows no deadlines', async () => {
    limiter.acquire = never
    const call = startCall(limiter, [], { deadlineMs: 400 })
    await clock.run(399)
    expect(call.ending).toBeUndefined()
    await clock.run(1)
    expect(call.ending?.error).toBeInstanceOf(DeadlineError)
  })

  it('of nothing asks nobody for anything', async () => {
    const call = startCall(limiter, [], { deadlineMs: 0 })
    await drainPromises()
    expect(call.ending?.error).toBeInstanceOf(DeadlineError)
    expect(limiter.requests).toEqual([])
  })

  it('in flight ends the call and its request', async () => {
    const call = startCall(limiter, [answer(503), never], { deadlineMs: 400 })
    await clock.run(400)
    expect(call.ending?.error).toMatchObject({ reason: 'deadline', attempts: 2, status: undefined })
    expect(call.contexts[1]?.signal.aborted).toBe(true)
    expect(limiter.log.at(-1)).toBe('400 abandon 2')
  })

  it('is the reason also where there would have been no retry', async () => {
    const plain = startCall(limiter, [never], { deadlineMs: 400, maxRetries: 0 })
    const job = startCall(limiter, [never], { deadlineMs: 400, endpoint: 'fine-tunes' })
    await clock.run(400)
    for (const call of [plain, job]) {
      expect(call.ending?.error).toMatchObject({ reason: 'deadline', cause: undefined })
    }
  })

  it('in a retry’s queue tells of the last answer', async () => {
    const acquire = limiter.acquire.bind(limiter)
    limiter.acquire = async () => (limiter.grants === 0 ? acquire() : never())
    const call = startCall(limiter, [answer(503)], { deadlineMs: 400 })
    await clock.run(400)
    expect(call.ending?.error).toMatchObject({ reason: 'deadline', attempts: 1, status: 503 })
  })

  it('that a sleeping machine slept through sends nothing more', async () => {
    const call = startCall(limiter, [answer(503)], { deadlineMs: 400 })
    await clock.run(0)
    clock.jump(10_000)
    await drainPromises()
    expect(call.ending?.error).toMatchObject({ reason: 'deadline', attempts: 1 })
  })
})

describe('a call', () => {
  it('settles once, and nothing is sent after that', async () => {
    let sent = 0
    const send = async (): Promise<Response> => {
      sent += 1
      return never()
    }
    const { signal } = controller
    const result = togetherRetry(limiter, send, { signal, attemptTimeoutMs: 50 })
    result.catch(() => undefined)
    await clock.run(60)
    controller.abort(reason)
    await expect(result).rejects.toBe(reason)
    const sentBefore = sent
    await clock.run(600_000)
    expect(sent).toBe(sentBefore)
  })
})
