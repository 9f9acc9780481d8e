import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Profile, RateLimit } from '../../src/core/profile.ts'
import { type AcquireRequest, type Permit, TogetherRateLimiter } from '../../src/limiter/index.ts'
import { LimiterModel, type ModelCall, pauseKey } from '../helpers/limiter-model.ts'
import { drainPromises, VirtualClock } from '../helpers/virtual-clock.ts'

const AGING_MS = 1_000
const BOUND_MS = 3_000
const ANSWER_MS = 7_000
const BURST = 2

const small: Profile = {
  name: 'small',
  rateLimits: [
    { id: 'chat', endpoints: ['chat'], requestsMax: 6, windowMs: 20_000 },
    { id: 'embeddings', endpoints: ['embeddings'], requestsMax: 4, windowMs: 20_000 },
    { id: 'shared', endpoints: ['chat', 'embeddings'], requestsMax: 7, windowMs: 15_000 },
    { id: 'model', endpoints: ['chat'], scope: 'model', requestsMax: 5, windowMs: 12_000 },
    { id: 'images', endpoints: ['images'], requestsMax: 3, windowMs: 10_000 },
    { id: 'tokens', endpoints: ['chat', 'embeddings'], tokensMax: 1_000, windowMs: 18_000 },
    { id: 'images-tokens', endpoints: ['images'], tokensMax: 500, windowMs: 10_000 },
  ],
  concurrencyLimits: [
    { id: 'jobs', endpoints: ['fine-tunes'], concurrentMax: 2, heldUntil: 'job' },
    { id: 'at once', endpoints: ['embeddings', 'images'], concurrentMax: 4, heldUntil: 'response' },
  ],
}

const tokenAccountings = ['reserved', 'used'] as const

interface Kind {
  readonly pacing: 'even' | 'burst'
  readonly tokenAccounting: (typeof tokenAccountings)[number]
}

type Endpoint = 'chat' | 'embeddings' | 'images' | 'fine-tunes'

/** The limiter, its model, and what has gone wrong between them. */
class World {
  readonly clock = new VirtualClock()
  readonly model: LimiterModel
  readonly limiter: TogetherRateLimiter
  readonly permits: Permit[] = []
  readonly wrongs: string[] = []
  readonly controllers = new Map<number, AbortController>()
  #nextId = 1

  constructor({ pacing, tokenAccounting }: Kind) {
    const profile = { ...small, tokenAccounting }
    this.limiter = new TogetherRateLimiter({
      profile,
      pacing,
      burstMax: BURST,
      arrivalBoundMs: BOUND_MS,
      answerBoundMs: ANSWER_MS,
      priorityAgingMs: AGING_MS,
      clock: this.clock,
    })
    const burstOf = ({ tokensMax, windowMs }: RateLimit, slotsMax: number): number => {
      if (pacing === 'burst') return slotsMax
      if (tokensMax === undefined) return Math.min(BURST, slotsMax)
      return Math.max(1, Math.floor((slotsMax * 1_000) / windowMs))
    }
    const bounds = { arrivalBoundMs: BOUND_MS, answerBoundMs: ANSWER_MS }
    this.model = new LimiterModel({ profile, ...bounds, burstOf })
  }

  acquire(request: AcquireRequest): void {
    const call = this.#expect(request)
    const controller = new AbortController()
    this.controllers.set(call.id, controller)
    void this.#follow(call.id, this.limiter.acquire({ ...request, signal: controller.signal }))
  }

  tryAcquire(request: AcquireRequest): void {
    const call = this.#expect(request)
    const result = this.limiter.tryAcquire(request)
    if (result.granted) {
      this.#note(call.id, result.permit)
      return
    }
    if (!(result.retryAfterMs >= 1)) this.wrongs.push(`retryAfterMs is ${result.retryAfterMs}`)
    if (this.model.owed(this.clock.now()).includes(call))
      this.wrongs.push(`call ${call.id} is refused`)
    this.forget(call.id)
  }

  /** Whoever waits with this number leaves. */
  forget(id: number): void {
    const index = this.model.waiting.findIndex((call) => call.id === id)
    if (index >= 0) this.model.waiting.splice(index, 1)
  }

  /** After each command: nobody is owed anything, nothing is over, nobody is lost. */
  check(): void {
    const nowMs = this.clock.now()
    const { queueLength, rateLimits } = this.limiter.snapshot()
    for (const { id } of this.model.owed(nowMs))
      this.wrongs.push(`call ${id} should have gone by ${nowMs}`)
    if (queueLength !== this.model.waiting.length)
      this.wrongs.push(`${queueLength} wait, not as expected`)
    if (this.clock.timerCount !== (queueLength > 0 ? 1 : 0))
      this.wrongs.push('the timer is not one')
    for (const { id, model, used, requestsMax, tokensMax } of rateLimits) {
      const limit = small.rateLimits.find((each) => each.id === id)
      const held = limit && this.model.slotsHeld(limit, model, nowMs)
      if (used !== held)
        this.wrongs.push(`${id} ${model}: ${used} used, ${held} expected at ${nowMs}`)
      const slotsMax = limit?.tokensMax === undefined ? requestsMax : tokensMax
      if (slotsMax !== this.model.slotsMax(id)) this.wrongs.push(`${id} allows ${slotsMax}`)
    }
  }

  #expect(request: AcquireRequest): ModelCall {
    const nowMs = this.clock.now()
    const { endpoint = 'chat', model, cost = 1, tokens = 0 } = request
    const { priority = 0, queuedAtMs = nowMs } = request
    const rank = Math.min(queuedAtMs, nowMs) - priority * AGING_MS
    const call = { id: this.#nextId, endpoint, model, cost, tokens, rank }
    this.#nextId += 1
    this.model.endPauses(nowMs)
    this.model.touch(call)
    this.model.waiting.push(call)
    return call
  }

  async #follow(id: number, granted: Promise<Permit>): Promise<void> {
    try {
      this.#note(id, await granted)
    } catch (error) {
      if (error !== 'aborted') this.wrongs.push(`call ${id} fails: ${String(error)}`)
    }
  }

  #note(id: number, permit: Permit): void {
    if (permit.grantedAtMs !== this.clock.now())
      this.wrongs.push(`call ${id} is granted in the past`)
    this.wrongs.push(...this.model.grant(id, permit.grantedAtMs))
    this.permits.push(permit)
  }
}

type Command = (world: World) => void | Promise<void>

/** A command and how it is printed when it is part of a counterexample. */
function named<T>(
  name: string,
  values: fc.Arbitrary<T>,
  run: (world: World, value: T) => void | Promise<void>,
) {
  return values.map((value): Command & { toString: () => string } => {
    const command: Command = (world) => run(world, value)
    return Object.assign(command, { toString: () => `${name}(${JSON.stringify(value)})` })
  })
}

const accounting = fc.constantFrom(...tokenAccountings)
const kinds: fc.Arbitrary<Kind> = fc.record({
  pacing: fc.constantFrom('even', 'burst'),
  tokenAccounting: accounting,
})

const requestFields = fc.record({
  endpoint: fc.constantFrom<Endpoint>(
    'chat',
    'chat',
    'chat',
    'embeddings',
    'embeddings',
    'images',
    'fine-tunes',
  ),
  model: fc.constantFrom(undefined, undefined, 'a', 'b'),
  cost: fc.constantFrom(1, 1, 1, 2),
  tokens: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 5, arbitrary: fc.nat(500) },
    { weight: 1, arbitrary: fc.nat(3_000) },
  ),
  priority: fc.constantFrom(0, 0, 0, 0, 2, -3),
  ageMs: fc.constantFrom(0, 0, 0, 400, 5_000),
})

function requestOf(world: World, fields: { ageMs: number } & AcquireRequest): AcquireRequest {
  const { ageMs, ...request } = fields
  return { ...request, queuedAtMs: world.clock.now() - ageMs }
}

const waits = fc.oneof(fc.constant(0), fc.nat(400), fc.nat(4_000), fc.nat(30_000))
const anyIndex = fc.nat(1_000)

function end(method: 'settle' | 'release' | 'abandon') {
  return named(method, anyIndex, (world, value) => {
    const index = value % Math.max(1, world.permits.length)
    if (method === 'abandon') world.model.abandon(index)
    else world.model[method](index, world.clock.now())
    world.permits[index]?.[method]()
  })
}

const commands = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: named('acquire', requestFields, (world, fields) =>
        world.acquire(requestOf(world, fields)),
      ),
    },
    {
      weight: 3,
      arbitrary: named('tryAcquire', requestFields, (world, fields) =>
        world.tryAcquire(requestOf(world, fields)),
      ),
    },
    { weight: 9, arbitrary: named('advance', waits, (world, ms) => world.clock.run(ms)) },
    { weight: 5, arbitrary: end('settle') },
    { weight: 3, arbitrary: end('release') },
    { weight: 2, arbitrary: end('abandon') },
    {
      weight: 5,
      arbitrary: named(
        'settleTokens',
        fc.tuple(anyIndex, fc.oneof(fc.nat(500), fc.nat(500), fc.nat(2_000))),
        (world, [value, used]) => {
          const index = value % Math.max(1, world.permits.length)
          world.model.settleTokens(index, world.clock.now(), used)
          world.permits[index]?.settleTokens(used)
        },
      ),
    },
    {
      weight: 3,
      arbitrary: named('abort', anyIndex, (world, value) => {
        const call = world.model.waiting[value % Math.max(1, world.model.waiting.length)]
        if (call === undefined) return
        world.forget(call.id)
        world.controllers.get(call.id)?.abort('aborted')
      }),
    },
    {
      weight: 2,
      arbitrary: named(
        'pause',
        fc.tuple(requestFields, fc.nat(9_000)),
        (world, [fields, delayMs]) => {
          const { endpoint, model } = fields
          world.model.endPauses(world.clock.now())
          world.model.touch({ endpoint, model })
          world.model.pause(pauseKey({ endpoint, model }), world.clock.now() + delayMs)
          world.limiter.pause({ endpoint, model, delayMs })
        },
      ),
    },
    {
      weight: 1,
      arbitrary: named(
        'setRateLimit',
        fc.oneof(
          fc.tuple(fc.constantFrom('chat', 'shared', 'model'), fc.integer({ min: 2, max: 9 })),
          fc.tuple(fc.constant('tokens'), fc.integer({ min: 200, max: 2_000 })),
        ),
        (world, [id, slotsMax]) => {
          world.model.setSlotsMax(world.clock.now(), id, slotsMax)
          world.limiter.setRateLimit(id, slotsMax)
        },
      ),
    },
  ),
  { minLength: 1, maxLength: 120, size: 'max' },
)

/** In the end all is given back, and whoever still waits gets its turn. */
async function finish(world: World): Promise<void> {
  // A debt of many windows would take hours to pay.
  for (const id of ['tokens', 'images-tokens']) {
    world.model.setSlotsMax(world.clock.now(), id, 100_000)
    world.limiter.setRateLimit(id, 100_000)
    await drainPromises()
  }
  for (let round = 0; round < 200 && world.model.waiting.length > 0; round += 1) {
    for (const [index, permit] of world.permits.entries()) {
      world.model.release(index, world.clock.now())
      permit.release()
      world.model.settleTokens(index, world.clock.now(), 0)
      permit.settleTokens(0)
      await drainPromises()
    }
    await world.clock.run(5_000)
  }
  if (world.model.waiting.length > 0)
    world.wrongs.push(`${world.model.waiting.length} wait for ever`)
}

describe('TogetherRateLimiter', () => {
  it('never grants too much or out of turn, owes nobody anything, and loses nobody', async () => {
    const property = fc.asyncProperty(kinds, commands, async (kind, list) => {
      const world = new World(kind)
      for (const command of list) {
        await command(world)
        await drainPromises()
        world.check()
        if (world.wrongs.length > 0) break
      }
      if (world.wrongs.length === 0) await finish(world)
      expect(world.wrongs).toEqual([])
    })
    await fc.assert(property, { numRuns: 200 })
  })

  it('never waits shorter than the snapshot said, where nobody leaves', async () => {
    const calls = fc.array(
      fc.tuple(requestFields, fc.oneof(fc.constant(0), fc.nat(2_000)), fc.nat(6_000)),
      {
        minLength: 1,
        maxLength: 60,
        size: 'max',
      },
    )
    const pauses = fc.option(fc.tuple(fc.nat(40), fc.nat(9_000)))
    const property = fc.asyncProperty(calls, pauses, accounting, async (list, pause, kind) => {
      const world = new World({ pacing: 'burst', tokenAccounting: kind })
      const { limiter, clock } = world
      const wrongs: string[] = []
      const send = async (fields: (typeof list)[number][0], headersMs: number): Promise<void> => {
        const request = requestOf(world, { ...fields, endpoint: 'chat', priority: 0, ageMs: 0 })
        const { waitMs } = limiter.snapshot(request)
        const calledAtMs = clock.now()
        const permit = await limiter.acquire(request)
        const waitedMs = permit.grantedAtMs - calledAtMs
        if (waitedMs < waitMs - 1e-6) wrongs.push(`waited ${waitedMs}, at least ${waitMs} was said`)
        clock.setTimer(permit.settle, headersMs)
        const used = Math.floor(fields.tokens / 3)
        if (headersMs % 4 > 0) clock.setTimer(() => permit.settleTokens(used), headersMs * 2)
      }
      for (const [index, [fields, gapMs, headersMs]] of list.entries()) {
        await clock.run(gapMs)
        if (pause?.[0] === index) limiter.pause({ delayMs: pause[1] })
        void send(fields, headersMs)
      }
      await clock.run(60 * 25_000)
      expect(limiter.snapshot().queueLength).toBe(0)
      expect(wrongs).toEqual([])
    })
    await fc.assert(property, { numRuns: 100 })
  })
})
