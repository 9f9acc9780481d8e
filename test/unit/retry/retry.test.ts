import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  ClosedError,
  DeadlineError,
  LimitExceededError,
  QueueFullError,
} from '../../../src/core/errors.ts'
import { createRetryBudget, retry, togetherRetry } from '../../../src/retry/index.ts'
import {
  answer,
  fixedRandom,
  LoggingLimiter,
  networkError,
  never,
  PausingLimiter,
  startCall,
  type Step,
} from '../../helpers/retry-world.ts'
import { VirtualClock } from '../../helpers/virtual-clock.ts'

let clock: VirtualClock
let limiter: LoggingLimiter

beforeEach(() => {
  clock = new VirtualClock()
  limiter = new LoggingLimiter(clock)
})

afterEach(() => {
  expect(clock.timerCount).toBe(0)
})

async function sendOk(): Promise<Response> {
  return answer(200, { id: 'x' })
}

function repeat(count: number, makeStep: () => Step): Step[] {
  return Array.from({ length: count }, makeStep)
}

describe('togetherRetry', () => {
  it('resolves with the parsed body, as a drop-in of three positional arguments', async () => {
    await expect(togetherRetry<{ id: string }>(limiter, sendOk, 4)).resolves.toEqual({ id: 'x' })
    await expect(retry({ acquire: async () => undefined }, sendOk)).resolves.toEqual({ id: 'x' })
  })

  it.each([
    ['204', answer(204)],
    ['an empty 200', new Response('')],
    ['a blank 200', new Response(' \n')],
  ])('resolves with undefined for %s', async (_name, response) => {
    await expect(togetherRetry(limiter, async () => response)).resolves.toBeUndefined()
  })

  it('backs off between five attempts at the most, then says what the last one met', async () => {
    const call = startCall(
      limiter,
      repeat(5, () => answer(503, { error: 'overloaded' })),
    )
    await clock.run(60_000)
    expect(call.sentAtMs).toEqual([0, 250, 750, 1_750, 3_750])
    expect(call.ending?.error).toMatchObject({
      code: 'RETRIES_EXHAUSTED',
      attempts: 5,
      reason: 'attempts',
      status: 503,
      bodyText: '{"error":"overloaded"}',
      retryAfterMs: undefined,
      cause: undefined,
    })
  })

  it('makes no second attempt with 0 retries', async () => {
    const call = startCall(limiter, [answer(500)], { maxRetries: 0 })
    await clock.run(0)
    expect(call.ending?.error).toMatchObject({ attempts: 1, reason: 'attempts', status: 500 })
  })

  it.each([400, 401, 402, 403, 404, 409, 413, 422])('fails at once with %i', async (status) => {
    const call = startCall(limiter, [answer(status)])
    await clock.run(0)
    expect(call.ending?.error).toMatchObject({ attempts: 1, reason: 'not-retryable', status })
  })

  it('cures a network error, and names it when it cannot', async () => {
    const cured = startCall(limiter, [networkError(), answer(200, 1)])
    await clock.run(500)
    expect(cured.ending).toEqual({ value: 1 })
    const error = networkError('EPIPE')
    const failed = startCall(limiter, [answer(503), error], { maxRetries: 1 })
    await clock.run(500)
    expect(failed.ending?.error).toMatchObject({ attempts: 2, status: undefined, cause: error })
  })

  it('rethrows a bug of the caller untouched, whether thrown or rejected', async () => {
    const bug = new Error('bug')
    const thrower = (): Promise<Response> => {
      throw bug
    }
    await expect(togetherRetry(limiter, thrower)).rejects.toBe(bug)
    await expect(togetherRetry(limiter, async () => Promise.reject(bug))).rejects.toBe(bug)
    expect(limiter.log).toEqual(['0 grant 1', '0 abandon 1', '0 grant 2', '0 abandon 2'])
  })

  it('retries a TypeError that is thrown at once', async () => {
    let count = 0
    const send = (): Promise<Response> => {
      count += 1
      if (count === 1) throw networkError()
      return Promise.resolve(answer(200, count))
    }
    const result = togetherRetry(limiter, send, { random: fixedRandom(0) })
    await clock.run(1)
    await expect(result).resolves.toBe(2)
  })

  it('asks the limiter for every attempt, by the age of the call', async () => {
    await clock.run(1_000)
    const controller = new AbortController()
    const call = startCall(limiter, [answer(503), answer(200)], {
      endpoint: 'embeddings',
      model: 'm',
      priority: 2,
      deadlineMs: 30_000,
      signal: controller.signal,
    })
    await clock.run(1_000)
    expect(call.ending).toBeDefined()
    const common = {
      endpoint: 'embeddings',
      model: 'm',
      priority: 2,
      signal: controller.signal,
      queuedAtMs: 1_000,
    }
    expect(limiter.requests).toEqual([
      { ...common, deadlineMs: 30_000 },
      { ...common, deadlineMs: 29_750 },
    ])
  })

  it('tells the function the attempt, a live signal and the permit', async () => {
    const call = startCall(limiter, [answer(503), answer(200)])
    await clock.run(1_000)
    expect(call.contexts.map(({ attempt }) => attempt)).toEqual([1, 2])
    expect(call.contexts.map(({ signal }) => signal.aborted)).toEqual([false, false])
    expect(call.contexts[0]?.permit).toHaveProperty('settle')
  })

  it('takes time from the host when nobody gives a clock, also from one faked after the import', async () => {
    vi.useFakeTimers()
    try {
      let count = 0
      const send = async (): Promise<Response> => answer((count += 1) === 1 ? 503 : 200, count)
      const result = togetherRetry({ acquire: async () => undefined }, send)
      await vi.advanceTimersByTimeAsync(500)
      await expect(result).resolves.toBe(2)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('does not mistake a foreign clock property for a clock', async () => {
    const foreign = { acquire: async () => undefined, clock: () => 0 }
    // @ts-expect-error: such a limiter does not type-check, but JavaScript has it.
    await expect(togetherRetry(foreign, async () => answer(200, 1))).resolves.toBe(1)
  })
})

/** The limiter, refusing where an error is given. */
function failingLimiter(errorsByGrant: (Error | undefined)[]): LoggingLimiter {
  const acquire = limiter.acquire.bind(limiter)
  let count = 0
  limiter.acquire = async (request) => {
    const error = errorsByGrant[count]
    count += 1
    if (error !== undefined) throw error
    return acquire(request)
  }
  return limiter
}

describe('the errors of the limiter', () => {
  const deadline = new DeadlineError({ neededMs: 5, availableMs: 1 })
  const exceeded = new LimitExceededError({ key: 'chat', retryAfterMs: 9_000, waitMsMax: 5 })
  const full = new QueueFullError({ queueLength: 1, queueLengthMax: 1 })

  it.each([deadline, exceeded, full, new ClosedError(), new Error('other')])(
    'come through untouched before anything was sent: %s',
    async (error) => {
      const call = startCall(failingLimiter([error]), [])
      await clock.run(0)
      expect(call.ending?.error).toBe(error)
    },
  )

  it.each([
    [deadline, 'deadline', undefined],
    [exceeded, 'server-delay', 9_000],
  ])('become the reason after an attempt: %s', async (error, reason, retryAfterMs) => {
    const call = startCall(failingLimiter([undefined, error]), [answer(502)])
    await clock.run(1_000)
    expect(call.ending?.error).toMatchObject({
      attempts: 1,
      reason,
      status: 502,
      retryAfterMs,
      cause: error,
    })
  })

  it.each([full, new ClosedError()])('come through later, too: %s', async (error) => {
    const call = startCall(failingLimiter([undefined, error]), [answer(502)])
    await clock.run(1_000)
    expect(call.ending?.error).toBe(error)
  })

  it('count also when acquire throws at once', async () => {
    limiter.acquire = () => {
      throw full
    }
    await expect(togetherRetry(limiter, never)).rejects.toBe(full)
  })
})

describe('the budget', () => {
  it('is shared by all callers of a limiter and stops the eleventh retry of an outage', async () => {
    const outage = Array.from({ length: 100 }, () =>
      startCall(
        limiter,
        repeat(5, () => answer(503)),
      ),
    )
    await clock.run(60_000)
    expect(limiter.grants).toBe(110)
    const errors = outage.map((call) => call.ending?.error)
    expect(errors).toContainEqual(expect.objectContaining({ reason: 'budget', attempts: 1 }))
  })

  it('is drawn when a retry is decided, not when it is sent', async () => {
    const budget = createRetryBudget({ start: 1 })
    startCall(limiter, [answer(503), answer(200)], { budget })
    await clock.run(0)
    expect(budget.available).toBe(0)
    await clock.run(1_000)
    expect(budget.available).toBe(1)
  })

  it('is not drawn by 429 and 409, nor by a retry that the deadline forbids', async () => {
    const budget = createRetryBudget({ start: 5 })
    startCall(limiter, [answer(429), answer(200)], { budget })
    startCall(limiter, [answer(409), answer(200)], { budget, endpoint: 'fine-tunes' })
    startCall(limiter, [answer(503)], { budget, deadlineMs: 250 })
    await clock.run(60_000)
    expect(budget.available).toBe(5.4)
  })

  it('is another one for another limiter', async () => {
    const other = new PausingLimiter(clock)
    for (let count = 0; count < 3; count += 1)
      startCall(
        limiter,
        repeat(5, () => answer(503)),
      )
    await clock.run(60_000)
    const call = startCall(other, [answer(503), answer(200)])
    await clock.run(60_000)
    expect(call.ending).toEqual({ value: { status: 200 } })
  })
})
