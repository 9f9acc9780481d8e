/**
 * The fetch against a plain oracle of the decision table: whatever the server and the network do, the last answer comes
 * out, attempts are as many as the table says, and nothing is left behind - also if the caller aborts at any instant.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRetryBudget, type RetryBudget } from '../../src/retry/index.ts'
import {
  CountingController,
  createFetchWorld,
  placesUsed,
  settle,
  watch,
  type FetchWorld,
  type Watched,
} from '../helpers/fetch-world.ts'
import { networkError } from '../helpers/retry-world.ts'

interface Outcome {
  /** Undefined for a failure of the network. */
  readonly status: number | undefined
  readonly code: string
  readonly hintMs: number | undefined
  readonly isSpent: boolean
  readonly afterMs: number
}

interface Target {
  readonly method: string
  readonly path: string
  /** Whether it takes permits, whether twice would be too much, and whether it waits for a place. */
  readonly isLimited: boolean
  readonly isJob: boolean
  readonly hasPlace: boolean
}

interface Case {
  readonly target: Target
  readonly outcomes: readonly Outcome[]
  readonly maxRetries: number
  readonly budgetStart: number
  readonly isStream: boolean
}

const targets: Target[] = [
  { method: 'POST', path: '/chat/completions', isLimited: true, isJob: false, hasPlace: false },
  { method: 'POST', path: '/fine-tunes', isLimited: true, isJob: true, hasPlace: true },
  { method: 'POST', path: '/batches', isLimited: true, isJob: true, hasPlace: false },
  { method: 'GET', path: '/models', isLimited: false, isJob: false, hasPlace: false },
  { method: 'POST', path: '/files/upload', isLimited: false, isJob: true, hasPlace: false },
]

const statuses = [
  200, 204, 302, 400, 401, 402, 404, 408, 409, 422, 429, 500, 502, 503, 504, 522, 529,
]

const outcomes: fc.Arbitrary<Outcome> = fc.record({
  status: fc.oneof(fc.constantFrom(...statuses), fc.constantFrom(429, 503), fc.constant(undefined)),
  code: fc.constantFrom('ECONNRESET', 'ECONNREFUSED', 'UND_ERR_SOCKET'),
  hintMs: fc.option(fc.constantFrom(0, 1, 700, 5_000, 130_000), { nil: undefined }),
  isSpent: fc.integer({ min: 0, max: 3 }).map((drawn) => drawn === 0),
  afterMs: fc.constantFrom(0, 0, 50, 3_000),
})

const cases: fc.Arbitrary<Case> = fc.record({
  target: fc.constantFrom(...targets),
  outcomes: fc.array(outcomes, { minLength: 1, maxLength: 6 }),
  maxRetries: fc.integer({ min: 0, max: 4 }),
  budgetStart: fc.integer({ min: 0, max: 3 }),
  isStream: fc.boolean(),
})

function responseOf(outcome: Outcome, attempt: number): Response {
  const { status = 200, hintMs, isSpent } = outcome
  const headers = new Headers({ 'x-attempt': `${attempt}` })
  if (hintMs !== undefined) headers.set('retry-after-ms', `${hintMs}`)
  const body = status === 204 ? null : bodyOf(attempt, isSpent)
  return new Response(body, { status, headers })
}

function bodyOf(attempt: number, isSpent: boolean): string {
  return JSON.stringify({
    error: { attempt, type: isSpent ? 'insufficient_quota' : 'credit_limit' },
  })
}

function start(
  drawn: Case,
  budget: RetryBudget,
): { world: FetchWorld; call: Watched<Response>; controller: CountingController } {
  const { target, maxRetries } = drawn
  const world = createFetchWorld(
    [
      async (sent) => {
        const attempt = world.sent.length
        const outcome = drawn.outcomes[Math.min(attempt, drawn.outcomes.length) - 1]
        if (outcome === undefined) throw new Error('nothing was drawn')
        if (outcome.afterMs > 0) {
          await new Promise<void>((resolve) => {
            const cancel = world.clock.setTimer(resolve, outcome.afterMs)
            sent.signal.addEventListener('abort', cancel)
          })
        }
        if (outcome.status === undefined) return networkError(outcome.code)
        return responseOf(outcome, attempt)
      },
    ],
    { retry: { maxRetries, budget } },
  )
  const controller = new CountingController()
  const init: RequestInit & { duplex?: 'half' } = {
    method: target.method,
    signal: controller.signal,
  }
  if (target.method === 'POST') {
    init.body = '{"model":"a/b"}'
    if (drawn.isStream)
      Object.assign(init, { body: new Blob([init.body]).stream(), duplex: 'half' })
  }
  const call = watch(world.fetch(`https://api.together.ai/v1${target.path}`, init))
  return { world, call, controller }
}

/** What has to become of it, by the table alone. */
function predict(drawn: Case): { attempts: number; status: number; budget: number } {
  const canReplay = drawn.target.method === 'GET' || !drawn.isStream
  const attemptsMax = canReplay ? drawn.maxRetries + 1 : 1
  let budget = drawn.budgetStart
  let hasPaid = false
  for (let attempts = 1; ; attempts += 1) {
    const outcome = drawn.outcomes[Math.min(attempts, drawn.outcomes.length) - 1]
    if (outcome === undefined) throw new Error('nothing was drawn')
    const status = outcome.status ?? 503
    if (status < 400) {
      const refund = hasPaid ? 1 : 0.2
      return { attempts, status, budget: Math.min(10, budget + refund) }
    }
    const cure = cureOf(drawn.target, outcome)
    // A network failure has no headers, so it names no delay.
    const isTooLong = outcome.status !== undefined && (outcome.hintMs ?? 0) > 120_000
    const isOver = cure === 'none' || isTooLong || attempts >= attemptsMax
    if (isOver || (cure === 'paid' && budget < 1)) return { attempts, status, budget }
    if (cure === 'paid') {
      budget -= 1
      hasPaid = true
    }
  }
}

function cureOf({ isJob, hasPlace }: Target, outcome: Outcome): 'none' | 'paid' | 'free' {
  const { status, code, isSpent } = outcome
  if (status === undefined) return isJob && code !== 'ECONNREFUSED' ? 'none' : 'paid'
  if (status === 429) return isSpent ? 'none' : 'free'
  if (status === 409) return hasPlace ? 'free' : 'none'
  if ([408, 503, 529].includes(status)) return 'paid'
  if ([500, 502, 504, 522].includes(status)) return isJob ? 'none' : 'paid'
  return 'none'
}

describe('a call', () => {
  it('ends as the decision table says, and leaves nothing behind', async () => {
    const endings = new Set<string>()
    const property = fc.asyncProperty(cases, async (drawn) => {
      const budget = createRetryBudget({ capacity: 10, start: drawn.budgetStart })
      const { world, call, controller } = start(drawn, budget)
      const { clock, limiter, sent } = world
      for (let turn = 0; turn < 40 && !call.isSettled; turn += 1) {
        await settle()
        await clock.run(20_000)
      }
      const expected = predict(drawn)
      const response = call.value
      const last = drawn.outcomes[Math.min(expected.attempts, drawn.outcomes.length) - 1]
      expect({ attempts: sent.length, status: response?.status }).toEqual({
        attempts: expected.attempts,
        status: expected.status,
      })
      expect(budget.available).toBeCloseTo(expected.budget, 6)
      expect(response?.headers.get('x-should-retry')).toBe(expected.status < 400 ? null : 'false')
      const text = await response?.text()
      if (last?.status === undefined) expect(text).toContain('RETRIES_EXHAUSTED')
      else if (last.status !== 204) expect(text).toBe(bodyOf(expected.attempts, last.isSpent))
      endings.add(`${drawn.target.path} ${expected.status} ${Math.min(2, expected.attempts)}`)
      const { counters } = limiter.snapshot()
      const granted = drawn.target.isLimited ? expected.attempts : 0
      expect([counters.granted, counters.settled + counters.abandoned]).toEqual([granted, granted])
      expectNothingLeft(world, controller)
    })
    await fc.assert(property, { numRuns: 400 })
    expect(endings.size).toBeGreaterThan(50)
  })

  it('that is aborted at any instant ends there with the reason, and leaves nothing behind', async () => {
    let cut = 0
    const instants = fc.constantFrom(0, 1, 49, 50, 51, 500, 1_200, 3_000, 31_000)
    const property = fc.asyncProperty(cases, instants, async (drawn, abortAtMs) => {
      const budget = createRetryBudget({ capacity: 10, start: drawn.budgetStart })
      const { world, call, controller } = start(drawn, budget)
      await settle()
      await world.clock.run(abortAtMs)
      await settle()
      const wasSettled = call.isSettled
      const reason = new Error('enough')
      controller.abort(reason)
      await settle()
      const sent = world.sent.length
      expect(call.isSettled).toBe(true)
      if (!wasSettled) {
        cut += 1
        expect(call.error).toBe(reason)
      } else if (
        call.value?.body !== null &&
        controller.listenersMax > 0 &&
        call.value?.ok === true
      ) {
        await expect(call.value.text()).rejects.toBe(reason)
      }
      await call.value?.text().catch(() => undefined)
      expectNothingLeft(world, controller)
      await world.clock.run(100_000)
      expect(world.sent).toHaveLength(sent)
    })
    await fc.assert(property, { numRuns: 300 })
    expect(cut).toBeGreaterThan(50)
  })
})

function expectNothingLeft({ clock, limiter }: FetchWorld, controller: CountingController): void {
  expect({
    timers: clock.timerCount,
    listeners: controller.listeners,
    places: placesUsed(limiter),
    queue: limiter.snapshot().queueLength,
  }).toEqual({ timers: 0, listeners: 0, places: 0, queue: 0 })
  expect(controller.listenersMax).toBeLessThanOrEqual(2)
}
