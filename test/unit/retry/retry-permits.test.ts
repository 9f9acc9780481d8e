import { beforeEach, describe, expect, it } from 'vitest'
import { InvalidOptionError } from '../../../src/core/errors.ts'
import {
  answer,
  LoggingLimiter,
  networkError,
  never,
  startCall,
  streamedAnswer,
} from '../../helpers/retry-world.ts'
import { VirtualClock } from '../../helpers/virtual-clock.ts'

/** What limiters that are not ours give. */
class ReleaseOnlyLimiter extends LoggingLimiter {
  override makePermit(id: number): unknown {
    return { release: () => this.write(`release ${id}`) }
  }
}

class BareLimiter extends LoggingLimiter {
  override makePermit(): unknown {
    return undefined
  }
}

let clock: VirtualClock
let limiter: LoggingLimiter
let releaseOnly: LoggingLimiter

beforeEach(() => {
  clock = new VirtualClock()
  limiter = new LoggingLimiter(clock)
  releaseOnly = new ReleaseOnlyLimiter(clock)
})

describe('a permit', () => {
  it('is settled and released when the headers came, before the body is there', async () => {
    const slow = streamedAnswer(200)
    const late = async (): Promise<Response> => {
      await new Promise<void>((resolve) => clock.setTimer(resolve, 80))
      return slow.response
    }
    const call = startCall(limiter, [late])
    await clock.run(500)
    expect(limiter.log).toEqual(['0 grant 1', '80 settle 1', '80 release 1'])
    slow.push('7')
    slow.end()
    await clock.run(0)
    expect(call.ending).toEqual({ value: 7 })
    expect(limiter.log).toHaveLength(3)
  })

  it('is only released where it cannot be settled', async () => {
    startCall(releaseOnly, [answer(503), answer(200)])
    await clock.run(1_000)
    expect(releaseOnly.log).toEqual(['0 grant 1', '0 release 1', '250 grant 2', '250 release 2'])
  })

  it('is abandoned, or else released, as soon as the attempt fails', async () => {
    startCall(limiter, [networkError(), answer(200)])
    startCall(releaseOnly, [networkError(), answer(200)])
    await clock.run(0)
    expect(limiter.log).toEqual(['0 grant 1', '0 abandon 1'])
    expect(releaseOnly.log).toEqual(['0 grant 1', '0 release 1'])
    await clock.run(1_000)
  })

  it('is abandoned on a timeout, or else released when the request must have arrived', async () => {
    const options = { attemptTimeoutMs: 3_000, maxRetries: 0 }
    startCall(limiter, [never], options)
    startCall(releaseOnly, [never], options)
    await clock.run(60_000)
    expect(limiter.log).toEqual(['0 grant 1', '3000 abandon 1'])
    expect(releaseOnly.log).toEqual(['0 grant 1', '5000 release 1'])
  })

  it('is released at once on a timeout after the arrival bound', async () => {
    releaseOnly.arrivalBoundMs = 1_000
    startCall(releaseOnly, [never], { attemptTimeoutMs: 3_000, maxRetries: 0 })
    await clock.run(3_000)
    expect(releaseOnly.log).toEqual(['0 grant 1', '3000 release 1'])
    // The timeout's own: nothing is set for a release that is due.
    expect(clock.timersSet).toBe(1)
  })

  it('may be nothing at all', async () => {
    const call = startCall(new BareLimiter(clock), [
      networkError(),
      answer(503),
      never,
      answer(200),
    ])
    await clock.run(100_000)
    expect(call.ending).toEqual({ value: { status: 200 } })
    expect(clock.timerCount).toBe(0)
  })

  it('that cannot be released sets no timer for it', async () => {
    startCall(new BareLimiter(clock), [never], { attemptTimeoutMs: 300, maxRetries: 0 })
    await clock.run(300)
    expect(clock.timerCount).toBe(0)
  })

  it.each(['fine-tunes', 'batches'] as const)(
    'keeps its place for %s until the caller releases it',
    async (endpoint) => {
      const call = startCall(limiter, [answer(429), answer(200)], { endpoint })
      startCall(releaseOnly, [answer(200)], { endpoint })
      await clock.run(2_000)
      expect(limiter.log).toEqual([
        '0 grant 1',
        '0 settle 1',
        '0 release 1',
        '1000 grant 2',
        '1000 settle 2',
      ])
      expect(call.contexts[1]?.permit).toHaveProperty('release')
      expect(releaseOnly.log).toEqual(['0 grant 1'])
    },
  )

  it('keeps no place for a job whose answer could not be read', async () => {
    startCall(limiter, [new Response('{"id":')], { endpoint: 'fine-tunes' })
    await clock.run(0)
    expect(limiter.log).toEqual(['0 grant 1', '0 settle 1', '0 release 1'])
  })

  it('keeps no place for a job whose call was aborted while its answer was read', async () => {
    const slow = streamedAnswer(200)
    const controller = new AbortController()
    const { signal } = controller
    startCall(limiter, [slow.response], { endpoint: 'batches', signal })
    await clock.run(10)
    controller.abort()
    await clock.run(0)
    expect(limiter.log).toEqual(['0 grant 1', '0 settle 1', '10 release 1'])
  })
})

describe('something that is not an unread response', () => {
  it.each([undefined, null, {}, { status: 200 }, 'text', 7])(
    '%o is the caller’s bug',
    async (value) => {
      // @ts-expect-error: what JavaScript callers return by mistake.
      const call = startCall(limiter, [() => value])
      await clock.run(0)
      expect(call.ending?.error).toBeInstanceOf(InvalidOptionError)
      expect(limiter.log).toEqual(['0 grant 1', '0 abandon 1'])
    },
  )

  it('also a body that was read already', async () => {
    const used = answer(200)
    await used.text()
    const call = startCall(limiter, [used])
    await clock.run(0)
    expect(call.ending?.error).toBeInstanceOf(InvalidOptionError)
    expect(limiter.log).toEqual(['0 grant 1', '0 settle 1', '0 release 1'])
  })
})
